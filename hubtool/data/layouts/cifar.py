"""CIFAR-10 and CIFAR-100, test split: the Python and the binary version, unpacked or as downloaded.

A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009, https://www.cs.toronto.edu/~kriz/cifar.html.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from hubtool.data.labelspace import LabelSpace
from hubtool.data.layout import Layout, Split
from hubtool.data.readers.plainpickle import Array, BadPickle, loads
from hubtool.data.readers.tarindex import BadTar, members
from hubtool.data.samples import COLOURS, PixelSample, read_file
from hubtool.errors import BrokenDataset, UsageProblem

SIDE = 32
_PLANE = SIDE * SIDE
_IMAGE = COLOURS * _PLANE
_MAX_BYTES = 256 << 20
_MAX_UNPACKED = 1 << 30
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class _Kind:
    """One of the four forms.

    Attributes
    ----------
    folder, file
        Names in the archive.
    labels
        Key of the labels in the pickle; empty for the binary version.
    label_bytes
        Before each image of the binary version; the last of them is the label.
    """

    name: str
    num_classes: int
    folder: str
    file: str
    labels: str = ""
    label_bytes: int = 0


_KINDS = (
    _Kind("CIFAR-10, Python version", 10, "cifar-10-batches-py", "test_batch", labels="labels"),
    _Kind("CIFAR-10, binary version", 10, "cifar-10-batches-bin", "test_batch.bin", label_bytes=1),
    _Kind("CIFAR-100, Python version", 100, "cifar-100-python", "test", labels="fine_labels"),
    _Kind("CIFAR-100, binary version", 100, "cifar-100-binary", "test.bin", label_bytes=2),
)


def recognises(path: Path) -> bool:
    """Whether a path is one of the downloaded archives, its folder, or the folder that holds that."""
    return _archived(path) is not None if path.is_file() else bool(_unpacked(path))


def read(path: Path, space: LabelSpace) -> Split:
    """The test images, 32x32 in colour, in the order of the file; the fine labels of CIFAR-100.

    Raises
    ------
    UsageProblem
        The network tells another number of classes apart.
    BrokenDataset
        The file is damaged, or a pickle of something else.
    """
    if path.is_file():
        archived = _archived(path)
        found: dict[_Kind, Path] = {archived: path} if archived else {}
    else:
        found = _unpacked(path)
    fitting = next((kind for kind in found if kind.num_classes == space.num_classes), None)
    if fitting is None:
        said = " and ".join(dict.fromkeys(f"{kind.num_classes} classes" for kind in found))
        raise UsageProblem(f"{path}: {said} for a network with {space.num_classes} outputs")
    place = found[fitting]
    data = _extracted(place, fitting) if path.is_file() else _file(place)
    images, labels = _from_pickle(data, place, fitting) if fitting.labels else _from_records(data, place, fitting)
    wrong = next((label for label in labels if not 0 <= label < fitting.num_classes), None)
    if wrong is not None or not labels:
        raise BrokenDataset(
            f"{place}: no image"
            if wrong is None
            else f"{place}: label {wrong}, expected 0 to {fitting.num_classes - 1}"
        )
    samples = [
        PixelSample(f"test/{number:07}", label, interleaved(image), SIDE, COLOURS)
        for number, (image, label) in enumerate(zip(images, labels, strict=True))
    ]
    return Split(f"{fitting.name}, test split", place, samples)


def interleaved(planes: memoryview) -> bytes:
    """A plane of red, one of green and one of blue, as red, green and blue of each pixel in turn."""
    pixels = bytearray(_IMAGE)
    for channel in range(COLOURS):
        pixels[channel::COLOURS] = planes[channel * _PLANE : (channel + 1) * _PLANE]
    return bytes(pixels)


def _unpacked(path: Path) -> dict[_Kind, Path]:
    """The forms whose test file is in a folder, or in its folder of the usual name."""
    found: dict[_Kind, Path] = {}
    for kind in _KINDS:
        for folder in (path / kind.folder, path):
            # `test` alone says little: it has to be beside `train`, or in the folder of the usual name.
            usual = folder.name == kind.folder or kind.file != "test" or (folder / "train").is_file()
            if usual and (folder / kind.file).is_file():
                found.setdefault(kind, folder / kind.file)
    return found


def _archived(path: Path) -> _Kind | None:
    """The form that a .tar.gz begins with."""
    with path.open("rb") as stream:
        if stream.read(len(_GZIP)) != _GZIP:
            return None
    try:
        with gzip.open(path) as unpacked:
            top = unpacked.read(100).partition(b"\0")[0].partition(b"/")[0]
    except (OSError, EOFError, zlib.error):
        return None
    return next((kind for kind in _KINDS if kind.folder.encode() == top), None)


def _extracted(path: Path, kind: _Kind) -> bytes:
    """The test file in an archive."""
    try:
        with gzip.open(path) as unpacked:
            for member in members(unpacked, _MAX_UNPACKED):  # type: ignore[arg-type]
                if PurePosixPath(member.name) == PurePosixPath(kind.folder, kind.file) and member.regular:
                    if member.size > _MAX_BYTES:
                        raise BrokenDataset(f"{path}: {member.name} is larger than {_MAX_BYTES:,} bytes")
                    unpacked.seek(member.offset)
                    data = unpacked.read(member.size)
                    if len(data) == member.size:
                        return data
                    break
    except (OSError, EOFError, zlib.error, BadTar) as error:
        raise BrokenDataset(f"{path}: damaged: {error}", hint="download it again") from error
    raise BrokenDataset(f"{path}: {kind.folder}/{kind.file} is missing or cut short", hint="download it again")


def _file(path: Path) -> bytes:
    try:
        return read_file(path, _MAX_BYTES)
    except OSError as error:
        raise BrokenDataset(f"{path}: cannot be read: {error.strerror or error}") from error


def _from_records(data: bytes, path: Path, kind: _Kind) -> tuple[list[memoryview], list[int]]:
    """Images (3072 bytes, by planes) and labels of the binary version."""
    record = kind.label_bytes + _IMAGE
    if len(data) % record:
        raise BrokenDataset(f"{path}: {len(data):,} bytes, not a multiple of the {record} that an image takes")
    whole = memoryview(data)
    starts = range(0, len(data), record)
    images = [whole[start + kind.label_bytes : start + record] for start in starts]
    return images, [data[start + kind.label_bytes - 1] for start in starts]


def _from_pickle(data: bytes, path: Path, kind: _Kind) -> tuple[list[memoryview], list[int]]:
    """The same of the Python version."""
    try:
        batch = loads(data)
    except BadPickle as error:
        raise BrokenDataset(f"{path}: not a pickle of CIFAR: it {error}", hint="download it again") from error
    values = {_key(key): value for key, value in batch.items()} if isinstance(batch, dict) else {}
    array, labels = values.get("data"), values.get(kind.labels)
    if not isinstance(array, Array) or not isinstance(labels, list):
        raise BrokenDataset(f"{path}: no `data` and `{kind.labels}` in it")
    if array.shape != (len(labels), _IMAGE) or not all(type(label) is int for label in labels):
        raise BrokenDataset(f"{path}: data of shape {array.shape} and {len(labels):,} labels do not match")
    return _rows(memoryview(array.data), len(labels)), labels


def _rows(whole: memoryview, count: int) -> list[memoryview]:
    return [whole[number * _IMAGE : (number + 1) * _IMAGE] for number in range(count)]


def _key(key: str | bytes | int) -> str:
    return key.decode("latin-1") if isinstance(key, bytes) else str(key)


def _names(kinds: Sequence[_Kind]) -> str:
    return ", ".join(f"{kind.folder}/{kind.file}" for kind in kinds)


LAYOUT = Layout(f"CIFAR: {_names(_KINDS)}, or the .tar.gz", recognises, read)
