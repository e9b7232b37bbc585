"""Lists of paths, one a line, that say which images are of a split: `meta/test.txt` of Food-101."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from hubtool.data.clutter import shown
from hubtool.data.readers.texts import lines_of, text_of
from hubtool.data.splitnames import split_named
from hubtool.errors import BrokenDataset
from hubtool.words import counted, some_of

_BESIDE = ("meta", "splits", "split", "lists", "annotations", "imagesets")
"""Folders, in lower case, that hold such lists, beside the images or their folder."""


@dataclass(frozen=True, slots=True)
class PathList:
    """A list and the images that it names."""

    path: Path
    names: frozenset[str]


def find_path_list(root: Path, names: Collection[str], splits: Sequence[str]) -> PathList | None:
    """The list of the best split, for a folder whose images are of several; None where there is none.

    Parameters
    ----------
    root
        Holds the class folders. Nothing is looked for if it is named for a split.
    names
        The images below it: `<class>/<file>`.
    splits
        Those that will do, the best one first.

    Raises
    ------
    BrokenDataset
        A list names some of the images, and others that are not there.
    """
    if split_named(root.name):
        return None
    lists = sorted(
        (path for path in _text_files(root) if split_named(path.stem) in splits),
        key=lambda path: splits.index(split_named(path.stem)),
    )
    if not lists:
        return None
    known = {str(PurePosixPath(name).with_suffix("")): name for name in names} | {name: name for name in names}
    for path in lists:
        if found := _listed(path, root.name, known):
            return PathList(path, found)
    return None


def _text_files(root: Path) -> Iterator[Path]:
    for folder in (root, root.parent):
        with suppress(OSError):  # what one must not read beside the data does not matter
            entries = sorted(folder.iterdir())
            places = [entry for entry in entries if entry.name.casefold() in _BESIDE and entry.is_dir()]
            for place in [folder, *places]:
                yield from sorted(place.glob("*.txt"))


def _listed(path: Path, root: str, known: dict[str, str]) -> frozenset[str]:
    """The images that a list names; none if it is about something else."""
    try:
        lines = lines_of(text_of(path))
    except BrokenDataset:
        return frozenset()
    found = [_image_of(line, root, known) for line in lines]
    named = frozenset(name for name in found if name)
    missing = [line for line, name in zip(lines, found, strict=True) if not name]
    if named and missing:
        raise BrokenDataset(
            f"{path}: {counted(len(missing), 'image')} listed are not there: {some_of(shown(missing))}",
            hint="unpack the whole dataset, or remove the list to evaluate all images that are there",
        )
    return named


def _image_of(line: str, root: str, known: dict[str, str]) -> str:
    for written in (line, line.split(maxsplit=1)[0]):  # a label may follow the path
        plain = written.replace("\\", "/").removeprefix("./").removeprefix(f"{root}/")
        if name := known.get(plain):
            return name
    return ""
