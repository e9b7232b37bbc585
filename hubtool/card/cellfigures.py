"""The figures in a cell of a results table: each is read, or the reason why it cannot be is told."""

from __future__ import annotations

import re
from typing import NamedTuple

from hubtool.card.cell import LINE, Cell
from hubtool.card.columns import QUALITY, Column, Figure
from hubtool.card.fractions import in_percent
from hubtool.card.metrics import NUMBER, TABLE, Metric, is_bounded, is_percent, parse_evaluation
from hubtool.card.names import says_none

_GROUPED = r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?"
_DECIMAL_COMMA = r"[0-9]+,[0-9]+"
_SIGNED = rf"[-+]?(?:{_GROUPED}|{_DECIMAL_COMMA}|{NUMBER})"
_TOLERANCE = rf"(?:±|\+\s*/\s*-|\+-)\s*{_SIGNED}\s*%?"
_MARKS = r"(?:[\s*†‡§¶#^\u2190-\u21ff\u25a0-\u27bf\u2b50\U0001f300-\U0001faff\ufe0f]|:[a-z_]+:)*"
_FIGURE = re.compile(
    rf"{_MARKS}(?:(?:[~\u2248\u223c\u2243]|约|about|approx\.?|ca\.?)\s*)?(?P<value>{_SIGNED})\s*(?P<unit>%|‰|percent|pct|[A-Za-z]{{1,4}})?"
    rf"\s*(?:{_TOLERANCE})?(?P<rest>(?:{_MARKS}(?:\([^()]*\)|\[[^\[\]]*\])){{0,3}}){_MARKS}",
    re.IGNORECASE,
)
_BRACKETS = re.compile(r"[(\[]([^()\[\]]*)[)\]]")
_NO_FIGURE_IN_BRACKETS = re.compile(
    rf"\s*(?:(?:[-+↑↓▲▼]|(?:std|sd|\u03c3)[\s:=.]*)\s*{_SIGNED}\s*%?|{_TOLERANCE}|{_SIGNED}\s*[-,\u2013~]\s*{_SIGNED})\s*",
    re.IGNORECASE,
)
_FIGURE_IN_BRACKETS = re.compile(rf"\s*{_SIGNED}\s*%?\s*|.*[0-9][.,][0-9].*")
_UP_OR_DOWN = "\u2191\u2193\u25b2\u25bc\u2b06\u2b07"
_PLUS_MINUS = re.compile(r"\+\s*/?\s*-")
_BETWEEN = re.compile(r"[/|;&\n]|,\s")
_IN_BRACKETS = re.compile(r"(?P<first>[^()]+)\((?P<second>[^()]*[0-9][^()]*)\)\s*")
_BLANKS = re.compile(r"\s+|(?<=\.\d),|(?<=\.\d\d),")
_BARE = re.compile(rf"(?=[0-9]){NUMBER}%?")
_DATA_TYPE = re.compile(r"(?:fp|bf|tf|u?int|b?float)[_-]?(?:4|8|16|32|64)|o[0-3]|[a-z]+", re.IGNORECASE)
_BETWEEN_TYPES = re.compile(r"[\s/,+&()]+")
_CHINESE_NUMERAL = re.compile(r"[〇零一二三四五六七八九十百]{2,}|[〇零一二三四五六七八九十百]点")
_WORDS = re.compile(r"[^\W\d_]+")
_LONGEST = 160


class Reading(NamedTuple):
    """What a cell gives.

    Attributes
    ----------
    metrics
        The figures that were read, each with the figure of the heading that it answers; None for one that names itself.
    unread
        Why a figure in the cell was not read; empty where none was left.
    """

    metrics: tuple[tuple[Metric, Figure | None], ...]
    unread: str = ""


def read_figures(column: Column, cell: Cell) -> Reading:
    """The figures of a cell below a heading that names one or several."""
    text = cell.text
    if _is_empty(text):
        return Reading(())
    if len(text) > _LONGEST:
        return Reading((), "the cell is too long for a figure")
    if len(column.figures) > 1:
        return _one_each(column, cell)
    (figure,) = column.figures
    metric, unread = _figure(figure, text, cell)
    if metric is not None:
        return Reading(((metric, figure),), unread)
    if named := _named(text, cell):
        return Reading(tuple((metric, None) for metric in named))
    return Reading((), unread)


