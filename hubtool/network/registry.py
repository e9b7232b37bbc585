"""The networks hubtool can build, by the names that cards use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hubtool.card.names import name_key
from hubtool.errors import UsageProblem
from hubtool.network.bit.family import BitFamily
from hubtool.network.spec import Family, Form, ModelSpec

FAMILIES: tuple[Family, ...] = (BitFamily(),)
"""Every family, in the order in which they are asked for a name."""


def find_spec(name: str) -> ModelSpec | None:
    """The network of that name, case and punctuation aside (`BiT_resnet50`); None if unknown."""
    return next((spec for family in FAMILIES if (spec := family.find(name)) is not None), None)


def spec_named(name: str) -> ModelSpec:
    """The network of that name, as `find_spec` has it. Raises UsageProblem where hubtool knows none."""
    spec = find_spec(name)
    if spec is None:
        raise UsageProblem(f"hubtool cannot build the network {name}", hint=f"it knows {', '.join(known_names())}")
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


def known_names() -> list[str]:
    """What the networks are called that hubtool can build."""
    return [spec.name for spec in known_specs()]


def parameter_counts() -> dict[str, int]:
    """Number of parameters of each network, by its name in lower case without punctuation."""
    return {name_key(spec.name): spec.parameter_count for spec in known_specs()}
