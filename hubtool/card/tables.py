"""The results tables of a card's body: one variant for each model, each with its own claims.

Figures of quality (accuracy, mAP, PSNR, ...) become metrics. Figures of speed (ms/step, img/s, FPS) do not: they
depend on the machine, and cannot be checked against a file. A table may have its models in rows or in columns. What
looks like a figure and is not read is told, with its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Literal, NamedTuple

from hubtool.card.bodytables import About, Line, Table, tables_of
from hubtool.card.cell import Cell
from hubtool.card.cellfigures import Reading, read_figures
from hubtool.card.columns import Column, Figure, columns_of, names_quality
from hubtool.card.fractions import in_percent
from hubtool.card.metrics import Metric, decimals
from hubtool.card.names import says_none
from hubtool.card.params import Published
from hubtool.card.record import Asset, Variant, digest_in_link
from hubtool.card.span import Span

_MAKES_ROWS: dict[About, set[str]] = {"results": {"figure", "params", "download"}, "files": {"figure"}, "": set()}
"""Columns of which a table needs one, beside the models: links alone are claims only among results."""
_WEIGHTS_FILE = re.compile(r"\.(?:ckpt|mindir|air|om|onnx|safetensors|pth?|bin|tar|zip|npz)$", re.IGNORECASE)
_COUNT = re.compile(r"(?P<value>[0-9]+(?:\.[0-9]+)?|\.[0-9]+)\s*(?P<unit>[A-Za-z]{1,4})?[\s*†‡↑↓]*(?:\([^()]*\))?")
_THOUSANDS = re.compile(r",(?=[0-9]{3}(?![0-9]))")
_POWERS_OF_MILLION = {"k": -3, "m": 0, "million": 0, "millions": 0, "b": 3, "g": 3}
"""Units of numbers of parameters, as powers of ten of a million."""
_LEAST_RAW_COUNT = 100_000  # no network has that many millions of parameters
_NUMBER_ALONE = re.compile(
    r"[~<>≈]?\s*[-+]?[0-9]+(?:[.,][0-9]+)?\s*%?[\s*†‡↑↓]*|[0-9]+\.[0-9]+\s*%?(?:\s*[/|±,(]\s*[-+±]?[0-9]+\.[0-9]+\s*%?\s*\)?)+"
)
_SETTING = re.compile(r"values?|settings?|defaults?|值|取值|参数值|默认值?", re.IGNORECASE)
_DECIMALS_OR_PERCENT = re.compile(r"[0-9]+(?:[.,][0-9]+\s*%?|\s*%)")
_MARKS_BEHIND = re.compile(r"[\s*†‡§¶]+$")


@dataclass(frozen=True, slots=True)
class Unread:
    """Figures of a table that were not read, and why.

    Attributes
    ----------
    kind
        `cell` for a cell of a column of figures; `column` for numbers below a heading that names no known figure;
        `table` for figures of a table that is not read at all.
    """

    kind: Literal["cell", "column", "table"]
    span: Span
    message: str


class Results(NamedTuple):
    """What the tables of a card say: their rows, and the figures that were not read."""

    rows: tuple[Variant, ...]
    unread: tuple[Unread, ...]


def read_results(body: str, first_line: int) -> Results:
    """The models of all tables in a section such as Results, with what each table says about them.

    A row whose columns are about several datasets is one variant for each.

    Parameters
    ----------
    body
        Markdown after the front matter.
    first_line
        Line number of the body's first line in the file.
    """
    rows: list[Variant] = []
    unread: list[Unread] = []
    for table in tables_of(body, first_line):
        lines, columns = _upright(table.lines)
        roles = {column.role for column in columns}
        if "model" in roles and roles & _MAKES_ROWS[table.about]:
            reader = _Reader(columns, lines)
            rows += reader.variants()
            unread += reader.unread
        else:
            unread += _unread_table(table, columns, lines)
            if table.about == "results" and "model" in roles:
                unread += _unknown_columns(columns, lines[1:])
    return Results(tuple(rows), tuple(unread))


def _upright(lines: list[Line]) -> tuple[list[Line], list[Column]]:
    """The lines with a model each, below their header; models may also be columns of the table."""
    columns = columns_of(lines[0])
    across = {column.role for column in columns[1:]}
    down_columns = columns_of([line[0] for line in lines if line])
    down = {column.role for column in down_columns}
    if across & {"figure", "params", "download"} or not ("model" in down and down & {"figure", "params"}):
        return lines, columns
    empty = Cell("", (), Span(1, 1, 1, 1))
    turned = [list(line) for line in zip_longest(*lines, fillvalue=empty)]
    columns = columns_of(turned[0])
    model = next(index for index, column in enumerate(columns) if column.role == "model")
    return [line for line in turned if line is turned[0] or line[model].text], columns


class _Reader:
    """Reads one table."""

    def __init__(self, columns: Sequence[Column], lines: Sequence[Line]):
        self.columns, self.lines = columns, lines[1:]
        self.unread: list[Unread] = []

    def variants(self) -> Iterator[Variant]:
        """The models, and of each what the table says."""
        readings = [self._readings(line) for line in self.lines]
        name = ""
        for line, pairs in zip(self.lines, self._scaled(readings), strict=True):
            for variant in self._variants(line, name, pairs):
                if variant.model:
                    name = variant.model
                    yield variant
                elif pairs:
                    message = "the figures of a row without a model are not read: write its name"
                    self.unread.append(Unread("cell", pairs[0][0].span or variant.model_span, message))
        self.unread += _unknown_columns(self.columns, self.lines)

    def _readings(self, line: Line) -> list[Reading]:
        readings = []
        for column, cell in zip(self.columns, line, strict=False):
            if column.role != "figure":
                continue
            reading = read_figures(column, cell)
            readings.append(reading)
            if reading.unread:
                self.unread.append(Unread("cell", cell.span, f"`{_shown(cell.text)}`: {reading.unread}"))
        return readings

    @staticmethod
    def _scaled(readings: Sequence[Sequence[Reading]]) -> Iterator[list[tuple[Metric, Figure | None]]]:
        """The figures of each row, in percent where all accuracies of their column are fractions."""
        percent: dict[Metric, Metric] = {}
        for column in zip_longest(*readings, fillvalue=Reading(())):
            metrics = [m for cell in column for m, figure in cell.metrics if figure and not figure.percent]
            percent.update(zip(metrics, in_percent(metrics), strict=True))
        for row in readings:
            yield [(percent.get(metric, metric), figure) for cell in row for metric, figure in cell.metrics]

    def _variants(self, line: Line, above: str, pairs: Sequence[tuple[Metric, Figure | None]]) -> Iterator[Variant]:
        whole = self._variant(line, above)
        datasets = dict.fromkeys(figure.dataset if figure else None for _, figure in pairs) or {None: None}
        for dataset in datasets:
            metrics = tuple(metric for metric, figure in pairs if (figure.dataset if figure else None) == dataset)
            yield replace(whole, metrics=metrics, dataset=dataset or whole.dataset)

    def _variant(self, line: Line, name_above: str) -> Variant:
        first: dict[str, Cell] = {}
        for column, cell in zip(self.columns, line, strict=False):
            if cell.text or cell.links:
                first.setdefault(column.role, cell)
        model = first.get("model")
        params = next(_params(self.columns, line), None)
        context, recipe, dataset = (first.get(role) for role in ("context", "recipe", "dataset"))
        return Variant(
            model=_name(model) if model else name_above,
            context=context.text if context else None,
            metrics=(),
            params=params[0] if params else None,
            recipe=next(iter(recipe.links), None) if recipe else None,
            asset=_asset(first.get("download"), line),
            model_span=(model or line[0]).span,
            dataset=dataset.text if dataset and not says_none(dataset.text) else None,
            params_span=params[1] if params else None,
        )


def _unknown_columns(columns: Sequence[Column], lines: Sequence[Line]) -> Iterator[Unread]:
    """Columns of numbers with a heading that names no figure, and none of what is no claim either."""
    for number, column in enumerate(columns):
        cells = [line[number] for line in lines if number < len(line)]
        if column.role == "" and any(_NUMBER_ALONE.fullmatch(cell.text) for cell in cells):
            heading = _shown(column.heading.text)
            message = f"the numbers below `{heading}` are not read: name what they measure, such as `Top-1 (%)`"
            yield Unread("column", column.heading.span, message)


def _unread_table(table: Table, columns: Sequence[Column], lines: Sequence[Line]) -> Iterator[Unread]:
    """That figures of a table are not read: it stands elsewhere, or names no model."""
    place = next((cell.span for cell in lines[0] if cell.text), None)
    could_be = table.about == "results" and all(column.role != "model" for column in columns)
    if place is None or not (_holds_figures(columns, lines) or (could_be and _holds_percentages(columns, lines[1:]))):
        return
    if not table.about:
        message = f"figures of a table under `{_shown(table.section)}` are not read: call the section Results"
    else:
        message = "figures of a table that names no model are not read: add a column `Model`"
    yield Unread("table", place, message)


def _holds_figures(columns: Sequence[Column], lines: Sequence[Line]) -> bool:
    """Whether numbers stand below, or beside, the name of a figure of quality."""
    for line in lines[1:]:
        for column, cell in zip(columns, line, strict=False):
            if column.role == "figure" and any(metric for metric in read_figures(column, cell).metrics):
                return True
        if line and names_quality(line[0].text) and any(_DECIMALS_OR_PERCENT.fullmatch(cell.text) for cell in line[1:]):
            return True
    return False


def _holds_percentages(columns: Sequence[Column], lines: Sequence[Line]) -> bool:
    """Whether numbers such as 76.81 or 77 % stand below headings that may name datasets or models."""
    return any(
        column.role == "" and not _SETTING.fullmatch(column.heading.text) and _DECIMALS_OR_PERCENT.fullmatch(cell.text)
        for line in lines
        for column, cell in zip(columns, line, strict=False)
    )


def _name(cell: Cell) -> str:
    return _MARKS_BEHIND.sub("", cell.text.replace("\n", " ")) or cell.text


def _shown(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 40 else f"{line[:37]}..."


def _params(columns: Sequence[Column], line: Sequence[Cell]) -> Iterator[tuple[Published, Span]]:
    """Numbers of parameters: `25.55` under Params(M), `25.6M`, `850K`, `25,549,352`."""
    for column, cell in zip(columns, line, strict=False):
        written = _THOUSANDS.sub("", cell.text).replace(",", ".")
        match = _COUNT.fullmatch(written) if column.role == "params" else None
        if match:
            count, digits = float(match["value"]), decimals(match["value"])
            unit = (match["unit"] or column.unit_of_params or "m").casefold()
            if not match["unit"] and count >= _LEAST_RAW_COUNT:
                yield Published(count / 1e6, digits + 6), cell.span
            elif unit in _POWERS_OF_MILLION:
                shift = _POWERS_OF_MILLION[unit]
                yield Published(count * 10.0**shift, digits - shift), cell.span


def _asset(download: Cell | None, line: Sequence[Cell]) -> Asset | None:
    """The file of a row: the checkpoint its download cell links, else any link of the row to a file of weights."""
    links = download.links if download else ()
    everywhere = (link for cell in line for link in cell.links if _WEIGHTS_FILE.search(_path(link)))
    link = next((link for link in links if _path(link).endswith(".ckpt")), None) or next(iter(links), None)
    link = link or next(everywhere, None)
    if link is None:
        return None
    return Asset(_path(link).rsplit(".", 1)[-1].casefold(), link, digest_in_link(link))


def _path(link: str) -> str:
    return re.split(r"[?#]", link, maxsplit=1)[0]
