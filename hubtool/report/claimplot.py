"""A plot of published figures against measured ones: claims to places on a canvas, which a template draws."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hubtool.evidence.measurement import Measurement
from hubtool.report.units import figure

WIDTH, LEFT, RIGHT = 720, 90, 690
"""Of the canvas, and where the scales begin and end on it."""
TOP, ROW = 46, 62
"""Where the first scale's row begins, below the legend, and how high a row is."""
_MARGIN = 0.12
"""Part of a scale that is left free on either side of what it shows."""
_INTERVALS = 5


@dataclass(frozen=True, slots=True)
class Line:
    """A claim on its own scale; numbers are places on the canvas, from the left or from the top.

    Attributes
    ----------
    y, axis
        Of the marks, and of the scale below them.
    published, measured, band, interval
        Of the figures, of all that is within the tolerance, and of the interval if there is one.
    ticks
        Place and label.
    said
        The same in words.
    """

    metric: str
    y: int
    axis: int
    published: float
    measured: float
    band: tuple[float, float]
    interval: tuple[float, float] | None
    ticks: tuple[tuple[float, str], ...]
    said: str


@dataclass(frozen=True, slots=True)
class ClaimPlot:
    """A plot of some claims; `said` is what it shows, in words."""

    lines: tuple[Line, ...]
    height: int
    said: str
    width: int = WIDTH


def claim_plot(claims: Sequence[Measurement]) -> ClaimPlot | None:
    """The plot of the claims that were measured; None if none was."""
    lines = tuple(_lines(claims))
    if not lines:
        return None
    return ClaimPlot(lines, TOP + ROW * len(lines), "; ".join(line.said for line in lines))


def _lines(claims: Sequence[Measurement]) -> Iterator[Line]:
    place = TOP
    for claim in claims:
        if claim.measured is None or not math.isfinite(claim.published):
            continue
        yield _line(claim, claim.measured, place)
        place += ROW


def _line(claim: Measurement, measured: float, top: int) -> Line:
    band = (claim.published - claim.tolerance, claim.published + claim.tolerance)
    shown: tuple[float, ...] = (*band, measured, *(claim.interval or ()))
    margin = _MARGIN * (max(shown) - min(shown))
    low, high = min(shown) - margin, max(shown) + margin

    def place(value: float) -> float:
        return round(LEFT + (value - low) / (high - low) * (RIGHT - LEFT), 2)

    said = f"{claim.metric}: published {figure(claim.published)}, measured {figure(measured)}"
    if claim.interval:
        said += f", interval {figure(claim.interval[0])} to {figure(claim.interval[1])}"
    return Line(
        metric=claim.metric,
        y=top + 16,
        axis=top + 34,
        published=place(claim.published),
        measured=place(measured),
        band=(place(band[0]), place(band[1])),
        interval=(place(claim.interval[0]), place(claim.interval[1])) if claim.interval else None,
        ticks=tuple((place(value), label) for value, label in _ticks(low, high)),
        said=f"{said}: {claim.verdict.value}",
    )


def _ticks(low: float, high: float) -> Iterator[tuple[float, str]]:
    """Round numbers from low to high that are percentages, about five of them."""
    rough = (high - low) / _INTERVALS
    power = math.pow(10, math.floor(math.log10(rough)))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= 0.7 * rough)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    for number in range(math.ceil(low / step), math.floor(high / step) + 1):
        if 0 <= number * step <= 100 * (1 + 1e-9):
            yield number * step, f"{number * step:.{decimals}f}"
