"""The figures that an evaluation measures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hubtool.card.claim import Claim

METRIC_K = {"top1": 1, "acc": 1, "accuracy": 1, "top5": 5}
"""By the normalised name of a figure, how many best classes may hold the label."""


def best_classes_of(claim: Claim) -> int | None:
    """How many best classes may hold the label, for a percentage that an evaluation can measure; None for others."""
    return METRIC_K.get(claim.name) if claim.unit in {"", "%"} else None


def measurable(claims: Iterable[Claim]) -> Iterator[tuple[Claim, int]]:
    """The claims that an evaluation can measure, each with how many best classes may hold the label."""
    for claim in claims:
        if (k := best_classes_of(claim)) is not None:
            yield claim, k
