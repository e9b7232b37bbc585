"""A family of small made-up networks: shapes and types alone, for tests of what a file of weights is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pytest

from hubtool.card.names import name_key
from hubtool.network import registry
from hubtool.network.bit.spec import parameter_shapes
from hubtool.network.spec import Form, ModelSpec, Shape

FAMILY = "made-up"
_CLASSES = -1  # in a shape: as many as the network has outputs


def _block(name: str, width: int) -> dict[str, Shape]:
    statistics = {f"{name}.bn.{kind}": (width,) for kind in ("moving_mean", "moving_variance", "gamma", "beta")}
    return {f"{name}.conv.weight": (width, 8, 3, 3), **statistics}


def _plain(width: int, blocks: int) -> dict[str, Shape]:
    inside = {name: shape for number in range(blocks) for name, shape in _block(f"blocks.{number}", width).items()}
    return {"stem.weight": (8, 3, 3, 3), **inside, "head.weight": (_CLASSES, width), "head.bias": (_CLASSES,)}


NETWORKS: dict[str, dict[str, Shape]] = {
    "narrow": _plain(8, 3),
    "wide": _plain(16, 3),
    "deep": _plain(8, 5),
    "sized_96": _plain(12, 2),
    "sized_128": _plain(12, 2),
    "windows": {
        "patch.weight": (8, 3, 4, 4),
        "layers.0.attn.relative_position_index": (16, 16),
        "layers.0.attn.relative_coords_table": (1, 7, 7, 2),
        "layers.0.attn_mask": (4, 16, 16),
        "pos_embed": (1, 16, 8),
        "head.weight": (_CLASSES, 8),
        "aux.weight": (_CLASSES, 4),
    },
    "grouped": {
        "stem.weight": (24, 3, 3, 3),
        "f.0.convs.0.weight": (2, 2, 1, 1),  # not of groups: the network has it so
        "f.1.weight": (24, 12, 1, 1),
        "f.2.weight": (12, 2, 1, 1),
        "head.weight": (_CLASSES, 24),
    },
}
NETWORKS["BiT-digits"] = dict(parameter_shapes(registry.spec_named("bit_digits")))  # our own family has it, too
DTYPES = {"windows": {"layers.0.attn.relative_position_index": "int32", "pos_embed": "float16"}}


class MadeUp:
    """A `Family` that builds nothing."""

    name = FAMILY
    graph_source = ""

    @property
    def members(self) -> tuple[ModelSpec, ...]:
        return tuple(self._spec(name, 1000) for name in NETWORKS)

    def _spec(self, name: str, classes: int) -> ModelSpec:
        bare = ModelSpec(name, FAMILY, classes, 3, 32, 0)
        count = sum(math.prod(shape) for shape in self.shapes(bare).values())
        return ModelSpec(name, FAMILY, classes, 3, 32, count)

    def find(self, name: str) -> ModelSpec | None:
        return next((spec for spec in self.members if name_key(spec.name) == name_key(name)), None)

    def with_classes(self, spec: ModelSpec, num_classes: int) -> ModelSpec:
        return self._spec(spec.name, num_classes)

    def shapes(self, spec: ModelSpec) -> Mapping[str, Shape]:
        return {
            name: tuple(spec.num_classes if size == _CLASSES else size for size in shape)
            for name, shape in NETWORKS[spec.name].items()
        }

    def dtypes(self, spec: ModelSpec) -> Mapping[str, str]:
        return DTYPES.get(spec.name, {})

    def why_no_cell(self, spec: ModelSpec) -> str:
        return f"{spec.name} is made up"

    def cell(self, spec: ModelSpec, weights: Mapping[str, Any] | None, form: Form) -> Any:
        raise AssertionError(f"a cell of {spec.name} is built")

    def why_no_graph(self, spec: ModelSpec) -> str:
        return f"{spec.name} is made up"

    def versions(self) -> Mapping[str, str]:
        return {}

    def graph(self, spec: ModelSpec, weights: Any, shape: Any, store: Any) -> Any:
        raise AssertionError(f"a graph of {spec.name} is built")


def know(monkeypatch: pytest.MonkeyPatch) -> MadeUp:
    """Let hubtool know the family beside our own, and no other one, for one test."""
    family = MadeUp()
    ours = tuple(one for one in registry.FAMILIES if one.name == "bit")
    monkeypatch.setattr(registry, "FAMILIES", (*ours, family))
    return family
