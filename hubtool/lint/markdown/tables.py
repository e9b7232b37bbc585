"""Tables in the text between a card's blocks of code, by the rules of GitHub's Markdown.

Offsets count characters of the card's text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from hubtool.lint.markdown.stretch import Stretch


class Row(NamedTuple):
    """A line of a table."""

    start: int
    end: int
    cells: int


class Table(NamedTuple):
    """A table; `valid` says whether header and delimiter row make it one."""

    header: Row
    delimiter: Row
    rows: tuple[Row, ...]
    valid: bool


_DASHES = "\u2013\u2014"  # what a word processor makes of two or three hyphens
_RULED_LINE = re.compile(rf"\n {{0,3}}[|:\-{_DASHES}][|:+ \t\-{_DASHES}]*\r?(?=\n|\Z)")
_DELIMITER = re.compile(r"[ \t]*:?-+:?[ \t]*")
_CONTAINER = re.compile(r"(?:[ \t>]|[-*+][ \t]|\d{1,9}[.)][ \t])*")
_PIPE = re.compile(r"(?<!\\)\|")
_ENDS_TABLE = re.compile(r" {0,3}(?:#{1,6}[ \t]|>|```|~~~|[-*+][ \t]|</?[a-zA-Z!])|[ \t\r]*(?=\n|\Z)")


def find_tables(text: str, stretches: Iterable[Stretch]) -> Iterator[Table]:
    """Tables, and what was meant to be one."""
    for start, end, is_html in stretches:
        if is_html or text.find("|", start, end) < 0:
            continue
        position = start
        while ruled := _RULED_LINE.search(text, position, end):
            position = ruled.end()
            if table := _table(text, ruled, start, end):
                position = table.rows[-1].end if table.rows else position
                yield table


def _table(text: str, ruled: re.Match[str], floor: int, limit: int) -> Table | None:
    """The table that a line of dashes and bars belongs to; None when the line above it is no header."""
    if "|" not in ruled[0] or not any(dash in ruled[0] for dash in f"-{_DASHES}"):
        return None
    delimiter = _row(text, ruled.start() + 1, limit)
    header_start = text.rfind("\n", floor, ruled.start()) + 1 or floor
    header = _row(text, _CONTAINER.match(text, header_start).end(), limit)  # type: ignore[union-attr]
    if not text[header.start : header.end].strip():
        return None
    parts = _parts(text[delimiter.start : delimiter.end])
    valid = header.cells == delimiter.cells and all(_DELIMITER.fullmatch(part) for part in parts)
    if not valid and not _PIPE.search(text, header.start, header.end):
        return None
    return Table(header, delimiter, tuple(_rows(text, delimiter.end, limit)) if valid else (), valid)


def _rows(text: str, position: int, limit: int) -> Iterator[Row]:
    while position < limit and not _ENDS_TABLE.match(text, position + 1):
        row = _row(text, position + 1, limit)
        yield row
        position = row.end


def _row(text: str, start: int, limit: int) -> Row:
    newline = text.find("\n", start, limit)
    end = newline if newline >= 0 else limit
    return Row(start, end, len(_parts(text[start:end])))


def _parts(line: str) -> list[str]:
    """Cells of a row; a bar parts them even in code, unless a backslash stands before it."""
    line = line.strip().removeprefix("|")
    if line.endswith("|") and not line.endswith("\\|"):
        line = line[:-1]
    return _PIPE.split(line)
