"""The grammar of `evaluation`: names and numbers run together, separated by bars.

`top1acc76.85 | top5acc93.24` is two metrics, top1 76.85 % and top5 93.24 %. A name may itself hold digits, points and
percent signs (`0.5macc75`, `TRP@FAR=0.1%99.3`), so the value is the number at the end, before an optional
unit. Some numbers have a unit and no name (`2.2m | 5.93d`), some stand before their name (`28.4 BLEU`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

from hubtool.card.names import says_none
from hubtool.card.span import Span

FRONT_MATTER = "front-matter"
TABLE = "table"

NUMBER = r"(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:e[-+]?[0-9]+)?"
_LONGEST_TEXT = 4096
_LONGEST_PART = 160  # keeps the regular expressions below, quadratic in the length, from costing anything

_BAR = re.compile(r"[|\uff5c;\uff1b\n]")
# Signs that separate metrics in some cards and belong to a name or number in others: `a 1, b 2`, but `w/o`, `1/2`.
_SOFT = re.compile(r"[,/\uff0c\u3001]|(?:(?<=[0-9]\.[0-9])|(?<=\.[0-9][0-9])|(?<=%))[ \t]+(?=[^\W\d_])")

UNITS = frozenset(
    {"%", "‰", "°", "°c", "deg", "degrees", "d", "m", "cm", "mm", "nm", "km", "h", "min", "s", "sec", "ms", "us"}
    | {"k", "b", "g", "kb", "mb", "gb", "hz", "khz", "mhz", "px", "pixel", "pixels", "pt", "pts", "bpp", "bpd"}
    | {"db", "fps", "mos", "x", "w", "j", "ev", "mev", "m/s", "km/h"}
)
_TAIL = rf"(?:\s*(?:±|\+/-)\s*{NUMBER})?\s*(?P<unit>%|‰|°C?|[A-Za-z]{{1,8}}(?:/[A-Za-z]{{1,3}})?)?"
_NAME_FIRST = re.compile(rf"(?P<name>.*?)(?P<gap>[\s:=\uff1a\uff1d]*)(?P<value>[-+]?{NUMBER}){_TAIL}", re.IGNORECASE)
_NUMBER_FIRST = re.compile(
    rf"(?P<value>[-+]?{NUMBER})(?P<percent>\s*%)?(?P<gap>[\s:=]*)(?P<text>[^\W\d_][\w@.-]{{0,30}})", re.IGNORECASE
)
_DECIMAL_COMMA = re.compile(r"(?<=[0-9]),(?=[0-9])")
_LETTER = re.compile(r"[^\W\d_]")
_CONDITION = re.compile(r"[0-9]|acc$", re.IGNORECASE)
_ENDS_BADLY = re.compile(r"[.,^*\xd7±~<>≤≥≈/+@=-]$")
# Names that end with a digit; a number glued to them would be read as one number: F188.71, top176.85, R@176.5.
_DIGIT_NAMES = (
    r"(?:(?:^|[^a-z]|micro|macro|joint|avg|mean)f-?1|top[-_ ]?(?:10|20|[1-5])|rank-?(?:10|20|1|5)"
    r"|@(?:100|10|20|50|1|5))"
)
_GLUED_VALUE = r"(?P<value>0\.[0-9]+|[1-9]\.[0-9]+|[1-9][0-9]{1,2}(?:\.[0-9]+)?)"
_GLUED = re.compile(rf"(?P<name>.*?{_DIGIT_NAMES}){_GLUED_VALUE}{_TAIL}", re.IGNORECASE)
# The same of names that also stand without the digits: taken only where the whole number is impossible.
_GLUED_BOUNDED = re.compile(
    rf"(?P<name>m?ap(?:50-95|50|75)|rouge-?[12]|bleu-?[1-4]){_GLUED_VALUE}{_TAIL}", re.IGNORECASE
)
_NO_NUMBER = re.compile(rf".*(?:{_DIGIT_NAMES}(?:acc|score)?|m?ap@0?\.5:0?\.95|m?ap50-95)", re.IGNORECASE)

_UNIT_IN_BRACKETS = re.compile(
    r"[(\[\uff08](?:%|m|millions?|k|b|db|ms|s|cm|mm|deg|°|↑|↓)[)\]\uff09]|(?<![0-9])%|[↑↓*†]"
)
_HYPHENS = dict.fromkeys(range(0x2010, 0x2015), "-")  # and dashes, which some keyboards write instead
_TOP_K = re.compile(r"top[\s_-]*(\d{1,3})")
_ACC_K = re.compile(r"(?:acc(?:uracy)?[\s_@-]*|prec@)(1|5|10)")
_ACC_WORDS = re.compile(r"acc(?:uracy)?|准确率|正确率|精度|[\s_@:.()\uff08\uff09-]")
_MAP_AT = re.compile(r"(m?ap)[\s_]*@?[\s_]*(?:iou\s*=?\s*)?0?\.?(50?|75)")
_MAP_RANGE = re.compile(r"(m?ap)[\s_]*@?[\s_]*\[?(?:iou\s*=?\s*)?0?\.?50?\s*[:-]\s*0?\.?95\]?")
_K_ACC = re.compile(r"((?:micro|macro|joint)?f1|m?ap\d+|rank\d+|(?:r|p|recall|precision|ndcg|hits|rg)\d*@?\d+)acc")
_COUNTED = re.compile(r"(bleu|rouge|rank|f)[\s_-]+(\d+)")
_ALIASES = {
    "acc": "acc",
    "accuracy": "acc",
    "准确率": "acc",
    "正确率": "acc",
    "准确性": "acc",
    "准确度": "acc",
    "f1score": "f1",
    "f1scorce": "f1",
    "fscore": "f-score",
    "fmeasure": "f-score",
    "hmean": "hmean",
    "meaniou": "miou",
    "exactmatch": "em",
    "meanaverageprecision": "map",
}
_PERCENT_SIGN = re.compile(r"(?<![0-9])%")
_PERCENT = re.compile(r"top\d+|acc")
_BOUNDED = re.compile(
    r"top\d+|acc|(?:\w*[^a-z])?(?:accuracy|acc)|(?:m?ap|m?iou)(?:\d+(?:-95)?)?|(?:micro|macro)?f1|f-score|dice|auc"
    r"|(?:\w+[\d\s_-])?(?:precision|recall)|rank\d+|(?:r|p|recall|precision|hits|hit|ndcg)\d*@\d+"
)


@dataclass(frozen=True, slots=True)
class Metric:
    """One published number.

    Attributes
    ----------
    name
        Normalised: `top1` for top1acc, Top-1 (%), acc@1; else in lower case; empty for a number with only a unit.
    value
        In `unit`.
    unit
        `%` for accuracies in percent, another unit as written, or empty.
    source
        `front-matter`, or `table`.
    written
        The text it was read from.
    label
        The name as written.
    span
        Place in the card of a figure that is not in `evaluation`.
    is_fraction
        Whether the number was written as a fraction of 1 and is given in percent: 76.81 for `0.7681`.
    """

    name: str
    value: float
    unit: str
    source: str
    written: str
    label: str = ""
    span: Span | None = None
    is_fraction: bool = False

    @property
    def decimals(self) -> int:
        """How many decimals the value was written with."""
        scale, shift = (100, 2) if self.is_fraction else (1, 0)
        own = (text for text in _numbers(self.written) if round(float(text) * scale, 10) == round(self.value, 10))
        return next((max(0, decimals(text) - shift) for text in own), 0)

    def to_json(self) -> dict[str, object]:
        """Keys `name`, `label`, `value`, `unit`, `source`, `written`."""
        return {
            "name": self.name,
            "label": self.label,
            "value": self.value,
            "unit": self.unit,
            "source": self.source,
            "written": self.written,
        }


@dataclass(frozen=True, slots=True)
class UnreadMetric:
    """A part of `evaluation` that is not a name with a number; `start` counts characters from 0."""

    written: str
    start: int


def parse_evaluation(text: str) -> tuple[tuple[Metric, ...], tuple[UnreadMetric, ...]]:
    """Read the metrics of an `evaluation` value; `-`, `N/A` and the like mean none."""
    if says_none(text):
        return (), ()
    if len(text) > _LONGEST_TEXT:
        return (), (UnreadMetric(text.strip(), len(text) - len(text.lstrip())),)
    metrics: list[Metric] = []
    unread: list[UnreadMetric] = []
    for written, start in _parts(text):
        if written and says_none(written):
            continue
        if read := _soft_parts(written):
            metrics += read
        else:
            unread.append(UnreadMetric(written, start))
    return tuple(metrics), tuple(unread)


def normalise(name: str) -> str:
    """The one spelling of a metric's name: `top1acc`, `Top-1 (%)` and `acc@top1` are `top1`."""
    plain = name.casefold().translate(_HYPHENS)
    if not plain.isalnum():
        plain = _UNIT_IN_BRACKETS.sub("", plain).strip()
    if plain in _ALIASES:
        return _ALIASES[plain]
    if match := _ACC_K.fullmatch(plain) or _top_k(plain):
        return f"top{match[1]}"
    if match := _MAP_RANGE.fullmatch(plain):
        return f"{match[1]}50-95"
    if match := _MAP_AT.fullmatch(plain):
        return f"{match[1]}{match[2].ljust(2, '0')}"
    if match := _K_ACC.fullmatch(plain) or _COUNTED.fullmatch(plain):
        return "".join(group for group in match.groups())
    return _ALIASES.get(re.sub(r"[\s_-]", "", plain), plain)


