"""From a published number and a count to a measurement with its verdict."""

from __future__ import annotations

from hubtool.evidence.interval import exact_interval
from hubtool.evidence.measurement import Measurement
from hubtool.evidence.verdict import TOLERANCE, Verdict, is_settled, of_part, of_whole
from hubtool.words import counted


def not_run(metric: str, published: float, reason: str, tolerance: float = TOLERANCE) -> Measurement:
    """The claim was not tested."""
    return Measurement(metric, published, None, None, None, None, None, tolerance, Verdict.NOT_RUN, reason)


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
    computed: str = "",
) -> Measurement:
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
    computed
        What else has to be said where the answers were not computed as published figures are: another precision.
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
    reason = "; ".join(filter(None, (reason, note, computed)))
    return Measurement(metric, published, measured, correct, images, split, interval, tolerance, verdict, reason)


def _seen(images: int, split: int, unreadable: int) -> str:
    if not unreadable:
        return f"{images:,} of {split:,} images"
    return f"{images:,} of {split:,} images, and {unreadable:,} unreadable taken for all wrong or all right,"


def _whole(published: float, measured: float, tolerance: float, given: str) -> tuple[Verdict, str]:
    verdict = of_whole(published, measured, tolerance)
    if verdict is Verdict.REPRODUCED:
        return verdict, f"{given} {measured:.2f}, within {tolerance:g} points"
    return verdict, f"{given} {measured:.2f}, {abs(measured - published):.2f} points off"


def _part(published: float, interval: tuple[float, float], seen: str, tolerance: float) -> tuple[Verdict, str]:
    low, high = interval
    verdict = of_part(published, interval, tolerance)
    said = f"{seen} put the split between {low:.2f} and {high:.2f}"
    if verdict is Verdict.MISMATCH:
        return verdict, f"{said}, {published:g} is more than {tolerance:g} points off"
    if is_settled(published, interval, tolerance):
        return verdict, f"{said}, within {tolerance:g} points of {published:g}"
    if verdict is Verdict.INCONCLUSIVE:
        return verdict, f"{said}, too wide to tell: evaluate more images"
    among = "among it" if low <= published <= high else f"within {tolerance:g} points of it"
    return verdict, f"{said}, {published:g} {among}"
