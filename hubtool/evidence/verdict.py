"""When a measurement confirms a published number: used for evaluations and for evidence."""

from __future__ import annotations

from enum import Enum

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


def of_whole(published: float, measured: float, tolerance: float = TOLERANCE) -> Verdict:
    """The verdict when a whole split was evaluated; all in percent and points."""
    return Verdict.REPRODUCED if _within(abs(measured - published), tolerance) else Verdict.MISMATCH


def of_part(published: float, interval: tuple[float, float], tolerance: float = TOLERANCE) -> Verdict:
    """The verdict when a part was evaluated that puts the whole split into an interval; all in percent and points."""
    low, high = interval
    if _excludes(published, interval, tolerance):
        return Verdict.MISMATCH
    if is_settled(published, interval, tolerance) or high - low <= WIDEST_CONSISTENT:
        return Verdict.CONSISTENT
    return Verdict.INCONCLUSIVE


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
