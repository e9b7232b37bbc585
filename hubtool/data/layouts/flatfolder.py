"""Images directly in one folder, and a file with their labels."""

from __future__ import annotations

from pathlib import Path

from hubtool.data.labelspace import LabelSpace
from hubtool.data.layout import Layout, Split
from hubtool.data.layouts.imagefolder import has_images, image_files, undecoded_files
from hubtool.data.readers.labels import LABEL_FILES, find_label_file, labels_of
from hubtool.data.samples import FileSample
from hubtool.errors import NotFound, UsageProblem
from hubtool.words import counted

_SUFFIXES = {".txt", ".csv"}
_BELOW = (Path(), Path("val"), Path("ILSVRC2012_img_val"), Path("ILSVRC", "Data", "CLS-LOC", "val"))
"""Where the images may be, relative to the given folder."""


def recognises(path: Path) -> bool:
    """Whether a path is a file of labels, or a folder with images right in it or in its `val/`."""
    if path.is_file():
        return path.suffix.lower() in _SUFFIXES
    return _images_folder(path) is not None


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
    folder = _images_folder(start)
    if folder is None:
        raise NotFound(f"{path}: no images beside this file", hint="expected them there or in val/")
    label_file = path if path.is_file() else find_label_file((folder, start, *_above(start, folder)))
    images = image_files(folder)
    if label_file is None:
        raise UsageProblem(
            f"{folder}: {counted(len(images), 'image')} and no file with their labels",
            hint=f"such as {', '.join(LABEL_FILES)}",
        )
    labels = labels_of(label_file, images, space, whole=not path.is_file())
    samples = [FileSample(folder / image, image, label) for image, label in labels.items()]
    layout = f"a folder of images with labels in {label_file.name}"
    return Split(layout, folder, samples, left_out=undecoded_files(folder))


def _images_folder(start: Path) -> Path | None:
    folders = (start / below for below in _BELOW)
    return next((folder for folder in folders if folder.is_dir() and has_images(folder)), None)


def _above(start: Path, folder: Path) -> tuple[Path, ...]:
    """The folder above, when `val/` itself was given."""
    return (start.resolve().parent,) if folder == start and start.resolve().name in {"val", "images"} else ()


LAYOUT = Layout(
    f"<image> in one folder or in val/, and {', '.join(LABEL_FILES[:-1])} or a ground truth", recognises, read
)
