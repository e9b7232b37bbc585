"""A table of images and labels as tools write it, whatever its delimiter, header and columns.

The images that are there tell how to read it: the delimiter and the column are those that give most of their names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hubtool.data.labelspace import whole_numbers
from hubtool.data.readers.delimited import (
    ImageNames,
    NotATable,
    cells_of,
    counts_rows,
    file_name,
    has_extension,
    rows_of,
)
from hubtool.data.readers.headers import (
    FILE_HEADERS,
    KAGGLE_LABELS,
    LABEL_HEADERS,
    PREDICTED_HEADERS,
    is_index_header,
    plain,
)
from hubtool.data.readers.splitrows import Chosen, is_split_column, rows_of_split
from hubtool.data.splitnames import TEST, VALIDATION
from hubtool.data.synsets import are_synsets

_HEAD = 200
"""Rows by which columns are told apart."""


class ManyColumns(ValueError):
    """A table with several columns that may be the labels; the message names them."""


@dataclass(frozen=True, slots=True)
class LabelTable:
    """What a table says, row by row.

    Attributes
    ----------
    names
        Of images, without folders, as written.
    labels
        As written, without quotes and blanks around them.
    rows
        Number of each row, from 1; the header counts.
    others
        Names of images that only rows of other splits are about.
    note
        See `hubtool.data.readers.splitrows.Chosen`.
    """

    names: list[str]
    labels: list[str]
    rows: list[int]
    others: frozenset[str] = frozenset()
    note: str = ""


def read_table(
    lines: Sequence[str],
    images: Sequence[str],
    *,
    comma: bool = False,
    splits: Sequence[str] = (VALIDATION, TEST),
) -> LabelTable:
    """The images and labels of a table.

    Parameters
    ----------
    lines
        Without blank ones.
    images
        Names of those that are there, without folders.
    comma
        Whether to read it by commas where no image that is there is named in it; by blanks otherwise.
    splits
        The splits that will do, the best one first, where the table is about several.

    Raises
    ------
    NotATable
        A row has no image or no label, or more than one label; or quotes do not match.
    ManyColumns
        It is not certain which column the labels are in.
    NoSplit
        It is about several splits, and none can be chosen.
    """
    found = rows_of(lines, images, comma=comma)
    rows, files = found.cells, found.files
    if len(rows) > 1 and {len(row) for row in rows[1:]} == {len(rows[0]) + 1}:
        rows[0].insert(0, "")  # R writes no header above the names of rows
    header = _header(rows, files, found.names)
    body = rows[1:] if header else rows
    labels = _label_column(body, files, header)
    if not body:
        raise NotATable("a header and no row")
    chosen = _chosen(body, files, labels, header, splits)
    names, values, numbers = [], [], []
    for place in chosen.rows:
        row, number = body[place], place + (2 if header else 1)
        cells = [row[column] if column < len(row) else "" for column in (files, labels)]
        too_many = header is None and len(row) > len(rows[0])
        if not all(cells) or too_many:
            raise NotATable(f"row {number}: not a file and a label")
        names.append(file_name(cells[0]))
        is_kaggle = header and plain(header[labels]) == KAGGLE_LABELS
        values.append(_kaggle_label(cells[1], number) if is_kaggle else cells[1])
        numbers.append(number)
    others = frozenset(map(file_name, cells_of(body, files))) - set(names) if chosen.note else frozenset()
    return LabelTable(names, values, numbers, others, chosen.note)


def _chosen(
    rows: Sequence[Sequence[str]], files: int, labels: int, header: Sequence[str] | None, splits: Sequence[str]
) -> Chosen:
    """The rows of the split that is evaluated."""
    called = header or [f"column {number}" for number in range(1, max(map(len, rows)) + 1)]
    columns = {
        name: cells
        for column, name in enumerate(called)
        if column not in {files, labels} and is_split_column(name if header else "", cells := cells_of(rows, column))
    }
    return rows_of_split(columns, cells_of(rows, files), splits, len(rows))


def _kaggle_label(cell: str, number: int) -> str:
    """The one class of `n01440764 1 2 3 4 n01440764 5 6 7 8`: a class and a box, again and again."""
    classes = cell.split()[::5]
    if len(set(classes)) > 1:
        raise NotATable(f"row {number}: boxes of several classes: {', '.join(dict.fromkeys(classes))}")
    return classes[0]


def _header(rows: Sequence[list[str]], files: int, names: ImageNames) -> list[str] | None:
    """The first row if it is no image's."""
    first = rows[0]
    if (
        len(first) <= files
        or len(first) < 2
        or names.exact(first[files])
        or names.loose(first[files])
        or has_extension(first[files])
    ):
        return None
    if plain(first[files]) in FILE_HEADERS or any(plain(cell) in LABEL_HEADERS for cell in first):
        return first
    # Neither is known. A row about an image that is not there has a label that others have, or is as they are.
    others = [row for row in rows[1:] if len(row) == len(first)]
    for column in (column for column in range(len(first)) if column != files):
        cells = [row[column] for row in others]
        alike = whole_numbers(cells) is not None or are_synsets(cells)
        if first[column] in cells or (alike and (whole_numbers([first[column]]) or are_synsets([first[column]]))):
            return None
    return first if others else None


def _label_column(rows: Sequence[Sequence[str]], files: int, header: Sequence[str] | None) -> int:
    """The column of labels: by its name, or else by what the others are not."""
    width = len(header) if header else max(map(len, rows), default=0)
    others = [column for column in range(width) if column != files and any(cells_of(rows[:_HEAD], column))]
    if header and (answers := [name for name in header if plain(name) in PREDICTED_HEADERS]):
        others = [column for column in others if header[column] not in answers]
        if not others:
            raise NotATable(f"column {answers[0]} holds answers of a network, not labels")
    if header:
        named = [column for name in LABEL_HEADERS for column in others if plain(header[column]) == name]
        whole = [column for column in named if whole_numbers(cells_of(rows, column)) is not None]
        if named:
            return _agreed(rows, named, whole, header)
    if len(others) > 1:
        others = [c for c in others if not is_split_column(header[c] if header else "", cells_of(rows, c))] or others
        indexes = [column for column in others if _is_index(rows, column, header)]
        others = [column for column in others if column not in indexes] or others
    synsets = [column for column in others if are_synsets(cells_of(rows[:_HEAD], column))]
    if len(synsets) == 1:
        return synsets[0]
    if len(others) > 1:
        called = header or [f"column {number}" for number in range(1, width + 1)]
        raise ManyColumns(", ".join(called[column] or "without a name" for column in others))
    return others[0] if others else width


def _agreed(rows: Sequence[Sequence[str]], named: list[int], whole: list[int], header: Sequence[str]) -> int:
    """Which of the columns that are called labels counts: numbers that begin at 0 go before names, they are outputs."""
    if not whole or len(whole) == len(named):
        return named[0]
    numbers, names = cells_of(rows, whole[0]), cells_of(rows, next(column for column in named if column not in whole))
    pairs = set(zip(numbers, names, strict=True))
    if len(pairs) == len(set(numbers)) == len(set(names)) and 0 in (whole_numbers(numbers) or ()):
        return whole[0]
    raise ManyColumns(", ".join(header[column] for column in named))


def _is_index(rows: Sequence[Sequence[str]], column: int, header: Sequence[str] | None) -> bool:
    """Whether a column only counts the rows, as pandas writes it."""
    cells = cells_of(rows, column)
    if header:
        return is_index_header(header[column]) and whole_numbers(cells) is not None
    return counts_rows(cells)
