"""Text taken apart into rows and cells, whatever the delimiter, by the images that are there.

No delimiter is guessed from the text alone: the one that counts, and the column of images, are those that give most of
the images' names.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from hubtool.data.labelspace import whole_numbers
from hubtool.data.readers.headers import FILE_HEADERS, LABEL_HEADERS, is_index_header, plain
from hubtool.data.samples import IMAGE_EXTENSIONS, UNDECODED_EXTENSIONS

_HEAD = 200
"""Number of rows that decide on the delimiter and the column of images."""
_EXTENSIONS = IMAGE_EXTENSIONS | UNDECODED_EXTENSIONS
_EXCEL = re.compile("sep=.", re.IGNORECASE)
_Splitter = Callable[[Sequence[str]], list[list[str]]]
_Score = tuple[int, int, int, bool]


class NotATable(ValueError):
    """A text that gives no label for each image in it; the message says where and why."""


class ImageNames:
    """The names of the images that are there, without folders."""

    def __init__(self, images: Sequence[str]):
        self._exact = {_key(image) for image in images}
        self._stems = {_key(PurePosixPath(image).stem) for image in images}

    def exact(self, cell: str) -> bool:
        """Whether a cell is the name of one, in any case."""
        return _key(file_name(cell)) in self._exact

    def loose(self, cell: str) -> bool:
        """Whether a cell is the name of one, without the extension or with another one."""
        name = _key(file_name(cell))
        return name in self._stems or (has_extension(name) and PurePosixPath(name).stem in self._stems)


@dataclass(frozen=True, slots=True)
class Rows:
    """A text taken apart.

    Attributes
    ----------
    cells
        Row by row, without quotes and blanks around them.
    files
        The column of images.
    names
        Of those that are there.
    """

    cells: list[list[str]]
    files: int
    names: ImageNames


def rows_of(lines: Sequence[str], images: Sequence[str], *, comma: bool = False) -> Rows:
    """The rows of a text whose lines are not blank.

    Parameters
    ----------
    comma
        Whether to read it by commas where no image that is there is named in it; by blanks otherwise.

    Raises
    ------
    NotATable
        Quotes do not match.
    """
    lines = _without_comments(lines, images)
    names = ImageNames(images)
    found = _best(lines, names)
    split, column = found or ((_by(",") if comma else _last_blank), 0)
    try:
        return Rows(split(lines), column, names)
    except csv.Error as error:
        raise NotATable(f"not valid CSV: {error}") from error


def mentions(lines: Sequence[str], images: Sequence[str]) -> bool:
    """Whether a text is a table with the names of some of these images in a column, and others beside it."""
    found = _best(lines, ImageNames(images))
    return found is not None and all(len(row) > 1 for row in found[0](lines[:_HEAD]))


def file_name(cell: str) -> str:
    """The name of a file in a cell, without folders, which may be Windows's."""
    return PurePosixPath(cell.replace("\\", "/")).name


def has_extension(name: str) -> bool:
    """Whether a name ends as that of an image does."""
    return PurePosixPath(name).suffix.lower() in _EXTENSIONS


def _key(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def cells_of(rows: Sequence[Sequence[str]], column: int) -> list[str]:
    """A column; empty where a row is too short for it."""
    return [row[column] if column < len(row) else "" for row in rows]


def counts_rows(cells: Sequence[str]) -> bool:
    """Whether cells count from 0 or 1, and there are some."""
    return len(cells) > 1 and whole_numbers(cells) in (list(range(len(cells))), list(range(1, len(cells) + 1)))


def _best(lines: Sequence[str], names: ImageNames) -> tuple[_Splitter, int] | None:
    """How to take lines apart, and the column of images; None if no row says, at the top or elsewhere."""
    return _best_by(lines[:_HEAD], names) or _best_by(lines[:: len(lines) // _HEAD or 1], names)


def _best_by(lines: Sequence[str], names: ImageNames) -> tuple[_Splitter, int] | None:
    best, most = None, (0, 0)
    for split in (*map(_by, ",;\t|"), _last_blank, _blanks, _by(" "), _first_blank):  # the likeliest first
        try:
            rows = split(lines)
        except csv.Error:
            continue
        scores = [_score(rows, column, names) for column in range(max(map(len, rows), default=0))]
        highest = max(scores, default=(0, 0, 0, False))
        if highest[:2] > most:
            best, most = (split, scores.index(highest)), highest[:2]
    return best


def _score(rows: Sequence[Sequence[str]], column: int, names: ImageNames) -> _Score:
    """How much a column is that of images: names of some, the same but for extensions, its header, and no counting."""
    cells = cells_of(rows, column)
    header = cells[0] if cells else ""
    called = (plain(header) in FILE_HEADERS) - (plain(header) in LABEL_HEADERS or is_index_header(header))
    counting = max(map(len, rows)) > 2 and counts_rows(cells)
    return sum(map(names.exact, cells)), sum(map(names.loose, cells)), called, not counting


def _without_comments(lines: Sequence[str], images: Sequence[str]) -> Sequence[str]:
    """The lines from the first one on that is no comment, and not the `sep=;` of a spreadsheet."""
    for place, line in enumerate(lines):
        comment = line.startswith("#") and not any(image.startswith("#") for image in images)
        if not comment and not _EXCEL.fullmatch(line):
            return lines[place:]
    return lines


def _by(delimiter: str) -> _Splitter:
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
