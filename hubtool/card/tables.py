"""The results table of a card's body: one row for each checkpoint, each row with claims of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubtool.card.metrics import normalise

if TYPE_CHECKING:
    from markdown_it.token import Token

_DELIMITER_ROW = re.compile(r"^[ \t]*\|?[ \t]*:?-+:?[ \t]*\|[ \t|:-]*\r?$", re.MULTILINE)
_SECTIONS = re.compile(r"results?|performance|evaluation|benchmarks?", re.IGNORECASE)
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?")
_COLUMNS = {
    "model": "model",
    "name": "model",
    "network": "model",
    "context": "context",
    "recipe": "recipe",
    "config": "recipe",
    "download": "download",
    "weight": "download",
    "weights": "download",
    "checkpoint": "download",
    "ckpt": "download",
    "params": "params_m",
    "parameters": "params_m",
}


@dataclass(frozen=True, slots=True)
class Cell:
    """Text of a table cell, and the target of its first link."""

    text: str
    link: str | None


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a results table; `line` starts at 1 and counts from the top of the file.

    `top1` and `top5` are percentages; `params_m` counts millions of parameters.
    """

    line: int
    model: str
    context: str | None
    top1: float | None
    top5: float | None
    params_m: float | None
    recipe: str | None
    download: str | None


def results_rows(body: str, first_line: int) -> tuple[Row, ...]:
    """Rows of all tables with a model column in a section such as Results.

    Parameters
    ----------
    body
        Markdown after the front matter.
    first_line
        Line number of the body's first line in the file.
    """
    if not _DELIMITER_ROW.search(body):
        return ()  # most cards have no table, and the Markdown parser costs more than the whole rest
    rows: list[Row] = []
    for header, cells, line in _table_rows(body):
        columns = [_column(cell.text) for cell in header]
        by_column = dict(zip(columns, cells, strict=False))
        if model := by_column.get("model"):
            rows.append(_row(model.text, by_column, first_line + line))
    return tuple(rows)


def _column(heading: str) -> str:
    name = normalise(heading)
    return _COLUMNS.get(name, name)


def _row(model: str, cells: dict[str, Cell], line: int) -> Row:
    def text(column: str) -> str | None:
        return cells[column].text or None if column in cells else None

    def link(column: str) -> str | None:
        return cells[column].link if column in cells else None

    return Row(
        line=line,
        model=model,
        context=text("context"),
        top1=_number(text("top1")),
        top5=_number(text("top5")),
        params_m=_number(text("params_m")),
        recipe=link("recipe"),
        download=link("download"),
    )


def _number(text: str | None) -> float | None:
    match = _NUMBER.search(text) if text else None
    return float(match[0]) if match else None


def _table_rows(body: str) -> Iterator[tuple[list[Cell], list[Cell], int]]:
    """Header, cells and line (from 0) of each table row that stands in a results section."""
    from markdown_it import MarkdownIt

    tokens = MarkdownIt("commonmark").enable("table").parse(body)
    in_section = False
    header: list[Cell] = []
    cells: list[Cell] = []
    line = 0
    for index, token in enumerate(tokens):
        match token.type:
            case "heading_open":
                in_section = _section_after(tokens[index + 1], in_section, level=int(token.tag[1:]))
            case "tr_open":
                cells = []
                line = token.map[0] if token.map else line
            case "inline" if tokens[index - 1].type in {"th_open", "td_open"}:
                cells.append(_cell(token))
            case "thead_close":
                header = cells
            case "tr_close" if header and cells is not header and in_section:
                if tokens[index - 1].type == "td_close":
                    yield header, cells, line
            case "table_close":
                header = []


def _section_after(heading: Token, in_section: bool, *, level: int) -> bool:
    """Whether tables below a heading are results: a deeper heading stays inside its section."""
    if _SECTIONS.search(heading.content):
        return True
    return in_section and level > 2


def _cell(token: Token) -> Cell:
    children = token.children or []
    link = next((str(child.attrs["href"]) for child in children if child.type == "link_open"), None)
    text = "".join(child.content for child in children if child.type in {"text", "code_inline"})
    return Cell(text.strip(), link)
