"""The tensors of a network's head: those whose shape follows the number of classes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from hubtool.errors import UsageProblem
from hubtool.network.registry import family_of
from hubtool.network.spec import ModelSpec, Shape


def resized(spec: ModelSpec, outputs: int) -> ModelSpec:
    """A network with so many outputs; the same one where its family does not change its head."""
    try:
        return family_of(spec).with_classes(spec, outputs)
    except UsageProblem:
        return spec


@lru_cache(maxsize=64)
def head_axes(spec: ModelSpec) -> Mapping[str, int]:
    """The axis that is as long as the network has outputs, by the name of the parameter."""
    family = family_of(spec)
    here, there = family.shapes(spec), family.shapes(resized(spec, spec.num_classes + 1))
    return {
        name: next(axis for axis, pair in enumerate(zip(shape, there[name], strict=True)) if pair[0] != pair[1])
        for name, shape in here.items()
        if shape != there[name]
    }


def outputs_of(spec: ModelSpec, found: Mapping[str, Shape]) -> int | None:
    """How many outputs a head has that is this network's but for their number; None for any other.

    Parameters
    ----------
    found
        Shapes in a file, by the names of the parameters.
    """
    axes = head_axes(spec)
    counts = {found[name][axis] for name, axis in axes.items() if len(found.get(name, ())) > axis}
    if len(counts) != 1 or not axes.keys() <= found.keys():
        return None
    (count,) = counts
    wanted = family_of(spec).shapes(resized(spec, count)) if count > 0 else {}
    return count if all(wanted.get(name) == found[name] for name in axes) else None
