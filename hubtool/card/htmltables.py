"""HTML tables: rows of cells as they stand in the text, with cells that span several rows or columns repeated."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

_TAG = re.compile(r"<(?P<end>/?)(?P<name>table|thead|tr|td|th)\b(?P<rest>[^<>]*)>", re.IGNORECASE)
_SPAN = re.compile(r"\b(?P<way>row|col)span\s*=\s*[\"']?(?P<count>\d{1,3})", re.IGNORECASE)
_INNER_TAG = re.compile(r"\s*<[^<>]*>\s*")
_MOST_COLUMNS = 200


class Source(NamedTuple):
    """What stands in a cell, and the offsets of its first and behind its last visible sign."""

    text: str
    start: int
    end: int


@dataclass
class _Rows:
    """The rows of a table as they are read."""

    rows: list[list[Source]] = field(default_factory=list)
    header_rows: int = 1
    # Cells of the rows above that reach down: by column, the cell and how many more rows it fills.
    pending: dict[int, tuple[Source, int]] = field(default_factory=dict)

    def begin_row(self, *, in_head: bool) -> None:
        self.rows.append([])
        if in_head:
            self.header_rows = max(self.header_rows, len(self.rows))
        self._fill()

    def add(self, source: Source, rest: str) -> None:
        spans = {match["way"].casefold(): int(match["count"]) for match in _SPAN.finditer(rest)}
        down = max(1, spans.get("row", 1))
        if len(self.rows) == 1:
            self.header_rows = max(self.header_rows, down)
        for _ in range(max(1, spans.get("col", 1))):
            row = self.rows[-1]
            if len(row) >= _MOST_COLUMNS:
                return
            if down > 1:
                self.pending[len(row)] = (source, down - 1)
            row.append(source)
            self._fill()

    def _fill(self) -> None:
        row = self.rows[-1]
        while len(row) in self.pending and self.pending[len(row)][1] > 0:
            source, left = self.pending[len(row)]
            self.pending[len(row)] = (source, left - 1)
            row.append(source)

    def table(self) -> list[list[Source]]:
        """The rows, those of the header joined into one."""
        rows = [row for row in self.rows if row]
        count = min(self.header_rows, len(rows))
        if count < 2:
            return rows
        width = max(len(row) for row in rows[:count])
        header = [_joined([row[column] for row in rows[:count] if column < len(row)]) for column in range(width)]
        return [header, *rows[count:]]


def html_tables(text: str) -> Iterator[tuple[int, list[list[Source]]]]:
    """The tables of a text without comments and code, with the offsets where they begin.

    A table within a table ends the outer one.
    """
    rows: _Rows | None = None
    start = cell_start = -1
    rest = ""
    in_head = False
    for tag in _TAG.finditer(text):
        name, ends = tag["name"].casefold(), bool(tag["end"])
        if rows is not None and cell_start >= 0:  # any of these tags ends the cell before it
            rows.add(_source(text, cell_start, tag.start()), rest)
            cell_start = -1
        if name == "table":
            if rows is not None and rows.rows:
                yield start, rows.table()
            rows, start, in_head = (None if ends else _Rows()), tag.start(), False
        elif rows is None:
            continue
        elif name == "thead":
            in_head = not ends
        elif name == "tr" and not ends:
            rows.begin_row(in_head=in_head)
        elif name in {"td", "th"} and not ends:
            if not rows.rows:
                rows.begin_row(in_head=in_head)
            cell_start, rest = tag.end(), tag["rest"]
    if rows is not None and rows.rows:
        yield start, rows.table()


def _source(text: str, start: int, end: int) -> Source:
    content = text[start:end]
    first = start + len(content) - len(content.lstrip())
    while (tag := _INNER_TAG.match(text, first, end)) and tag.end() < end:
        first = tag.end()
    visible = text[first:end].partition("<")[0].rstrip()
    return Source(content.strip(), first, first + len(visible))


def _joined(cells: list[Source]) -> Source:
    """One heading of the stacked ones of a column, each once."""
    texts = dict.fromkeys(cell.text for cell in cells)
    return Source(" ".join(texts), cells[-1].start, cells[-1].end)
