"""The networks hubtool can build, by the names that cards use."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from hubtool.card.names import name_key
from hubtool.errors import UsageProblem
from hubtool.network.bit.family import BitFamily
from hubtool.network.mindcv.family import MindCVFamily
from hubtool.network.spec import Family, Form, ModelSpec

FAMILIES: tuple[Family, ...] = (BitFamily(), MindCVFamily())
"""Every family, in the order in which they are asked for a name."""

_SUGGESTED = 3  # names, at most
_NEAR = 0.8  # how much of two names has to agree
_LISTED = 8  # members of a family that is listed by name, at most


def find_spec(name: str) -> ModelSpec | None:
    """The network of that name, case and punctuation aside (`BiT_resnet50`); None if unknown."""
    return next((spec for family in FAMILIES if (spec := family.find(name)) is not None), None)


def spec_named(name: str) -> ModelSpec:
    """The network of that name, as `find_spec` has it. Raises UsageProblem where hubtool knows none."""
    spec = find_spec(name)
    if spec is None:
        raise UsageProblem(f"hubtool cannot build the network {name}", hint=suggestion(name))
    return spec


def family_of(spec: ModelSpec) -> Family:
    """The family that builds a network. Raises KeyError where none does."""
    for family in FAMILIES:
        if family.name == spec.family:
            return family
    raise KeyError(f"no family {spec.family} to build {spec.name}")


def build(spec: ModelSpec, weights: Mapping[str, Any] | None = None, form: Form = Form.TRAINING) -> Any:
    """The cell of a network: see `Family.cell`."""
    return family_of(spec).cell(spec, weights, form)


def known_specs() -> list[ModelSpec]:
    """The networks that hubtool can build."""
    return [spec for family in FAMILIES for spec in family.members]


def suggestion(name: str) -> str:
    """A hint for whoever named a network that hubtool cannot build: names nearly the same, or what it knows."""
    return near_networks(name) or f"it knows {known_networks()}"


def near_networks(name: str) -> str:
    """A question that gives the networks of nearly the same name; empty where there are none."""
    names: dict[str, list[str]] = {}
    for spec in known_specs():
        names.setdefault(name_key(spec.name), []).append(spec.name)
    near = [one for key in get_close_matches(name_key(name), names, cutoff=_NEAR) for one in names[key]]
    return f"did you mean {' or '.join(near[:_SUGGESTED])}?" if near else ""


def known_networks() -> str:
    """The networks that hubtool can build, in a few words: of a large family, how many it has."""
    small = [spec.name for family in FAMILIES if len(family.members) <= _LISTED for spec in family.members]
    large = [
        f"{len(family.members)} of the family {family.name}" for family in FAMILIES if len(family.members) > _LISTED
    ]
    return " and ".join(filter(None, [", ".join(small), *large]))
