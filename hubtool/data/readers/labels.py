"""The labels of images in one place, from the file that comes with them.

These are known: lines `<file> <label>` (or with a comma, in a .csv), where a label is a number from 0 or the name of
a class; Kaggle's `LOC_val_solution.csv`, whose prediction strings begin with a synset; and the ground truth of the
ILSVRC2012 development kit: one number per line, for the n-th image. Those numbers are ILSVRC ids, which start at 1 and
have their own order. They need a file that translates them: `meta.mat` of the kit, or `map_clsloc.txt`, with lines
`<synset> <id> ...`.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath

from hubtool.data.labelspace import LabelSpace, checked_numbers, numbers_by_name
from hubtool.data.readers.ilsvrc import CLASSES, TRANSLATIONS, synsets_by_id
from hubtool.data.samples import IMAGE_EXTENSIONS, UNDECODED_EXTENSIONS, read_file
from hubtool.errors import BrokenDataset, UsageProblem
from hubtool.words import counted

GROUND_TRUTH = "ILSVRC2012_validation_ground_truth.txt"
LABEL_FILES = ("labels.csv", "val.csv", "val_map.txt", "val.txt", "LOC_val_solution.csv", GROUND_TRUTH)
"""What a file of labels may be called when it is looked for."""
_DEVKIT = Path("ILSVRC2012_devkit_t12", "data")
_MAX_BYTES = 64 << 20
_HEADERS = {"file", "filename", "file_name", "image", "imageid", "image_id", "id", "name", "path"}
_KAGGLE_COLUMN = "predictionstring"
_ILSVRC_NAME = re.compile(r"ILSVRC2012_val_([0-9]{8})\.[A-Za-z]+")
_NUMBER = re.compile(r"-?[0-9]{1,9}")
_SHOWN = 5


def find_label_file(folders: Iterable[Path]) -> Path | None:
    """The only file of labels in some folders, or in a development kit in them; None if there is none.

    Raises
    ------
    UsageProblem
        There are several: they need not agree.
    """
    places = [place for folder in dict.fromkeys(folders) for place in (folder, folder / _DEVKIT)]
    found = [place / name for place in places for name in LABEL_FILES if (place / name).is_file()]
    if len(found) > 1:
        raise UsageProblem(
            f"several files of labels: {', '.join(map(str, found))}", hint="give one of them instead of the folder"
        )
    return found[0] if found else None


def labels_of(path: Path, images: Sequence[str], space: LabelSpace, *, whole: bool = True) -> dict[str, int]:
    """The label of each image that a file speaks of.

    Parameters
    ----------
    images
        Names without folders, no two alike.
    whole
        Whether every image must have a label; if not, the file says which images the split consists of.

    Returns
    -------
    dict
        Label by name, in the order of the names.

    Raises
    ------
    BrokenDataset
        The file cannot be read, or it and the images do not fit together.
    UsageProblem
        The labels do not fit the network, or cannot be understood without another file.
    """
    lines = [line.strip() for line in text_of(path).splitlines() if line.strip()]
    if not lines:
        raise BrokenDataset(f"{path}: empty")
    if all(map(_NUMBER.fullmatch, lines)):
        synsets = synsets_by_id(_translation(path))
        found = _ground_truth(path, lines, images, synsets)
        classes: Iterable[str] = found.values() if space.class_names else synsets.values()
    else:
        found = _listed(path, lines, images, whole=whole)
        classes = found.values()
        if all(map(_NUMBER.fullmatch, classes)):
            return dict(zip(found, checked_numbers([int(n) for n in classes], space, where=str(path)), strict=True))
    numbers = numbers_by_name(classes, space, where=str(path))
    return {image: numbers[name] for image, name in found.items()}


def text_of(path: Path) -> str:
    """A text file of bounded size. Raises BrokenDataset."""
    try:
        return read_file(path, _MAX_BYTES).decode("utf-8-sig")
    except OSError as error:
        raise BrokenDataset(f"{path}: cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise BrokenDataset(f"{path}: byte 0x{error.object[error.start]:02x} is not UTF-8") from error


def _parsed(path: Path, lines: Sequence[str]) -> dict[str, str]:
    """Label by name of `<file> <label>` lines; names without folders, and as written in other respects."""
    rows = _csv_rows(path, lines) if path.suffix.lower() == ".csv" else [line.rsplit(maxsplit=1) for line in lines]
    labels: dict[str, str] = {}
    for number, row in enumerate(rows, start=1):
        if len(row) != 2 or not row[0].strip() or not row[1].strip():
            raise BrokenDataset(
                f"{path}: row {number}: not a file and a label", hint="one image and its label per line"
            )
        name, label = PurePosixPath(row[0].strip()).name, row[1].strip()
        if name in labels:
            raise BrokenDataset(f"{path}: row {number}: {_shown([name])} appears twice")
        labels[name] = label
    return labels


def _csv_rows(path: Path, lines: Sequence[str]) -> list[list[str]]:
    try:
        rows = list(csv.reader(lines, strict=True))
    except csv.Error as error:
        raise BrokenDataset(f"{path}: not valid CSV: {error}") from error
    header = [cell.strip().casefold() for cell in rows[0]]
    if header[0] not in _HEADERS:
        return rows
    if header[1:] == [_KAGGLE_COLUMN]:  # `n01978287 85 1 499 272`: a class and a box, again and again
        return [[row[0], row[1].split(maxsplit=1)[0]] if len(row) == 2 and row[1].strip() else row for row in rows[1:]]
    return rows[1:]


def _listed(path: Path, lines: Sequence[str], images: Sequence[str], *, whole: bool) -> dict[str, str]:
    """Label by image, as a file of `<file> <label>` gives it; the extension may be missing, for all images."""
    written = _parsed(path, lines)
    by_stem = not any(PurePosixPath(name).suffix.lower() in IMAGE_EXTENSIONS | UNDECODED_EXTENSIONS for name in written)
    keys = {image: PurePosixPath(image).stem if by_stem else image for image in images}
    if len(set(keys.values())) != len(keys):
        raise BrokenDataset(f"{path}: its names have no extension, and there are images that only differ by theirs")
    missing = sorted(written.keys() - keys.values())
    if missing:
        undecoded = any(PurePosixPath(name).suffix.lower() in UNDECODED_EXTENSIONS for name in missing)
        verb = "is" if len(missing) == 1 else "are"
        raise BrokenDataset(
            f"{path}: {len(missing):,} of its images {verb} not there: {_shown(missing)}",
            hint="files of a kind that MindCV cannot decode do not count" if undecoded else "restore the images",
        )
    bare = [image for image, key in keys.items() if key not in written]
    if bare and whole:
        said = f"{path}: no label for {counted(len(bare), 'image')}: {_shown(bare)}"
        raise BrokenDataset(said, hint="label or remove what is named")
    return {image: written[key] for image, key in keys.items() if key in written}


def _ground_truth(
    path: Path, lines: Sequence[str], images: Sequence[str], synsets: Mapping[int, str]
) -> dict[str, str]:
    """Synset by image, from ILSVRC ids: the n-th line is about the image with n in its name."""
    labels = {}
    for image in images:
        match = _ILSVRC_NAME.fullmatch(image)
        place = int(match[1]) if match else 0
        if not 1 <= place <= len(lines):
            raise BrokenDataset(
                f"{path}: one number per line, and {_shown([image])} does not say which line is about it",
                hint="the images have to be called ILSVRC2012_val_00000001.JPEG and so on",
            )
        ilsvrc_id = int(lines[place - 1])
        if ilsvrc_id not in synsets:
            raise BrokenDataset(f"{path}: line {place}: {ilsvrc_id} is no ILSVRC id, they run from 1 to {CLASSES}")
        labels[image] = synsets[ilsvrc_id]
    if len(images) != len(lines):
        said = f"{path}: {counted(len(lines), 'label')} for {counted(len(images), 'image')}"
        raise BrokenDataset(said, hint="restore the images")
    return labels


def _translation(path: Path) -> Path:
    for name in TRANSLATIONS:
        if (path.parent / name).is_file():
            return path.parent / name
    raise UsageProblem(
        f"{path}: its numbers are ILSVRC ids, which are in another order than the sorted synsets",
        hint=f"put {' or '.join(TRANSLATIONS)} of the development kit beside it, or use a file of `<image> <synset>`",
    )


def _shown(names: Sequence[str]) -> str:
    more = f", and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return ", ".join(name if name.isprintable() else ascii(name) for name in names[:_SHOWN]) + more
