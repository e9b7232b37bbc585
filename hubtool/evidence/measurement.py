"""What was measured for one published figure: one record, for results, for evidence as it is written and as it is read.

A verdict that was read is not believed: `judged` gives it anew from the counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hubtool.evidence.reading import NONE, NUMBER, BadStatement, optional, value
from hubtool.evidence.verdict import TOLERANCE, Verdict, of_part, of_whole

_DECIMALS = 4
"""Of percentages, as they are written."""
_WRITTEN_DIGITS = 10.0**-_DECIMALS
_VERDICTS = {verdict.value: verdict for verdict in Verdict}


@dataclass(frozen=True, slots=True)
class Measurement:
    """A published figure and what became of it.

    Attributes
    ----------
    metric
        `top1` or `top5` where hubtool can measure it, else as the card names it.
    published, measured
        In percent for accuracies; `measured` is None when nothing was run.
    correct, images, dataset_images
        Counts: right answers, images evaluated, images in the split; None when nothing was run.
    interval
        99 % interval of the split's accuracy, in percent, when only a part was evaluated.
    tolerance
        In points.
    reason
        One sentence: why this verdict. Empty where evidence gives none.
    """

    metric: str
    published: float
    measured: float | None
    correct: int | None
    images: int | None
    dataset_images: int | None
    interval: tuple[float, float] | None
    tolerance: float
    verdict: Verdict
    reason: str

    def to_json(self) -> dict[str, object]:
        """The figure as `hubtool verify --json` prints it and evidence holds it."""
        return {
            "metric": self.metric,
            "published": self.published,
            "measured": None if self.measured is None else round(self.measured, _DECIMALS),
            "correct": self.correct,
            "images": self.images,
            "dataset_images": self.dataset_images,
            "interval": None if self.interval is None else [round(end, _DECIMALS) for end in self.interval],
            "tolerance": self.tolerance,
            "verdict": self.verdict.value,
            "reason": self.reason,
        }

    def judged(self, published: float, tolerance: float) -> Verdict:
        """The verdict on a figure that the counts give."""
        if self.correct is None or self.images is None or self.dataset_images is None or not self._counts_are_possible:
            return Verdict.NOT_RUN
        if self.images == self.dataset_images:
            return of_whole(published, 100 * self.correct / self.images, tolerance)
        if self.interval is None:
            return Verdict.INCONCLUSIVE
        low, high = (_exact(end, self.dataset_images) for end in self.interval)
        return of_part(published, (low, high), tolerance)

    @property
    def said(self) -> str:
        """What the counts say, of images that were evaluated."""
        if not self.images or self.correct is None:
            return "measured nothing"
        accuracy = 100 * self.correct / self.images
        return f"counts {self.correct:,} right answers in {self.images:,} images ({accuracy:.2f})"

    @property
    def contradiction(self) -> str:
        """What in it cannot be true together; empty when all of it can."""
        counts = (self.correct, self.images, self.dataset_images, self.measured)
        if self.correct is None or self.images is None or self.dataset_images is None or self.measured is None:
            nothing = all(count is None for count in (*counts, self.interval)) and self.verdict is Verdict.NOT_RUN
            return "" if nothing else "some of its counts are missing"
        if not self._counts_are_possible:
            return f"{self.correct:,} right answers among {self.images:,} of {self.dataset_images:,} images"
        accuracy = 100 * self.correct / self.images
        if not abs(self.measured - accuracy) <= _WRITTEN_DIGITS:
            return f"{self.measured:g} was measured, but {self.correct:,} of {self.images:,} images are {accuracy:.2f}"
        if problem := self._contradiction_of_interval(self.correct, self.images, self.dataset_images):
            return problem
        verdict = self.judged(self.published, self.tolerance)
        if verdict is self.verdict:
            return ""
        return f"it says {self.verdict.value}, but what it measured says {verdict.value}"

    @property
    def shortcoming(self) -> str:
        """Why what was measured does not reproduce the figure; empty when it does."""
        if self.tolerance > TOLERANCE:
            return f"was made with a tolerance of {self.tolerance:g} points, more than {TOLERANCE:g}"
        verdict = self.judged(self.published, TOLERANCE)
        good = verdict in {Verdict.REPRODUCED, Verdict.CONSISTENT}
        return "" if good else f"is {verdict.value} about {self.metric}"

    def _contradiction_of_interval(self, correct: int, images: int, split: int) -> str:
        if images == split:
            return "" if self.interval is None else "an interval, though the whole split was evaluated"
        if self.interval is None:
            return "no interval, though only a part was evaluated"
        low, high = self.interval
        least, most = 100 * correct / split, 100 * (correct + split - images) / split
        if least - _WRITTEN_DIGITS <= low <= high <= most + _WRITTEN_DIGITS:
            return ""
        return f"the interval from {low:g} to {high:g} holds what {correct:,} of {images:,} images rule out"

    @property
    def _counts_are_possible(self) -> bool:
        return bool(self.images) and 0 <= (self.correct or 0) <= (self.images or 0) <= (self.dataset_images or 0)


def read_measurement(document: Any, place: str) -> Measurement:
    """The measurement that stands at a place of a JSON document, as `Measurement.to_json` writes it.

    Raises
    ------
    BadStatement
        A key is missing (but `reason`, which may be) or holds what it cannot.
    """
    measured = value(document, f"{place}.measured", *NUMBER, NONE)
    return Measurement(
        metric=value(document, f"{place}.metric", str),
        published=float(value(document, f"{place}.published", *NUMBER)),
        measured=None if measured is None else float(measured),
        correct=value(document, f"{place}.correct", int, NONE),
        images=value(document, f"{place}.images", int, NONE),
        dataset_images=value(document, f"{place}.dataset_images", int, NONE),
        interval=_interval(document, f"{place}.interval"),
        tolerance=float(value(document, f"{place}.tolerance", *NUMBER)),
        verdict=_verdict(document, f"{place}.verdict"),
        reason=optional(document, f"{place}.reason", "", str),
    )


def _interval(document: Any, place: str) -> tuple[float, float] | None:
    if value(document, place, list, NONE) is None:
        return None
    return float(value(document, f"{place}.0", *NUMBER)), float(value(document, f"{place}.1", *NUMBER))


def _verdict(document: Any, place: str) -> Verdict:
    written = value(document, place, str)
    if written not in _VERDICTS:
        raise BadStatement(f"no evidence: {place} is not what it should be")
    return _VERDICTS[written]


def _exact(percent: float, split: int) -> float:
    """The share of a split that a percentage was rounded from: it decides at the edge of the tolerance."""
    share = 100 * round(percent * split / 100) / split
    return share if abs(share - percent) <= _WRITTEN_DIGITS else percent
