"""The labels of images in one place, from the file that comes with them.

These are known: tables with a column of images and one of labels, where a label is a number from 0 or the name of a
class (see `hubtool.data.readers.labeltable`); one name of a class a line, in the order of numbered images; and the
ground truth of the ILSVRC2012 development kit: one number a line, for the n-th image. Those numbers are ILSVRC ids,
which start at 1 and have their own order. They need a file that translates them: `meta.mat` of the kit, or
`map_clsloc.txt`, with lines `<synset> <id> ...`; a kit that is not unpacked has both.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from hubtool.data.clutter import shown
from hubtool.data.labelspace import LabelSpace, labels_from, numbers_by_name
from hubtool.data.naming import numbers_in
from hubtool.data.readers.delimited import NotATable, has_extension, mentions
from hubtool.data.readers.devkit import KIT_ARCHIVES, META, read_kit
from hubtool.data.readers.ilsvrc import CLASSES, TRANSLATIONS, synsets_by_id, synsets_in
from hubtool.data.readers.labeltable import LabelTable, ManyColumns, read_table
from hubtool.data.readers.splitrows import SPLIT_HINT, NoSplit
from hubtool.data.readers.texts import decoded, lines_of, not_utf8, text_of
from hubtool.data.samples import UNDECODED_EXTENSIONS
from hubtool.errors import BrokenDataset, UsageProblem
from hubtool.words import counted, some_of

_ILSVRC_NAME = re.compile(r"ILSVRC2012_val_([0-9]{8})\.[A-Za-z]+")
_NUMBER = re.compile(r"-?[0-9]{1,9}")
_LAST_NUMBER = re.compile(r"[0-9]+(?=[^0-9]*$)")
_WORD = re.compile(r"[^\s,;|]+")


@dataclass(frozen=True, slots=True)
class Labels:
    """What a file says about images.

    Attributes
    ----------
    by_image
        The label of each image, in the order of the images.
    note
        Which rows were taken, where the file is about several splits; empty otherwise.
    """

    by_image: dict[str, int]
    note: str = ""


def labels_of(path: Path, images: Sequence[str], space: LabelSpace, *, whole: bool = True) -> Labels:
    """The label of each image that a file speaks of.

    Parameters
    ----------
    images
        Names without folders, no two alike.
    whole
        Whether every image must have a label; if not, the file says which images the split consists of.

    A table about several splits counts only by the rows of the first of `space.splits` that it has; images that only
    its other rows name need no label.

    Raises
    ------
    BrokenDataset
        The file cannot be read, or it and the images do not fit together.
    UsageProblem
        The labels do not fit the network, or cannot be understood without another file.
    """
    composed = {unicodedata.normalize("NFC", image): image for image in images}
    if len(composed) == len(images) and composed.keys() != set(images):
        labels = labels_of(path, list(composed), space, whole=whole)
        return Labels({composed[image]: label for image, label in labels.by_image.items()}, labels.note)
    if path.name in KIT_ARCHIVES:
        kit = read_kit(path)
        lines, translation = lines_of(decoded(kit.ground_truth, path)), synsets_in(kit.meta, path / META)
        return Labels(_from_ids(path, lines, images, translation, space))
    lines = lines_of(unicodedata.normalize("NFC", text_of(path)))
    if not lines:
        raise BrokenDataset(f"{path}: empty")
    if all(map(_NUMBER.fullmatch, lines)) and (_are_of_ilsvrc(images) or _counted_from(images) is None):
        translation = synsets_by_id(_translation(path))
        return Labels(_from_ids(path, lines, images, translation, space))
    note = ""
    if all(map(_WORD.fullmatch, lines)) and not mentions(lines, images) and not any(map(has_extension, lines)):
        found = _by_place(path, lines, images)
    else:
        table = _parsed(path, lines, images, space.splits)
        found, note = _listed(path, table, images, whole=whole), table.note
    if (byte := not_utf8("".join(set(found.values())))) is not None:
        raise BrokenDataset(f"{path}: byte 0x{byte:02x} in a label is not UTF-8", hint="save the file as UTF-8")
    return Labels(dict(zip(found, labels_from(list(found.values()), space, where=str(path)), strict=True)), note)


def _listed(path: Path, table: LabelTable, images: Sequence[str], *, whole: bool) -> dict[str, str]:
    """Label by image, as a table gives it; the extension may be missing, or another one, for all images."""
    written = _by_name(path, table)
    key_of = _keys_as_written(written.keys() | table.others, images)
    keys = {image: key_of(image) for image in images}
    if len(set(keys.values())) != len(keys):
        raise BrokenDataset(f"{path}: its names have no extension, and there are images that only differ by theirs")
    missing = sorted(written.keys() - keys.values())
    if missing:
        undecoded = any(PurePosixPath(name).suffix.lower() in UNDECODED_EXTENSIONS for name in missing)
        verb = "is" if len(missing) == 1 else "are"
        raise BrokenDataset(
            f"{path}: {len(missing):,} of its images {verb} not there: {some_of(shown(missing))}",
            hint="files of a kind that MindCV cannot decode do not count" if undecoded else "restore the images",
        )
    bare = [image for image, key in keys.items() if key not in written and key not in table.others]
    if bare and whole:
        said = f"{path}: no label for {counted(len(bare), 'image')}: {some_of(shown(bare))}"
        raise BrokenDataset(said, hint="label or remove what is named")
    return {image: written[key] for image, key in keys.items() if key in written}


def _parsed(path: Path, lines: Sequence[str], images: Sequence[str], splits: Sequence[str]) -> LabelTable:
    try:
        return read_table(lines, images, comma=path.suffix.lower() == ".csv", splits=splits)
    except NoSplit as error:
        raise UsageProblem(f"{path}: {error}", hint=SPLIT_HINT) from error
    except NotATable as error:
        raise BrokenDataset(f"{path}: {error}", hint="one image and its label per line") from error
    except ManyColumns as error:
        raise UsageProblem(
            f"{path}: several columns may be the labels: {error}", hint="call the one that counts `label`"
        ) from error


def _by_name(path: Path, table: LabelTable) -> dict[str, str]:
    """Label by name, both as written but for folders."""
    labels: dict[str, str] = {}
    for row, name, label in zip(table.rows, table.names, table.labels, strict=True):
        if labels.get(name, label) != label:
            raise BrokenDataset(f"{path}: row {row}: {shown([name])[0]} appears twice, with different labels")
        labels[name] = label
    return labels


def _keys_as_written(written: Collection[str], images: Sequence[str]) -> Callable[[str], str]:
    """From an image to its name in a table: the same, or without the extension, or with another one or in another case.

    The latter only where the table names no image exactly, and each of its names means one image.
    """
    if not any(map(has_extension, written)):
        return lambda image: PurePosixPath(image).stem
    loose = {PurePosixPath(name).stem.casefold(): name for name in written}
    if len(loose) == len(written) and not set(written).intersection(images):
        return lambda image: loose.get(PurePosixPath(image).stem.casefold(), image)
    return lambda image: image


def _by_place(path: Path, lines: Sequence[str], images: Sequence[str]) -> dict[str, str]:
    """The line about each image: the n-th is about the image with n in its name, or n - 1 where they start at 0."""
    first = 1 if _are_of_ilsvrc(images) else _counted_from(images)
    found = {}
    for image in images:
        match = _LAST_NUMBER.search(PurePosixPath(image).stem)
        place = int(match[0]) - first if match and first is not None else -1
        if not 0 <= place < len(lines):
            raise BrokenDataset(
                f"{path}: one label per line, and {shown([image])[0]} does not say which line is about it",
                hint="the images have to be called ILSVRC2012_val_00000001.JPEG and so on",
            )
        found[image] = lines[place]
    if len(images) != len(lines):
        said = f"{path}: {counted(len(lines), 'label')} for {counted(len(images), 'image')}"
        raise BrokenDataset(said, hint="restore the images")
    return found


def _are_of_ilsvrc(images: Sequence[str]) -> bool:
    return any(map(_ILSVRC_NAME.fullmatch, images)) and all(map(_ILSVRC_NAME.fullmatch, images))


def _counted_from(images: Sequence[str]) -> int | None:
    """0 or 1 if the images are numbered from there without a gap."""
    numbers = numbers_in([PurePosixPath(image).stem for image in images])
    lowest = min(numbers or (), default=None)
    whole = numbers is not None and lowest in {0, 1} and max(numbers) - lowest + 1 == len(images)
    return lowest if whole else None


def _from_ids(
    path: Path, lines: Sequence[str], images: Sequence[str], synsets: Mapping[int, str], space: LabelSpace
) -> dict[str, int]:
    """Labels from ILSVRC ids, one a line."""
    for number, line in enumerate(lines, start=1):
        if int(line) not in synsets:
            raise BrokenDataset(f"{path}: line {number}: {line} is no ILSVRC id, they run from 1 to {CLASSES}")
    named = {image: synsets[int(line)] for image, line in _by_place(path, lines, images).items()}
    classes: Iterable[str] = named.values() if space.class_names else synsets.values()
    numbers = numbers_by_name(classes, space, where=str(path))
    return {image: numbers[name] for image, name in named.items()}


def _translation(path: Path) -> Path:
    for name in TRANSLATIONS:
        if (path.parent / name).is_file():
            return path.parent / name
    raise UsageProblem(
        f"{path}: its numbers are ILSVRC ids, which are in another order than the sorted synsets",
        hint=f"put {' or '.join(TRANSLATIONS)} of the development kit beside it, or use a file of `<image> <synset>`",
    )
