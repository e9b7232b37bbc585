"""Which Parquet files below a folder are the shards of a split, and whether all of them are there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from hubtool.data.clutter import is_clutter_file, shown
from hubtool.data.places import MOST_FOLDERS, folders_in
from hubtool.data.splitnames import TRAINING, split_in
from hubtool.errors import BrokenDataset, UsageProblem
from hubtool.words import some_of

SUFFIX = ".parquet"
_DEEPEST = 3
"""Folders between the given one and the shards, such as `default/validation/0000.parquet`, at most."""
_OF = re.compile(r"(.*?)[-_.]?(\d{1,6})-of-(\d{1,6})(?:[-_.][0-9a-zA-Z]+)?")
"""A shard's name, which may end in a hash that differs from shard to shard."""
_COUNTED = re.compile(r"(|.*?[^0-9])(\d{1,6})")
_PARTIAL = "partial"


def shard_files(path: Path) -> list[Path]:
    """The Parquet files at a path: those of `near_shards`, else those further below."""
    return near_shards(path) or (list(_below(path, _DEEPEST)) if path.is_dir() else [])


def near_shards(path: Path) -> list[Path]:
    """A Parquet file itself, or those right in a folder or in its `data/`."""
    if path.is_file():
        return [path] if path.suffix.lower() == SUFFIX else []
    return [file for folder in (path, path / "data") if folder.is_dir() for file in _in(folder)]


def shards_of_split(path: Path, files: Sequence[Path], splits: Sequence[str]) -> list[Path]:
    """The shards of the first of these splits that there is; all files if none is named for a split.

    Raises
    ------
    UsageProblem
        They are all of other splits, or lie in several folders.
    BrokenDataset
        A shard that the names of the others imply is missing, or is there twice.
    """
    if path.is_file():
        return list(files)
    named = {file: _split_of(file, path) for file in files}
    for split in splits:
        fitting = [file for file in files if named[file] == split]
        if fitting:
            return _complete(path, _of_one_folder(path, fitting))
    if TRAINING in named.values():
        raise UsageProblem(
            f"{path}: no {' or '.join(splits)} shard; there are {some_of(shown(file.name for file in files))}",
            hint="expected validation-00000-of-00014.parquet or validation/0000.parquet",
        )
    return _complete(path, _of_one_folder(path, list(files)))


def _in(folder: Path) -> list[Path]:
    found = [file for file in folder.iterdir() if file.suffix.lower() == SUFFIX and not is_clutter_file(file.name)]
    return sorted(file for file in found if file.is_file())


def _below(folder: Path, depth: int) -> Iterator[Path]:
    children = folders_in(folder) if depth else []
    for name in children if len(children) <= MOST_FOLDERS else []:
        yield from _in(folder / name)
        yield from _below(folder / name, depth - 1)


def _split_of(file: Path, path: Path) -> str:
    """The split that a file is named for, or else the nearest of its folders; the given folder's own name, too."""
    for name in (file.stem, *(parent.name for parent in file.parents if parent != path and path in parent.parents)):
        if split := split_in(name):
            return split
    return ""


def _of_one_folder(path: Path, files: list[Path]) -> list[Path]:
    folders = sorted({file.parent for file in files})
    if len(folders) > 1:
        listed = some_of(shown(str(folder.relative_to(path)) for folder in folders))
        raise UsageProblem(f"{path}: shards of the split in several folders: {listed}", hint="name one of them")
    if re.match(_PARTIAL, folders[0].name):
        raise BrokenDataset(f"{folders[0]}: only a part of the split", hint="get all shards: every image counts")
    return files


def _complete(path: Path, files: list[Path]) -> list[Path]:
    """The same files, if every shard that their names imply exists once."""
    there: dict[tuple[str, int | None], list[int]] = {}
    for file in files:
        if match := _OF.fullmatch(file.stem):
            there.setdefault((match[1], int(match[3])), []).append(int(match[2]))
        elif len(files) > 1 and (match := _COUNTED.fullmatch(file.stem)):
            there.setdefault((match[1], None), []).append(int(match[2]))
    for (prefix, count), numbers in there.items():
        if count is None and len(numbers) == 1:
            continue  # a number in a name, such as a year
        if len(set(numbers)) != len(numbers):
            twice = next(number for number in numbers if numbers.count(number) > 1)
            raise BrokenDataset(f"{path}: shard {twice} of {prefix or 'the split'} is there twice", hint="remove one")
        total = max(numbers) + 1 - min(*numbers, 1) if count is None else count
        if len(numbers) != total:
            raise BrokenDataset(
                f"{path}: {len(numbers)} of the {total} shards of {prefix or 'the split'} are there",
                hint="get the others: every image counts",
            )
    return files
