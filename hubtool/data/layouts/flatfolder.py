"""Images directly in one folder, and a file with their labels."""

from __future__ import annotations

from pathlib import Path

from hubtool.data.guess import above_classes
from hubtool.data.labelspace import LabelSpace
from hubtool.data.layout import Layout, Split
from hubtool.data.layouts.imagefolder import clutter_files, image_files, undecoded_files
from hubtool.data.places import Place, find_place, has_images
from hubtool.data.readers.devkit import KIT_ARCHIVES
from hubtool.data.readers.labelfile import LABEL_FILES, find_label_file
from hubtool.data.readers.labels import labels_of
from hubtool.data.samples import FileSample
from hubtool.data.splitnames import split_named
from hubtool.errors import NotFound, UsageProblem
from hubtool.words import counted

_SUFFIXES = {".txt", ".csv", ".tsv"}


def recognises(path: Path) -> bool:
    """Whether a path is a file of labels, or a folder with images right in it or in that of a split."""
    if path.is_file():
        return path.suffix.lower() in _SUFFIXES or path.name in KIT_ARCHIVES
    place = find_place(path)
    return place is not None and not place.by_class


def read(path: Path, space: LabelSpace) -> Split:
    """The images of one folder, sorted by name.

    A file of labels given as the path says which images the split consists of; one that was only found has to
    be about all of them.

    Raises
    ------
    NotFound
        There are no images beside the file.
    UsageProblem
        There is no file of labels or more than one, or the labels do not fit the network.
    BrokenDataset
        The file of labels cannot be read, or it and the images do not fit together.
    """
    start = path.parent if path.is_file() else path
    place = _beside(start) if path.is_file() else find_place(start, space.splits)
    if place is None:
        raise NotFound(f"{path}: no images beside this file", hint="expected them there or in val/")
    folder = place.folder
    images = image_files(folder)
    label_file = path if path.is_file() else find_label_file(_around(start, folder), images)
    if label_file is None:
        above = above_classes(folder) if folder == start else None
        named = f"such as {', '.join(LABEL_FILES)}, or any table of <image> and <label>"
        raise UsageProblem(
            f"{folder}: {counted(len(images), 'image')} and no file with their labels",
            hint=f"name {above}, if this is the folder of a class; or add one, {named}" if above else named,
        )
    space = space.preferring(split_named(folder.name) or split_named(folder.parent.name))
    labels = labels_of(label_file, images, space, whole=not path.is_file())
    samples = [FileSample(folder / image, image, label) for image, label in labels.by_image.items()]
    layout = f"a folder of images with labels in {label_file.name}" + (f", {labels.note}" if labels.note else "")
    return Split(layout, folder, samples, left_out=undecoded_files(folder), clutter=clutter_files(folder))


def _beside(start: Path) -> Place | None:
    """Where the images are that a file of labels in a folder is about: there, before any other folder."""
    if has_images(start):
        return Place(start, by_class=False)
    place = find_place(start)
    return place if place is not None and not place.by_class else None


def _around(start: Path, folder: Path) -> list[Path]:
    """Folders that may hold the file of labels: that of the images, those above it up to the given one, and one more.

    The one more is the folder above the given one, where that holds the images and is called as a split is.
    """
    above = [parent for parent in folder.parents if parent == start or start in parent.parents]
    name = start.resolve().name
    outside = [start.resolve().parent] if folder == start and (split_named(name) or name == "images") else []
    return [folder, *above, *outside]


LAYOUT = Layout(
    f"<image> in one folder or in val/, and {', '.join(LABEL_FILES[:-1])} or a ground truth", recognises, read
)