def _top_k(name: str) -> re.Match[str] | None:
    """The top-k in a name that says nothing else but accuracy: top1 error is another metric."""
    match = _TOP_K.search(name) if "top" in name else None
    return match if match and not _ACC_WORDS.sub("", _TOP_K.sub("", name, count=1)) else None


def says_percent(name: str) -> bool:
    """Whether a name carries its unit, `WER%` or `Top-1 (%)`; the per cent of `FAR=0.1%` is that of a condition."""
    return "%" in name and _PERCENT_SIGN.search(name) is not None


def is_percent(name: str) -> bool:
    """Whether a metric of this normalised name is in percent although its text does not say so."""
    return _PERCENT.fullmatch(name) is not None


def is_bounded(name: str) -> bool:
    """Whether a metric of this normalised name lies between 0 and 100, or between 0 and 1, by definition."""
    return _BOUNDED.fullmatch(name) is not None


def decimals(number: str) -> int:
    """How many decimals a number is written with."""
    return len(number.partition("e")[0].partition(".")[2])


def _numbers(text: str) -> Iterator[str]:
    text = _DECIMAL_COMMA.sub(".", text[:_LONGEST_PART])
    return (match[0].casefold() for match in re.finditer(rf"[-+]?{NUMBER}", text, re.IGNORECASE))


