"""What the names of classes have in common: numbers that order them, and which of them are unlike the others."""

from __future__ import annotations

import os
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_DIGITS = "0123456789"
_FIRST_NUMBER = re.compile("([^0-9]*)[0-9]+(.*)", re.DOTALL)
_LAST_NUMBER = re.compile("(.*?)([0-9]+)", re.DOTALL)
_COPY = re.compile(
    r"copy of (.+)|(.+?)(?:[ _-]+copy(?: ?\(?[0-9]+\)?)?| ?\([0-9]+\)|\.bak|\.orig|\.old|~)", re.IGNORECASE
)
_FEWEST = 8
"""With fewer names than this, an unlike one may well be a class: `normal` beside `stage1` to `stage3`."""
_ALL_BUT_FEW = 0.9
_MOST = 0.6
_STRAY = frozenset(
    str.split("""
    annotations archive backup bak bbox copy devkit dev eval images img imgs labels misc new old other others output
    outputs results samples test testing tmp temp train training trash unsorted untitled val valid validation
    """)
)
"""What folders beside the data are called, in lower case. Classes are called so, too: it is a hint only."""


@dataclass(frozen=True, slots=True)
class Order:
    """Names of classes in the order of the outputs.

    Attributes
    ----------
    names
        In that order.
    by_number
        Whether numbers in the names give another order than text does, and it is theirs.
    doubtful
        Two names that text and numbers order differently where the order is that of text; empty if there are none.
    """

    names: list[str]
    by_number: bool = False
    doubtful: tuple[str, ...] = ()


def alike(name: str) -> str:
    """The same text for names that look the same: composed or decomposed characters (NFC, NFD), blanks around them."""
    return unicodedata.normalize("NFC", name).strip()


def look_alikes(names: Iterable[str]) -> list[str]:
    """Names that look the same as another one."""
    seen = Counter(map(alike, names := list(names)))
    return [name for name in names if seen[alike(name)] > 1]


def order_depends_on_encoding(names: Sequence[str]) -> bool:
    """Whether sorted names are in another order once their characters are composed or decomposed (NFC, NFD)."""
    if all(map(str.isascii, names)):
        return False
    return any(names != sorted(names, key=lambda name: unicodedata.normalize(form, name)) for form in ("NFC", "NFD"))


def ordered(names: Iterable[str]) -> Order | None:
    """The order of the outputs: that of the numbers where names are numbered throughout, else that of text.

    None where most names are numbered, not all are, and it makes a difference: then any order is a guess.
    """
    as_text = sorted(set(names))
    numbers = numbers_in(as_text)
    if numbers is not None:
        numbered = [name for _, name in sorted(zip(numbers, as_text, strict=True))]
        return Order(numbered, by_number=numbered != as_text)
    natural = sorted(as_text, key=_natural_key)
    if natural == as_text:
        return Order(as_text)
    if _shared_start(as_text, 0.5) is not None:
        return None
    place = next(place for place, name in enumerate(as_text) if natural[place] != name)
    return Order(as_text, doubtful=(as_text[place], natural[place]))


def numbers_in(names: Sequence[str]) -> list[int] | None:
    """The number that each name is numbered with; None where they are not all numbered, each differently.

    Numbered are `0` to `11`, `0_cat` to `11_zebra`, `class_3` (the same text before each number), and `cat_3` where the
    numbers at the end run from 0 or 1 without a gap.
    """
    prefix = os.path.commonprefix([name.casefold() for name in names]).rstrip(_DIGITS)  # noqa: RUF071 (of texts)
    after = [re.match("[0-9]+", name[len(prefix) :]) for name in names]
    if all(after):
        numbers = [int(match[0]) for match in after if match]
        return numbers if len(set(numbers)) == len(names) else None
    ends = [_LAST_NUMBER.fullmatch(name) for name in names]
    if all(ends) and len(names) > 2:
        numbers = [int(match[2]) for match in ends if match]
        return numbers if sorted(numbers) in (list(range(len(names))), list(range(1, len(names) + 1))) else None
    return None


def intruders(names: Sequence[str]) -> list[str]:
    """Names that are hardly classes: unlike nearly all of the others, which are numbered, or copies of others."""
    unlike = _unlike(names, _ALL_BUT_FEW) if len(names) >= _FEWEST else set()
    return [name for name in names if name in unlike or _is_copy(name, names)]


def odd_names(names: Sequence[str]) -> list[str]:
    """Names that may be no classes: unlike most others, copies, or called as folders beside the data are."""
    unlike = _unlike(names, _MOST)
    return [name for name in names if name in unlike or name.casefold() in _STRAY or _is_copy(name, names)]


def _unlike(names: Sequence[str], part: float) -> set[str]:
    """Names that do not begin as a part of all does, or go on after the number where that part does not."""
    start = _shared_start(names, part)
    if start is None:
        return set()
    alike = {name: match for name in names if (match := _FIRST_NUMBER.fullmatch(name)) and match[1] == start}
    bare = {name for name, match in alike.items() if not match[2]}
    return set(names) - (bare if len(bare) >= part * len(names) else alike.keys())


def _shared_start(names: Sequence[str], part: float) -> str | None:
    """The text before the first number that at least this part of the names, and two of them, have in common."""
    starts = Counter(match[1] for name in names if (match := _FIRST_NUMBER.fullmatch(name)))
    start, count = next(iter(starts.most_common(1)), ("", 0))
    return start if count >= max(2, part * len(names)) else None


def _is_copy(name: str, names: Sequence[str]) -> bool:
    match = _COPY.fullmatch(name)
    return match is not None and (match[1] or match[2]).casefold() in {other.casefold() for other in names}


def _natural_key(name: str) -> list[tuple[int, str]]:
    """Sorts numbers within names as numbers; equal numbers of different lengths as text."""
    parts = re.split("([0-9]+)", name)
    return [(int(part), "") if place % 2 else (0, part) for place, part in enumerate(parts)] + [(0, name)]
