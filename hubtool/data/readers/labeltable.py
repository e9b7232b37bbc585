"""A table of images and labels as tools write it, whatever its delimiter, header and columns.

The images that are there tell how to read it: the delimiter and the column are those that give most of their names.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from hubtool.data.labelspace import whole_numbers
from hubtool.data.samples import IMAGE_EXTENSIONS, UNDECODED_EXTENSIONS
from hubtool.data.synsets import are_synsets

_HEAD = 200
"""Rows that decide on the delimiter and the column of images."""
_FILE_HEADERS = frozenset(
    str.split(
        "file filename image imageid imagename imagepath imagefile images imagefilename img imgid imgname imgpath id "
        "name path filepath fname picture photo sample"
    )
)
_LABEL_HEADERS = (
    *str.split("label labels class target category groundtruth gt truelabel"),
    *str.split("labelid labelidx labelindex classid classidx classindex categoryid targetid"),
    *str.split("synset wnid wordnetid predictionstring classname labelname categoryname classlabel tag"),
)
"""What the column of labels is called, letters only, the best name first."""
_KAGGLE = "predictionstring"
_INDEX_HEADER = re.compile(r"|index|unnamed:? ?[0-9]+|level_[0-9]+|\#", re.IGNORECASE)
_EXTENSIONS = IMAGE_EXTENSIONS | UNDECODED_EXTENSIONS
_EXCEL = re.compile("sep=.", re.IGNORECASE)


class NotATable(ValueError):
    """A text that gives no label for each image in it; the message says where and why."""


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
    first_row
        Number of the row that they begin with, from 1: 2 after a header.
    """

    names: list[str]
    labels: list[str]
    first_row: int = 1


def read_table(lines: Sequence[str], images: Sequence[str], *, comma: bool = False) -> LabelTable:
    """The images and labels of a table.

    Parameters
    ----------
    lines
        Without blank ones.
    images
        Names of those that are there, without folders.
    comma
        Whether to read it by commas where no image that is there is named in it; by blanks otherwise.

    Raises
    ------
    NotATable
        A row has no image or no label, or quotes do not match.
    ManyColumns
        It is not certain which column the labels are in.
    """
    lines = _without_comments(lines, images)
    keys = _keys(images)
    best, column, most = (_by(",") if comma else _last_blank), 0, 0
    for split in _splitters():
        try:
            found, hits = _file_column(split(lines[:_HEAD]), keys)
        except csv.Error:
            continue
        if hits > most:
            best, column, most = split, found, hits
    try:
        rows = best(lines)
    except csv.Error as error:
        raise NotATable(f"not valid CSV: {error}") from error
    return _chosen(rows, column, keys)


def mentions(lines: Sequence[str], images: Sequence[str]) -> bool:
    """Whether a text is a table with the names of some of these images in a column, and others beside it."""
    keys = _keys(images)
    for split in _splitters():
        try:
            rows = split(lines[:_HEAD])
        except csv.Error:
            continue
        if _file_column(rows, keys)[1] and all(len(row) > 1 for row in rows):
            return True
    return False


def file_name(cell: str) -> str:
    """The name of a file in a cell, without folders, which may be Windows's."""
    return PurePosixPath(cell.replace("\\", "/")).name


def has_extension(name: str) -> bool:
    """Whether a name ends as that of an image does."""
    return PurePosixPath(name).suffix.lower() in _EXTENSIONS


def _keys(images: Sequence[str]) -> set[str]:
    """What a cell may call an image: its name, or the name without its extension, in any case."""
    return {key.casefold() for image in images for key in (image, PurePosixPath(image).stem)}


def _names_image(cell: str, keys: set[str]) -> bool:
    name = file_name(cell).casefold()
    return name in keys or (has_extension(name) and PurePosixPath(name).stem in keys)


def _without_comments(lines: Sequence[str], images: Sequence[str]) -> Sequence[str]:
    """The lines from the first one on that is no comment, and not the `sep=;` of a spreadsheet."""
    for place, line in enumerate(lines):
        comment = line.startswith("#") and not any(image.startswith("#") for image in images)
        if not comment and not _EXCEL.fullmatch(line):
            return lines[place:]
    return lines


def _splitters() -> tuple[Callable[[Sequence[str]], list[list[str]]], ...]:
    """Ways to take lines apart, the likeliest first."""
    return (*map(_by, ",;\t|"), _last_blank, _blanks, _by(" "), _first_blank)