def _parts(text: str) -> Iterator[tuple[str, int]]:
    """The stripped texts between bars, and where they start; an empty one stands for the bar next to it."""
    start = 0
    for bar in [*_BAR.finditer(text), None]:
        end = bar.start() if bar else len(text)
        part = text[start:end]
        if written := part.strip():
            yield written, start + len(part) - len(part.lstrip())
        elif bar or start:
            place = end if bar else start - 1
            if text[place] != "\n":
                yield text[place], place
        start = end + 1


def _soft_parts(written: str) -> list[Metric]:
    """The metrics of a part: several where commas or blanks leave nothing but named metrics, else one or none."""
    if len(written) > _LONGEST_PART:
        return []
    pieces = [written] if written.isalnum() else [piece.strip() for piece in _SOFT.split(written)]
    if len(pieces) > 1:
        metrics = [metric for piece in pieces if (metric := read_metric(piece)) is not None and metric.name]
        if len(metrics) == len(pieces):
            return metrics
    metric = read_metric(written)
    return [] if metric is None else [metric]


def read_metric(written: str) -> Metric | None:
    """One name with its number; None when the text is something else."""
    if match := _GLUED.fullmatch(written):
        return _metric(match["name"], match["value"], match["unit"], written)
    if _NO_NUMBER.fullmatch(written):
        return None
    match = _NAME_FIRST.fullmatch(written)
    if match is None or not _LETTER.search(match["name"]):
        return _number_first(written)
    name, value = match["name"].strip(), match["value"]
    if (glued := _GLUED_BOUNDED.fullmatch(written)) and not 0 <= float(value) <= 100:
        return _metric(glued["name"], glued["value"], glued["unit"], written)
    if _is_cut_off(name, match["gap"], value):
        return None
    if value[0] == "-" and not match["gap"] and is_bounded(normalise(name)):
        value = value[1:]  # acc-76.85: what cannot be negative has a hyphen, not a sign
    return _metric(name, value, match["unit"], written)


def _is_cut_off(name: str, gap: str, value: str) -> bool:
    """Whether the number belongs to the name, as in `R@1`, `top-1`, `TRP@FAR=0.1%`, or to a range or longer number."""
    if _ENDS_BADLY.search(name) or name.casefold() == "top" or (value[0] in "+-" and not gap and name[-1].isdigit()):
        return True
    _, at, condition = name.rpartition("@")
    return bool(at) and gap in {"", "="} and not _CONDITION.search(condition)


def _number_first(written: str) -> Metric | None:
    """`2.2m`, `3.2mos`: a number with a unit; `28.4 BLEU`, `93.2% accuracy`: a number before its name."""
    match = _NUMBER_FIRST.fullmatch(written)
    if match is None:
        return None
    text = match["text"]
    if text.casefold() in UNITS:
        return None if match["percent"] else _metric("", match["value"], text, written)
    if match["percent"] or match["gap"] or is_bounded(normalise(text)):
        return _metric(text, match["value"], match["percent"] and "%", written)
    return _metric("", match["value"], text, written) if text.isalpha() else None


def _metric(label: str, value: str, unit: str | None, written: str) -> Metric | None:
    number = float(value)
    if not math.isfinite(number) or (label and unit and unit.casefold() not in UNITS):
        return None
    name = normalise(label)
    if not unit:
        unit = "%" if is_percent(name) or says_percent(label) else ""
    return Metric(name, number, unit, FRONT_MATTER, written, label)
