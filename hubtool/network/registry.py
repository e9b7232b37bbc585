"""The networks hubtool can build, by the names that cards use."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

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
