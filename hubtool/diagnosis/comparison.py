"""Published figures compared with the answers of a sample, as evaluated and under a hypothesis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hubtool.diagnosis.conclusion import Figure, SampleCounts, each_confidence, figure
from hubtool.evaluation.topk import is_correct


@dataclass(frozen=True, slots=True)
class PublishedFigure:
    """What is to be explained.

    Attributes
    ----------
    k
        The label may be among so many best classes: 1 or 5.
    """

    metric: str
    value: float
    k: int


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Published figures, and the answers of the sample as it was evaluated, which others are compared with.

    Attributes
    ----------
    base_best, labels
        Best classes (N, 5) and labels (N,) of the sample's images.
    split_size
        Images of the whole split.
    whole
        Right answers by k over the whole split; None where that is not known.
    unread
        Images that were drawn and could not be decoded.
    candidates
        How many ways to evaluate are tried, this one included.
    """

    published: Sequence[PublishedFigure]
    base_best: Any
    labels: Any
    split_size: int
    whole: Mapping[int, int] | None
    unread: int
    candidates: int

    @property
    def as_evaluated(self) -> tuple[Figure, ...]:
        """The figures as they were evaluated: no sample knows them better than the whole split."""
        if self.whole is None:
            return self.figures(self.base_best)
        return tuple(
            figure(
                claim.metric,
                claim.value,
                SampleCounts(self.whole[claim.k], 0, 0, self.split_size, self.split_size),
                self._confidence,
            )
            for claim in self.published
        )

    def figures(self, best: Any, label_offset: int = 0) -> tuple[Figure, ...]:
        """What answers come to, for each published figure."""
        found = []
        for claim in self.published:
            before = is_correct(self.base_best, self.labels, claim.k)
            now = is_correct(best, self.labels + label_offset, claim.k)
            counts = SampleCounts(
                correct=int(now.sum()),
                gained=int((now & ~before).sum()),
                lost=int((before & ~now).sum()),
                images=len(self.labels),
                split_size=self.split_size,
                whole=self.whole[claim.k] if self.whole is not None else None,
                unreadable=self.unread,
            )
            found.append(figure(claim.metric, claim.value, counts, self._confidence))
        return tuple(found)

    @property
    def _confidence(self) -> float:
        return each_confidence(self.candidates, len(self.published))
