"""The grammar of `evaluation`: names and numbers run together, separated by bars.

`top1acc76.85 | top5acc93.24` is two metrics, top1 76.85 % and top5 93.24 %. A name may itself hold
digits, so the value is the number at the end, before an optional unit.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_NONE = {"", "-", "n/a", "na", "no", "none", "null", "~"}
_METRIC = re.compile(
    r"(?P<name>.*?)[\s:=]*"
    r"(?P<value>[-+]?(?:\d+(?:\.\d+)?|\.\d+)(?:e[-+]?\d+)?)\s*"
    r"(?P<unit>%|[A-Za-z]{0,4})"
)
_TOP_K = re.compile(r"top[\s_-]?(\d+)[\s_-]?(?:acc(?:uracy)?)?")
_PERCENT = re.compile(r"top\d+|acc|accuracy")

FRONT_MATTER = "front-matter"


@dataclass(frozen=True, slots=True)
class Metric:
    """One published number.

    Attributes
    ----------
    name
        Normalised: `top1` for top1acc, Top-1 (%), acc@1; otherwise lower case.
    value
        In `unit`.
    unit
        `%` for accuracies in percent, another unit as written, or empty.
    source
        `front-matter`, or `table`.
    written
        The text it was read from.
    """

    name: str
    value: float
    unit: str
    source: str
    written: str


@dataclass(frozen=True, slots=True)
class UnreadMetric:
    """A part of `evaluation` that is not a name with a number; `start` counts characters from 0."""

    written: str
    start: int


def parse_evaluation(text: str) -> tuple[tuple[Metric, ...], tuple[UnreadMetric, ...]]:
    """Read the metrics of an `evaluation` value; `-`, `N/A` and the like mean none."""
    if text.strip().casefold() in _NONE:
        return (), ()
    metrics: list[Metric] = []
    unread: list[UnreadMetric] = []
    start = 0
    for part in text.split("|"):
        written = part.strip()
        match = _METRIC.fullmatch(written)
        if match is None:
            unread.append(UnreadMetric(written, start + len(part) - len(part.lstrip())))
        else:
            name = normalise(match["name"])
            unit = match["unit"] or ("%" if _PERCENT.fullmatch(name) else "")
            metrics.append(Metric(name, float(match["value"]), unit, FRONT_MATTER, written))
        start += len(part) + 1
    return tuple(metrics), tuple(unread)


def normalise(name: str) -> str:
    """The one spelling of a metric's name: `top1acc`, `Top-1 (%)` and `acc@top1` are `top1`."""
    plain = re.sub(r"\(.*?\)|%", "", name).strip().casefold()
    plain = re.sub(r"^acc(?:uracy)?@(?:top-?)?(\d+)$", r"top\1", plain)
    if match := _TOP_K.fullmatch(plain):
        return f"top{match[1]}"
    return plain