def _by(delimiter: str) -> Callable[[Sequence[str]], list[list[str]]]:
    def split(lines: Sequence[str]) -> list[list[str]]:
        rows = csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=True)
        return [[cell.strip() for cell in row] for row in rows]

    return split


def _last_blank(lines: Sequence[str]) -> list[list[str]]:
    return [[_unquoted(cell) for cell in line.rsplit(maxsplit=1)] for line in lines]


def _first_blank(lines: Sequence[str]) -> list[list[str]]:
    return [[_unquoted(cell) for cell in line.split(maxsplit=1)] for line in lines]


def _blanks(lines: Sequence[str]) -> list[list[str]]:
    return [[_unquoted(cell) for cell in line.split()] for line in lines]


def _unquoted(cell: str) -> str:
    return cell[1:-1] if len(cell) > 1 and cell[0] == cell[-1] and cell[0] in "\"'" else cell


def _file_column(rows: Sequence[Sequence[str]], keys: set[str]) -> tuple[int, int]:
    """The column that names most images, and how many it names."""
    width = max(map(len, rows), default=0)
    hits = [sum(len(row) > column and _names_image(row[column], keys) for row in rows) for column in range(width)]
    most = max(hits, default=0)
    return (hits.index(most), most) if most else (0, 0)


def _chosen(rows: list[list[str]], files: int, keys: set[str]) -> LabelTable:
    if len(rows) > 1 and {len(row) for row in rows[1:]} == {len(rows[0]) + 1}:
        rows[0].insert(0, "")  # R writes no header above the names of rows
    header = _header(rows, files, keys)
    body = rows[1:] if header else rows
    labels = _label_column(body, files, header)
    names, values = [], []
    first_row = 2 if header else 1
    for number, row in enumerate(body, start=first_row):
        cells = [row[column] if column < len(row) else "" for column in (files, labels)]
        too_many = header is None and len(row) > len(rows[0])
        if not all(cells) or too_many:
            raise NotATable(f"row {number}: not a file and a label")
        names.append(file_name(cells[0]))
        values.append(cells[1].split()[0] if header and _plain(header[labels]) == _KAGGLE else cells[1])
    if not names:
        raise NotATable("a header and no row")
    return LabelTable(names, values, first_row)


def _header(rows: Sequence[list[str]], files: int, keys: set[str]) -> list[str] | None:
    """The first row if it is no image's."""
    first = rows[0]
    if len(first) <= files or len(first) < 2 or _names_image(first[files], keys) or has_extension(first[files]):
        return None
    if _plain(first[files]) in _FILE_HEADERS or any(_plain(cell) in _LABEL_HEADERS for cell in first):
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
    others = [column for column in range(width) if column != files and any(_cells(rows[:_HEAD], column))]
    if header:
        named = [column for name in _LABEL_HEADERS for column in others if _plain(header[column]) == name]
        whole = [column for column in named if whole_numbers(_cells(rows, column)) is not None]
        if named:
            return _agreed(rows, named, whole, header)
    if len(others) > 1:
        indexes = [column for column in others if _is_index(rows, column, header)]
        others = [column for column in others if column not in indexes] or others
    synsets = [column for column in others if are_synsets(_cells(rows[:_HEAD], column))]
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
    numbers, names = _cells(rows, whole[0]), _cells(rows, next(column for column in named if column not in whole))
    pairs = set(zip(numbers, names, strict=True))
    if len(pairs) == len(set(numbers)) == len(set(names)) and 0 in (whole_numbers(numbers) or ()):
        return whole[0]
    raise ManyColumns(", ".join(header[column] for column in named))


def _is_index(rows: Sequence[Sequence[str]], column: int, header: Sequence[str] | None) -> bool:
    """Whether a column only counts the rows, as pandas writes it."""
    numbers = whole_numbers(_cells(rows, column))
    if numbers is None or len(numbers) < 2 or (header and not _INDEX_HEADER.fullmatch(header[column])):
        return False
    return header is not None or numbers in (list(range(len(rows))), list(range(1, len(rows) + 1)))


def _cells(rows: Sequence[Sequence[str]], column: int) -> list[str]:
    return [row[column] if column < len(row) else "" for row in rows]


def _plain(cell: str) -> str:
    """Letters of a header's cell: `Image_ID` and `imageId` are one."""
    return re.sub(r"[\W\d_]+", "", cell.casefold())