def _is_empty(text: str) -> bool:
    """Whether a cell holds no figure: nothing, a dash, words, or the type of the numbers a network computes with."""
    if says_none(text) or all(map(_DATA_TYPE.fullmatch, filter(None, _BETWEEN_TYPES.split(text)))):
        return True
    return not any(sign.isdecimal() for sign in text) and not _CHINESE_NUMERAL.search(text)


def _one_each(column: Column, cell: Cell) -> Reading:
    """One number for each name of the heading, as in `76.81 / 93.17` below Top-1/Top-5."""
    parts = _parts(_PLUS_MINUS.sub("±", cell.text), len(column.figures))
    if not parts:
        if named := _named(cell.text, cell):
            return Reading(tuple((metric, None) for metric in named))
        names = " and ".join(figure.label for figure in column.figures)
        return Reading((), f"the heading names {names}: write one number for each, separated by `/`")
    found: list[tuple[Metric, Figure | None]] = []
    for figure, part in zip(column.figures, parts, strict=True):
        if _is_empty(part):
            continue
        metric, unread = _figure(figure, part, cell)
        if metric is None:
            named = _named(cell.text, cell)
            return Reading(tuple((metric, None) for metric in named), "" if named else unread)
        found.append((metric, figure))
    return Reading(tuple(found))


def _parts(text: str, count: int) -> list[str]:
    """As many parts of a text, each for one figure; none where that is not what the text holds.

    Blanks alone separate nothing but bare numbers, and a bracket may hold a tolerance or a difference.
    """
    parts = [part.strip() for part in _BETWEEN.split(text)]
    if len(parts) == count:
        return parts
    match = _IN_BRACKETS.fullmatch(text)
    if match and count == 2 and not _NO_FIGURE_IN_BRACKETS.fullmatch(match["second"]):
        return [match["first"].strip(), match["second"].strip()]
    parts = _BLANKS.split(text)
    return parts if len(parts) == count and all(_BARE.fullmatch(part) or says_none(part) for part in parts) else []


def _figure(figure: Figure, text: str, cell: Cell) -> tuple[Metric | None, str]:
    """The number of a text, and what of the text is a figure too but was not read."""
    match = _FIGURE.fullmatch(text)
    if match is None:
        return None, _why_not(text)
    if match["value"][0] == "+" or text[0] in _UP_OR_DOWN:
        return None, "a difference is no figure: write the number that was measured"
    value = _value(match["value"], bounded=is_bounded(figure.name))
    if value is None:
        return None, f"`{match['value']}` has a comma that can mean two things: write a decimal point"
    unit = match["unit"] or ""
    unit = "%" if unit.casefold() in {"percent", "pct"} else unit
    percent = is_percent(figure.name)
    if percent and unit not in {"", "%"}:
        return None, f"`{unit}` is no unit of an accuracy: write a number in percent"
    unit = unit or ("%" if percent or figure.percent else "")
    unread = ""
    for inner in _BRACKETS.findall(match["rest"]):
        if _FIGURE_IN_BRACKETS.fullmatch(inner) and not _NO_FIGURE_IN_BRACKETS.fullmatch(inner):
            unread = f"the second figure `{inner.strip()}` is not read: give it a column of its own"
    return Metric(figure.name, value, unit, TABLE, text, figure.label, cell.span), unread


def _value(written: str, *, bounded: bool) -> float | None:
    """The number, whatever its comma means; None where that cannot be told: 1,234 of what may be above 100."""
    if "," not in written:
        return float(written)
    whole, _, part = written.partition(",")
    if "." in part or "," in part:
        return float(written.replace(",", ""))
    digits = whole.lstrip("+-")
    if len(part) == 3 and digits.strip("0") and len(digits) <= 3 and not bounded:
        return None
    return float(f"{whole}.{part}")


def _why_not(text: str) -> str:
    if re.match(r"\s*[<>≤≥]", text):
        return "a bound is no figure: write the number that was measured"
    if len(re.findall(NUMBER, text)) > 1:
        return "the cell holds several numbers: give each a column, or name them in the heading as in `Top-1/Top-5`"
    return "this is not a number: write one such as 76.81"


def _named(text: str, cell: Cell) -> list[Metric]:
    """Figures that bring their names, as in `Top-1: 76.9%, Top-5: 93%`; none where a part of the cell is left."""
    found: list[Metric] = []
    for line in text.split(LINE):
        metrics, unread = parse_evaluation(line)
        if unread:
            return []
        for metric in metrics:
            if not set(_WORDS.findall(metric.name)) & QUALITY:
                return []
            found.append(Metric(metric.name, metric.value, metric.unit, TABLE, metric.written, metric.label, cell.span))
    return list(in_percent(found))
