"""A folder with one folder of images per class, read as MindCV reads it."""

from __future__ import annotations

import os
from collections.abc import Sequence, Set
from pathlib import Path

from hubtool.data.dataset import SampleDataset
from hubtool.data.labelspace import LabelSpace, numbers_by_name
from hubtool.data.layout import Layout, Split
from hubtool.data.samples import IMAGE_EXTENSIONS, UNDECODED_EXTENSIONS, FileSample
from hubtool.data.transform.spec import EvalRecipe
from hubtool.errors import NotFound


class ImageFolder(SampleDataset):
    """Images under `root/<class>/`; the classes are the sorted folder names.

    Parameters
    ----------
    root
        The folder that holds `val/`, or `val/` itself.
    num_classes
        Classes the network tells apart: with fewer folders than that, sorted names give wrong labels.
    class_names
        Folder names in the order of the network's outputs, when the folders are only some of them.

    Raises
    ------
    NotFound
        There is no such folder, or no image in it.
    UsageProblem
        Folders and outputs do not agree and no class list was given, or the list lacks a folder.
    """

    def __init__(self, root: Path, num_classes: int, recipe: EvalRecipe, class_names: Sequence[str] | None = None):
        super().__init__(read(root, LabelSpace(num_classes, class_names)), num_classes, recipe)


def recognises(path: Path) -> bool:
    """Whether a path, or `val/` in it, is a folder of folders with images."""
    if not path.is_dir():
        return False
    root = _root(path)
    return any(has_images(root / folder) for folder in _folders(root))


def read(path: Path, space: LabelSpace) -> Split:
    """The images of a folder of class folders; see `ImageFolder`."""
    root = _root(path)
    if not root.is_dir():
        raise NotFound(f"{root}: no such folder of images", hint="name the folder that holds val/")
    folders = _folders(root)
    numbers = numbers_by_name(folders, space, where=str(root), noun="class folder")
    files = {folder: image_files(root / folder) for folder in folders}
    samples = [
        FileSample(root / folder / file, f"{folder}/{file}", numbers[folder])
        for folder in folders
        for file in files[folder]
    ]
    if not samples:
        raise NotFound(f"{root}: no image in its class folders", hint="expected val/<class>/<image>.JPEG")
    left_out = [f"{folder}/{file}" for folder in folders for file in undecoded_files(root / folder)]
    empty = [folder for folder in folders if not files[folder]]
    layout = f"a folder of images a class, {len(folders):,} classes"
    return Split(layout, root, samples, left_out=left_out, empty_classes=empty)


def image_files(folder: Path) -> list[str]:
    """Sorted names of what is called like an image directly in a folder. Links count, folders do not."""
    return _files(folder, IMAGE_EXTENSIONS)


def undecoded_files(folder: Path) -> list[str]:
    """Sorted names of what is called like an image that cannot be decoded, directly in a folder."""
    return _files(folder, UNDECODED_EXTENSIONS)


def has_images(folder: Path) -> bool:
    """Whether something called like an image is directly in a folder."""
    with os.scandir(folder) as entries:
        return any(_is_called(entry, IMAGE_EXTENSIONS) for entry in entries)


def _files(folder: Path, extensions: Set[str]) -> list[str]:
    with os.scandir(folder) as entries:
        return sorted(entry.name for entry in entries if _is_called(entry, extensions))


def _is_called(entry: os.DirEntry[str], extensions: Set[str]) -> bool:
    return os.path.splitext(entry.name)[1].lower() in extensions and not entry.is_dir()  # noqa: PTH122


def _root(path: Path) -> Path:
    return path / "val" if (path / "val").is_dir() else path


def _folders(root: Path) -> list[str]:
    with os.scandir(root) as entries:
        return sorted(entry.name for entry in entries if entry.is_dir())


LAYOUT = Layout("val/<class>/<image>: a folder of images a class", recognises, read)
