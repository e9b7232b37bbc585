"""Where below a folder the images of a split are, and whether they are in class folders or all in one."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from hubtool.data.clutter import is_clutter_file, is_clutter_folder, shown
from hubtool.data.readers.labelfile import find_label_file
from hubtool.data.samples import IMAGE_EXTENSIONS, UNDECODED_EXTENSIONS
from hubtool.data.splitnames import PLAIN_NAMES, TEST, TRAINING, VALIDATION, split_named
from hubtool.errors import UsageProblem
from hubtool.words import some_of

MOST_FOLDERS = 64
"""A folder with more folders than this is not searched one level deeper."""
_OF_IMAGES = frozenset({"images", "image", "imgs", "img", "jpegimages", "data", "pictures", "photos"})
"""What the one folder of all images is called, beside a file of labels; in lower case."""
_KAGGLE = Path("ILSVRC", "Data", "CLS-LOC")


@dataclass(frozen=True, slots=True)
class Place:
    """Where images are.

    Attributes
    ----------
    folder
        Holds the class folders, or the images.
    by_class
        Whether it holds class folders.
    """

    folder: Path
    by_class: bool


def find_place(path: Path, splits: Sequence[str] = (VALIDATION, TEST)) -> Place | None:
    """Where the images of a split are: in a folder named for it, or in the given one, or one level deeper.

    Parameters
    ----------
    splits
        Those that will do, the best one first.

    Raises
    ------
    UsageProblem
        There are several places of equal right.
    """
    found = _place_in(path, splits)
    if found is not None:
        return found
    below = [_KAGGLE] if (path / _KAGGLE).is_dir() else []
    children = [name for name in folders_in(path) if split_named(name) != TRAINING]
    if len(children) <= MOST_FOLDERS:
        below += map(Path, children)
    places = [place for child in below if (place := _place_below(path / child, splits))]
    if len(places) > 1:
        listed = some_of(shown(str(place.folder.relative_to(path)) for place in places))
        raise UsageProblem(f"{path}: images in several places: {listed}", hint="name the folder of one of them")
    return places[0] if places else None


def folders_in(folder: Path) -> list[str]:
    """Sorted names of the folders in a folder, without hidden ones and those of the system."""
    with os.scandir(folder) as entries:
        return sorted(entry.name for entry in entries if not is_clutter_folder(entry.name) and entry.is_dir())


def has_images(folder: Path) -> bool:
    """Whether something called like an image is directly in a folder."""
    with os.scandir(folder) as entries:
        return any(is_image(entry) for entry in entries)


def is_image(entry: os.DirEntry[str]) -> bool:
    """Whether an entry of a folder is called like an image that can be decoded. Links count, folders do not."""
    return _extension(entry) in IMAGE_EXTENSIONS and not is_clutter_file(entry.name) and not entry.is_dir()


def is_undecoded(entry: os.DirEntry[str]) -> bool:
    """Whether an entry of a folder is called like an image that cannot be decoded."""
    return _extension(entry) in UNDECODED_EXTENSIONS and not is_clutter_file(entry.name) and not entry.is_dir()


def images_of_class(folder: Path) -> Path | None:
    """Where the images of a class folder are: right in it, or in its one folder `images`; None if there are none."""
    if has_images(folder):
        return folder
    inner = folders_in(folder)
    if len(inner) == 1 and inner[0].casefold() in _OF_IMAGES and has_images(folder / inner[0]):
        return folder / inner[0]
    return None


def _extension(entry: os.DirEntry[str]) -> str:
    return os.path.splitext(entry.name)[1].lower()  # noqa: PTH122


def _place_below(path: Path, splits: Sequence[str]) -> Place | None:
    try:
        return _place_in(path, splits)
    except OSError:
        return None  # what one must not read beside the data does not matter


def _place_in(path: Path, splits: Sequence[str]) -> Place | None:
    """The place in a folder named for the best split that there is, or in the folder itself."""
    first, *rest = splits
    for split in (first, "", *rest):
        folders = [path / name for name in folders_in(path) if split_named(name) == split] if split else [path]
        places = [place for folder in folders for place in [_place_at(folder)] if place]
        plain = [place for place in places if place.folder.name.casefold() in PLAIN_NAMES]
        places = plain if len(plain) == 1 else places  # `val` goes before `val_images`
        if len(places) > 1:
            listed = some_of(shown(place.folder.name for place in places))
            raise UsageProblem(f"{path}: several folders of the {split} split: {listed}", hint="name one of them")
        if places and (split or places[0].by_class or _is_labelled(places[0].folder)):
            return places[0]
    flat = _place_at(path)
    return flat if flat and not flat.by_class else None


def _is_labelled(folder: Path) -> bool:
    with os.scandir(folder) as entries:
        images = [entry.name for entry in entries if is_image(entry)]
    try:
        return find_label_file((folder,), images) is not None
    except UsageProblem:
        return True  # there are several, which is said when it is read


def _place_at(folder: Path) -> Place | None:
    """What a folder is: of class folders with images, of images, or neither."""
    classes = _class_folders(folder)
    first = next(classes, None)
    if first is not None:
        if first.casefold() in _OF_IMAGES and next(classes, None) is None:
            return Place(folder / first, by_class=False)
        if split_named(first) and all(map(split_named, [first, *_class_folders(folder)])):
            first = None
    if first is not None:
        return Place(folder, by_class=True)
    return Place(folder, by_class=False) if has_images(folder) else None


def _class_folders(folder: Path) -> Iterator[str]:
    return (name for name in folders_in(folder) if images_of_class(folder / name))
