"""The YAML that nearly every card has, read line by line: keys, plain values, and a list of files.

A YAML parser's events cost three times as much, and reading is half of checking. What is not exactly of this shape is
left to the parser; where this module gives an answer it is the parser's own, places included, and a test holds that.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from hubtool.card.span import Path, Span

Values = dict[str, Any]
Spans = dict[Path, Span]

_KEY_PATTERN = r"[A-Za-z\u4e00-\u9fff][\w.-]{0,60}(?: [\w.-]{1,60}){0,4}"
_KEY = re.compile(_KEY_PATTERN)
_LIST_LINE = re.compile(rf"( *)(-(?: +|(?=\r?\Z)))?(?:({_KEY_PATTERN}):(.*))?\r?")
_VALUE_STARTS = "<(/"  # and letters and digits: none of them means anything to YAML


def read_plain(text: str, first_line: int) -> tuple[Values, Spans, Spans] | None:
    """Values, their places and those of the keys, or None where a YAML parser has to look.

    Parameters
    ----------
    text
        The document.
    first_line
        Number of its first line, for the places.
    """
    # Tabs, comments, invisible characters and what YAML takes for a line end are left to the parser.
    if " #" in text or not text.replace("\r\n", "").replace("\n", "").isprintable():
        return None
    try:
        return _read(text, first_line)
    except _NotPlain:
        return None


class _NotPlain(Exception):
    pass


def _read(text: str, first_line: int) -> tuple[Values, Spans, Spans]:
    values: Values = {}
    spans: Spans = {}
    key_spans: Spans = {}
    files: _List | None = None  # the list behind the last key, while it is open
    key = ""
    for number, line in enumerate(text.split("\n"), first_line):
        if not line or (line[0] in " \r" and not line.strip(" \r")):
            continue
        name, colon, rest = line.partition(":")
        if not colon or not _is_key(name):
            if files is None:
                if values.get(key) != "":
                    raise _NotPlain
                files = _List(key, spans, key_spans)
                values[key] = files.items
            files.take(line, number)
            continue
        if files is not None:
            files.close(number)
            files = None
        if name in values:
            raise _NotPlain
        key = name
        values[key], spans[(key,)] = _value(rest, number, len(key) + 2)
        key_spans[(key,)] = Span(number, 1, number, len(key) + 1)
    if not values or line.isspace():  # where libyaml lets a list end before a blank last line is hard to tell
        raise _NotPlain
    end = number + bool(line)
    if files is not None:
        files.close(end)
    spans[()] = Span(next(iter(key_spans.values())).line, 1, end, 1)
    return values, spans, key_spans


@lru_cache(maxsize=256)  # the cards of a hub share their keys
def _is_key(text: str) -> bool:
    return _KEY.fullmatch(text) is not None


def _value(rest: str, line: int, column: int) -> tuple[str, Span]:
    """The value behind a colon, and its place; `rest` begins at `column`, which is the place of an empty value."""
    value = rest.strip(" \r")
    if value:
        start = value[0]
        plain = rest[0] == " " and (start.isalnum() or start in _VALUE_STARTS)
        if not plain or value[-1] == ":" or ": " in value:
            raise _NotPlain
        column += len(rest) - len(rest.lstrip(" "))
    return value, Span(line, column, line, column + len(value))


@dataclass
class _List:
    """An open list of mappings; like every collection, it ends where the next thing begins."""

    key: str
    spans: Spans
    key_spans: Spans
    items: list[Values] = field(default_factory=list)
    start: tuple[int, int] = (0, 0)
    item_start: tuple[int, int] | None = None  # None between a dash and the first key behind it

    def take(self, line: str, number: int) -> None:
        match = _LIST_LINE.fullmatch(line)
        if match is None:
            raise _NotPlain
        indent, dash, key, rest = match.groups()
        if dash is not None:
            self._open_item(number, len(indent) + 1)
        if key is None:
            if dash is None:
                raise _NotPlain
            return
        column = match.start(3) + 1
        self._check_key(number, column)
        if key in self.items[-1]:
            raise _NotPlain
        path = (self.key, len(self.items) - 1, key)
        self.key_spans[path] = Span(number, column, number, column + len(key))
        self.items[-1][key], self.spans[path] = _value(rest, number, column + len(key) + 1)

    def close(self, line: int) -> None:
        """End the list on a line that begins with something else."""
        self.spans[(self.key,)] = Span(*self.start, line, 1)
        self._close_item(line, 1)

    def _open_item(self, line: int, column: int) -> None:
        if not self.items:
            self.start = (line, column)
        elif column == self.start[1]:
            self._close_item(line, column)
        else:
            raise _NotPlain
        self.items.append({})

    def _check_key(self, line: int, column: int) -> None:
        """A key stands right of the dash, and below the first key of its item."""
        if self.item_start is None:
            self.item_start = (line, column)
        if not self.items or column <= self.start[1] or column != self.item_start[1]:
            raise _NotPlain

    def _close_item(self, line: int, column: int) -> None:
        if self.item_start is None:
            raise _NotPlain
        self.spans[(self.key, len(self.items) - 1)] = Span(*self.item_start, line, column)
        self.item_start = None
