"""A folder with one folder of images per class, read as MindCV reads it."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from hubtool.data.clutter import is_clutter_file, is_clutter_folder, shown
from hubtool.data.dataset import SampleDataset
from hubtool.data.labelspace import LabelSpace, numbers_by_name
from hubtool.data.layout import Layout, Split
from hubtool.data.places import find_place, folders_in, has_images, images_of_class, is_image, is_undecoded
from hubtool.data.readers.pathlists import find_path_list
from hubtool.data.samples import FileSample
from hubtool.data.transform.spec import EvalRecipe
from hubtool.errors import BrokenDataset, NotFound, UsageProblem
from hubtool.words import counted, some_of

_log = logging.getLogger(__name__)


class ImageFolder(SampleDataset):
    """Images under `root/<class>/`; the classes are the folder names in their order.

    Parameters
    ----------
    root
        The folder that holds `val/`, or `val/` itself; see `hubtool.data.places.find_place`.
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
    """Whether a path, or a folder of a split in it, is a folder of folders with images."""
    if not path.is_dir():
        return False
    place = find_place(path)
    return place is not None and place.by_class


def read(path: Path, space: LabelSpace) -> Split:
    """The images of a folder of class folders; see `ImageFolder`."""
    if not path.is_dir():
        raise NotFound(f"{path}: no such folder of images", hint="name the folder that holds val/")
    place = find_place(path, space.splits)
    if place is None or not place.by_class:
        raise NotFound(f"{path}: no image in its class folders", hint="expected val/<class>/<image>.JPEG")
    root = place.folder
    folders = folders_in(root)
    _require_own_folders(root, folders)
    numbers = numbers_by_name(folders, space, where=str(root), noun="class folder")
    inner = {folder: images_of_class(root / folder) or root / folder for folder in folders}
    files = {folder: image_files(inner[folder]) for folder in folders}
    samples = [
        FileSample(inner[folder] / file, f"{folder}/{file}", numbers[folder])
        for folder in folders
        for file in files[folder]
    ]
    left_out = [f"{folder}/{file}" for folder in folders for file in undecoded_files(inner[folder])]
    empty = [folder for folder in folders if not files[folder]]
    clutter = clutter_files(root) + [f"{folder}/{name}" for folder in folders for name in clutter_files(inner[folder])]
    deeper = [f"{folder}/{name}" for folder in folders for name in _folders_of_images(inner[folder])]
    if deeper:
        _log.warning(
            "%s: %s with images below class folders, not read: %s",
            root,
            counted(len(deeper), "folder"),
            some_of(shown(deeper)),
        )
    layout = f"a folder of images a class, {len(folders):,} classes"
    if of_split := find_path_list(root, {sample.name for sample in samples}, space.splits):
        samples = [sample for sample in samples if sample.name in of_split.names]
        layout += f", of its images those that {of_split.path.name} lists"
    return Split(layout, root, samples, left_out=left_out, empty_classes=empty, clutter=clutter)


def _require_own_folders(root: Path, folders: Sequence[str]) -> None:
    """Refuse links to nothing among class folders, and two that are one folder: a class would be missing or twice."""
    with os.scandir(root) as entries:
        links = [entry.name for entry in entries if entry.is_symlink() and not is_clutter_folder(entry.name)]
    lost = [name for name in links if not (root / name).exists()]
    if lost:
        raise BrokenDataset(
            f"{root}: links to what is not there: {some_of(shown(sorted(lost)))}",
            hint="mount the disk that they lead to, or remove them",
        )
    places: dict[str, str] = {}
    for name in folders if links else []:
        other = places.setdefault(os.path.realpath(root / name), name)
        if other != name:
            raise UsageProblem(f"{root}: {other} and {name} are one folder", hint="remove the link")


def _folders_of_images(folder: Path) -> list[str]:
    """Folders with images in a class folder: MindCV does not read them."""
    return [name for name in folders_in(folder) if has_images(folder / name)]


def image_files(folder: Path) -> list[str]:
    """Sorted names of what is called like an image directly in a folder. Links count, folders do not."""
    return _entries(folder, is_image)


def undecoded_files(folder: Path) -> list[str]:
    """Sorted names of what is called like an image that cannot be decoded, directly in a folder."""
    return _entries(folder, is_undecoded)


def clutter_files(folder: Path) -> list[str]:
    """Sorted names of the hidden and system entries of a folder."""
    return _entries(folder, lambda entry: (is_clutter_folder if entry.is_dir() else is_clutter_file)(entry.name))


def _entries(folder: Path, wanted: Callable[[os.DirEntry[str]], bool]) -> list[str]:
    with os.scandir(folder) as entries:
        return sorted(entry.name for entry in entries if wanted(entry))


LAYOUT = Layout("val/<class>/<image>: a folder of images a class", recognises, read)
