"""From a published number and a count to a verdict."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from hubtool.verify.statistics import exact_interval
from hubtool.words import counted

TOLERANCE = 0.1
"""Largest difference, in points, at which a whole split still reproduces a number. Cards round to two decimals;
other devices and library versions move single images near a decision boundary: 50 of ImageNet's 50,000 are 0.1."""
ROUNDING = 0.005
"""What rounding to two decimals takes from, or adds to, a number: no tolerance is smaller."""
WIDEST_CONSISTENT = 20.0
"""Width, in points, above which an interval that holds the published number says nothing about it."""


class Verdict(str, Enum):
    """What an evaluation says of a published number."""

    REPRODUCED = "reproduced"
    CONSISTENT = "consistent"
    MISMATCH = "mismatch"
    INCONCLUSIVE = "inconclusive"
    NOT_RUN = "not-run"


@dataclass(frozen=True, slots=True)
class ClaimResult:
    """A published number and what became of it.

    Attributes
    ----------
    metric
        `top1` or `top5` where hubtool can measure it, else as the card names it.
    published, measured
        In percent for accuracies; `measured` is None when nothing was run.
    correct, images, dataset_images
        Counts: right answers, images evaluated, images in the split.
    interval
        99 % interval of the split's accuracy when only a part was evaluated.
    reason
        One sentence: why this verdict.
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
        """The claim as `hubtool verify --json` prints it."""
        return {
            "metric": self.metric,
            "published": self.published,
            "measured": None if self.measured is None else round(self.measured, 4),
            "correct": self.correct,
            "images": self.images,
            "dataset_images": self.dataset_images,
            "interval": None if self.interval is None else [round(end, 4) for end in self.interval],
            "tolerance": self.tolerance,
            "verdict": self.verdict.value,
            "reason": self.reason,
        }


def not_run(metric: str, published: float, reason: str, tolerance: float = TOLERANCE) -> ClaimResult:
    """The claim was not put to the test."""
    return ClaimResult(metric, published, None, None, None, None, None, tolerance, Verdict.NOT_RUN, reason)


def judge(
    metric: str,
    published: float,
    *,
    correct: int,
    images: int,
    split: int,
    tolerance: float = TOLERANCE,
    interval: tuple[float, float] | None = None,
    unreadable: int = 0,
    note: str = "",
) -> ClaimResult:
    """Compare a published percentage with a count over a whole split, or over a random part of it.

    Parameters
    ----------
    interval
        What a part that was looked at again and again says of the split (see `ConfidenceSequence`); by default the
        exact interval of a part whose size was fixed beforehand.
    unreadable
        Further images of the part that could not be decoded: whether they are right is not known.
    note
        What else has to be said where the split is not the one that the published number is about.
    """
    measured = 100 * correct / images
    if images == split:
        interval = None
        given = f"all {counted(images, 'image')} given give" if note else "the whole split gives"
        verdict, reason = _whole(published, measured, tolerance, given)
    else:
        if interval is None or images + unreadable == split:
            interval = exact_interval(correct, images, split, unknown=unreadable)
        verdict, reason = _part(published, interval, _seen(images, split, unreadable), tolerance)
    if note:
        reason = f"{reason}; {note}"
    return ClaimResult(metric, published, measured, correct, images, split, interval, tolerance, verdict, reason)


def is_settled(published: float, interval: tuple[float, float], tolerance: float = TOLERANCE) -> bool:
    """Whether the rest of a split can only confirm what an interval says of a number.

    It can when either every accuracy of the interval is within the tolerance of the number, or none is.
    """
    low, high = interval
    return _excludes(published, interval, tolerance) or (
        _within(published - low, tolerance) and _within(high - published, tolerance)
    )


def _within(difference: float, tolerance: float) -> bool:
    # The numbers stem from decimals; what is left of them in binary must not decide at the edge.
    return round(difference, 9) <= tolerance


def _excludes(published: float, interval: tuple[float, float], tolerance: float) -> bool:
    low, high = interval
    return not (_within(low - published, tolerance) and _within(published - high, tolerance))


def _seen(images: int, split: int, unreadable: int) -> str:
    if not unreadable:
        return f"{images:,} of {split:,} images"
    return f"{images:,} of {split:,} images, and {unreadable:,} unreadable taken for all wrong or all right,"


def _whole(published: float, measured: float, tolerance: float, given: str) -> tuple[Verdict, str]:
    difference = abs(measured - published)
    if _within(difference, tolerance):
        return Verdict.REPRODUCED, f"{given} {measured:.2f}, within {tolerance:g} points"
    return Verdict.MISMATCH, f"{given} {measured:.2f}, {difference:.2f} points off"


def _part(published: float, interval: tuple[float, float], seen: str, tolerance: float) -> tuple[Verdict, str]:
    low, high = interval
    said = f"{seen} put the split between {low:.2f} and {high:.2f}"
    if _excludes(published, interval, tolerance):
        return Verdict.MISMATCH, f"{said}, {published:g} is more than {tolerance:g} points off"
    if is_settled(published, interval, tolerance):
        return Verdict.CONSISTENT, f"{said}, within {tolerance:g} points of {published:g}"
    if high - low > WIDEST_CONSISTENT:
        return Verdict.INCONCLUSIVE, f"{said}, too wide to tell: evaluate more images"
    among = "among it" if low <= published <= high else f"within {tolerance:g} points of it"
    return Verdict.CONSISTENT, f"{said}, {published:g} {among}"
