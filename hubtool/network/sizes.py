"""Which sizes of images a network takes beside its own."""

from __future__ import annotations

from hubtool.network.spec import ModelSpec

_ANY_SIZE = {"bit"}
"""Families all of whose networks end in a mean over all places, whatever their number."""


def takes_other_sizes(spec: ModelSpec) -> bool:
    """Whether a network is known to take images of another size than its own."""
    return spec.family in _ANY_SIZE


def why_not_size(spec: ModelSpec, side: int) -> str:
    """Why a network does not take square images of so many pixels a side; empty when it does."""
    if side == spec.input_size or takes_other_sizes(spec):
        return ""
    return f"{spec.name} takes images of {spec.input_size} pixels a side, not of {side}"
