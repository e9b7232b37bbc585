"""Which rows of a table belong to the split that is evaluated, where a table is about several splits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hubtool.data.clutter import shown
from hubtool.data.readers.headers import SPLIT_FLAGS, SPLIT_HEADERS, plain
from hubtool.data.splitnames import PLAIN_NAMES, TRAINING, split_in, split_named

_YES, _NO = frozenset({"1", "1.0", "true", "yes", "y"}), frozenset({"0", "0.0", "false", "no", "n"})
SPLIT_HINT = "give a table that holds only the rows of the split"
"""What to do about rows of several splits that cannot be told apart."""


class NoSplit(ValueError):
    """Rows of several splits, of which none can be chosen; the message says why."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The rows of one split.

    Attributes
    ----------
    rows
        Their places, from 0.
    note
        `6 of its 12 rows, those of the validation split`; empty where the table is about one split.
    """

    rows: Sequence[int]
    note: str = ""


def is_split_column(header: str, cells: Sequence[str]) -> bool:
    """Whether a column says which split each row is of: by its header, empty if it has none, or by its words."""
    called = plain(header)
    if called in SPLIT_HEADERS or (called in SPLIT_FLAGS and {cell.casefold() for cell in cells} <= _YES | _NO):
        return True
    return bool(cells) and all(cell.casefold() in PLAIN_NAMES for cell in cells)


def rows_of_split(
    columns: Mapping[str, Sequence[str]], paths: Sequence[str], splits: Sequence[str], count: int
) -> Chosen:
    """The rows of the first of these splits that a table has; all rows if it is about one split.

    Parameters
    ----------
    columns
        Cells by header of the columns that say which split a row is of, see `is_split_column`.
    paths
        Of the images, with folders. They tell the split where no column does and all of them name one.
    splits
        Those that will do, the best one first.
    count
        Number of rows.

    Raises
    ------
    NoSplit
        There is no row of these splits, columns do not agree, or a value names no split.
    """
    found = [_by_column(header, cells, splits[0]) for header, cells in columns.items() if _tells(cells)]
    if not found and not columns:
        by_path = [_of_path(path) for path in paths]
        found = [by_path] if len(set(by_path)) > 1 and all(by_path) else []
    if not found:
        return Chosen(range(count))
    if any(other != found[0] for other in found):
        raise NoSplit(f"several columns name splits: {', '.join(shown(columns))}")
    counts = Counter(found[0])
    for split in splits:
        if counts[split]:
            rows = [row for row, named in enumerate(found[0]) if named == split]
            return Chosen(rows, f"{len(rows):,} of its {count:,} rows, those of the {split} split")
    there = [f"{number:,} of {split}" for split, number in counts.items()]
    raise NoSplit(f"no row of the {' or '.join(splits)} split, but {', '.join(there)}")


def _tells(cells: Sequence[str]) -> bool:
    """Whether a column matters: one value for all rows does only where it is the training split."""
    return len(set(cells)) > 1 or {split_in(cell) for cell in cells} == {TRAINING}


def _by_column(header: str, cells: Sequence[str], held_out: str) -> list[str]:
    """The split of each row; a row that is only said to be no training row is of the split that is wanted."""
    if flagged := SPLIT_FLAGS.get(plain(header)):
        otherwise = held_out if flagged == TRAINING else TRAINING
        return [flagged if cell.casefold() in _YES else otherwise for cell in cells]
    named = [split_in(cell) for cell in cells]
    if not all(named):
        odd = next(cell for cell, split in zip(cells, named, strict=True) if not split)
        raise NoSplit(f"column {shown([header])[0] or 'without a name'} tells splits apart, and {odd!r} names none")
    return named


def _of_path(path: str) -> str:
    """The split that the nearest folder of a path is named for; empty if none is."""
    folders = path.replace("\\", "/").split("/")[:-1]
    return next(filter(None, map(split_named, reversed(folders))), "")
