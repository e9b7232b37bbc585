"""When an evaluation may end: the rest of the split can only confirm what is known about every claim."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from hubtool.evaluation.sequence import ConfidenceSequence
from hubtool.evaluation.topk import TOP_K
from hubtool.evidence.interval import CONFIDENCE
from hubtool.evidence.verdict import TOLERANCE, is_settled

StopRule = Callable[[Mapping[int, int], int], bool]
"""Called after every batch with right answers by k and images so far, both since the beginning: True ends the run."""


class EarlyStop:
    """Ends an evaluation when the rest of the split can only confirm what is known about every claim; a `StopRule`.

    Each claim is judged by its own confidence sequence, so each verdict is wrong with a probability of 1 % at
    most, whenever the run ends and whichever claim ended it.

    Parameters
    ----------
    claims
        Published percentages with the number k of best classes that they count, as (k, percent).
    order, skip
        The images in the order in which they were drawn, and those of them that cannot be decoded. These count as
        wrong at the lower ends of the intervals, as right at the upper ends; each end gets half of the error.
    """

    def __init__(
        self,
        claims: Iterable[tuple[int, float]],
        split_size: int,
        tolerance: float = TOLERANCE,
        *,
        order: Sequence[int] = (),
        skip: Collection[int] = (),
    ):
        self._claims = tuple(claims)
        self._tolerance = tolerance
        self._drawn_with = [place for place, index in enumerate(order, 1) if index not in skip] if skip else None
        confidence = (1 + CONFIDENCE) / 2 if skip else CONFIDENCE
        self._lower = {k: ConfidenceSequence(split_size, confidence) for k in TOP_K}
        self._upper = {k: ConfidenceSequence(split_size, confidence) for k in TOP_K} if skip else self._lower

    def __call__(self, correct: Mapping[int, int], images: int) -> bool:
        """Look at the counts so far."""
        drawn = self._drawn_with[images - 1] if self._drawn_with else images
        for k, sequence in self._lower.items():
            sequence.update(correct[k], drawn)
        if self._upper is not self._lower:
            for k, sequence in self._upper.items():
                sequence.update(correct[k] + drawn - images, drawn)
        intervals = self.intervals
        return all(is_settled(published, intervals[k], self._tolerance) for k, published in self._claims)

    @property
    def intervals(self) -> dict[int, tuple[float, float]]:
        """What is known of the whole split's accuracy, in percent, by k."""
        return {k: (self._lower[k].interval[0], self._upper[k].interval[1]) for k in TOP_K}
