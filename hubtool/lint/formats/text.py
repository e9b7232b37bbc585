"""`--format text`: for people, with the source line and a caret under the place."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from itertools import accumulate

from hubtool.card.span import Span
from hubtool.lint.diagnostic import Diagnostic, Edit, Severity
from hubtool.lint.formats import Formatter, Totals
from hubtool.lint.formats.characters import visible, visible_character
from hubtool.words import counted

_INDENT = "    "
_WIDTH = 100
_CONTEXT = 40
"""Columns before a place that stay when a long line is cut, unless there is room for more."""
_TAB_STOP = 8
_CUT = "..."

_COLOURS = {Severity.ERROR: "31", Severity.WARNING: "33", Severity.INFO: "36"}
_BOLD = "1"
_DIM = "2"


class TextFormatter(Formatter):
    """Diagnostics with their excerpts, then a line of counts."""

    def __init__(self, *, colour: bool) -> None:
        self._colour = colour

    def render(self, shown: str, lines: Sequence[str], diagnostics: Sequence[Diagnostic]) -> str:  # noqa: ARG002
        return "".join(self._diagnostic(diagnostic, lines) for diagnostic in diagnostics)

    def end(self, totals: Totals) -> str:
        counts = [
            (totals.errors, Severity.ERROR),
            (totals.warnings, Severity.WARNING),
            (totals.infos, Severity.INFO),
        ]
        found = ", ".join(self._paint(_COLOURS[s], counted(n, s.value)) for n, s in counts if n)
        summary = f"{counted(totals.cards, 'card')}: {found or 'no problem'}\n"
        return ("\n" if found else "") + summary + _fixable(totals.fixable, totals.unsafely_fixable)

    def _diagnostic(self, diagnostic: Diagnostic, lines: Sequence[str]) -> str:
        span = diagnostic.span
        colour = _COLOURS[diagnostic.severity]
        place = f"{visible(diagnostic.path)}:{span.line}:{span.column}:"
        severity, code, message = diagnostic.severity.value, diagnostic.code, visible(diagnostic.message)
        if self._colour:
            place, severity, code = self._paint(_BOLD, place), self._paint(colour, severity), self._paint(_BOLD, code)
        header = f"{place} {severity} {code} {message}{self._mark(diagnostic.edit)}\n"
        if not 0 < span.line <= len(lines) or not lines[span.line - 1]:
            return header
        source, carets = excerpt(lines[span.line - 1], span)
        return f"{header}{source}\n{self._paint(colour, carets)}\n"

    def _mark(self, edit: Edit | None) -> str:
        if edit is None:
            return ""
        return " " + self._paint(_DIM, "[fixable]" if edit.safe else "[fixable, unsafe]")

    def _paint(self, colour: str, text: str) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self._colour else text


def _fixable(safe: int, unsafe: int) -> str:
    parts = [f"{safe:,} can be fixed with --fix"] if safe else []
    if unsafe:
        parts.append(f"{unsafe:,} {'more ' if safe else ''}can be fixed with --fix --unsafe-fixes")
    return ", ".join(parts) + "\n" if parts else ""


def excerpt(line: str, span: Span) -> tuple[str, str]:
    """A source line, cut around the place when it is long, and the line of carets to print below it.

    Tabs stay tabs, in both lines; characters that show nothing are written as escapes; wide ones count as two columns.
    """
    simple = len(line) <= _WIDTH and line.isascii() and line.isprintable()
    if simple and span.end_line == span.line and span.end_column <= len(line) + 1:
        return _INDENT + line, _INDENT + " " * (span.column - 1) + "^" * max(1, span.end_column - span.column)
    start = min(span.column - 1, len(line))
    end = len(line) if span.end_line > span.line else min(max(span.end_column - 1, start), len(line))
    # However long the line is, what is further away than this cannot be shown.
    first, last = max(0, start - _WIDTH), min(len(line), start + _WIDTH)
    cells = [char if char == "\t" else visible_character(char) for char in line[first:last]]
    start, end = start - first, min(end - first, len(cells))
    left, right = _window(cells, start)
    before = _CUT if left or first else ""
    after = _CUT if right < len(cells) or last < len(line) else ""
    source = f"{_INDENT}{before}{''.join(cells[left:right])}{after}"
    lead = _INDENT + " " * len(before) + "".join(c if c == "\t" else " " * _width(c) for c in cells[left:start])
    marked = "".join(cells[start : min(end, right)])
    return source, lead + "^" * max(1, _columns(marked, _columns(lead, 0)))


def _window(cells: Sequence[str], start: int) -> tuple[int, int]:
    """Which cells are shown: all when they fit, else those around the one where the place begins."""
    edges = [0, *accumulate(_TAB_STOP if cell == "\t" else _width(cell) for cell in cells)]
    if edges[-1] <= _WIDTH:
        return 0, len(cells)
    room_before = max(_CONTEXT, _WIDTH - (edges[-1] - edges[start]))
    left = next(index for index in range(start + 1) if edges[start] - edges[index] <= room_before)
    right = start
    while right < len(cells) and edges[right + 1] - edges[left] <= _WIDTH:
        right += 1
    return left, right


def _columns(text: str, at: int) -> int:
    """Columns that a text takes when it is printed from column `at` (from 0) on."""
    column = at
    for char in text:
        column += _TAB_STOP - column % _TAB_STOP if char == "\t" else _width(char)
    return column - at


def _width(text: str) -> int:
    if text.isascii():
        return len(text)
    return sum(_character_width(char) for char in text)


def _character_width(char: str) -> int:
    if unicodedata.category(char) in {"Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1
