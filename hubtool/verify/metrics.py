"""The figures that an evaluation measures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hubtool.card.claim import Claim

METRIC_K = {"top1": 1, "acc": 1, "accuracy": 1, "top5": 5}
"""By the normalised name of a figure, how many best classes may hold the label."""


def measurable(claims: Iterable[Claim]) -> Iterator[tuple[Claim, int]]:
    """The claims that an evaluation can measure, each with how many best classes may hold the label."""
    for claim in claims:
        if claim.name in METRIC_K:
            yield claim, METRIC_K[claim.name]
