"""MNIST and what is kept like it, test split: IDX files, gzipped or not.

Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits".
"""

from __future__ import annotations

import gzip
import math
import zlib
from pathlib import Path

from hubtool.card.datasets import MNIST
from hubtool.data.labelspace import LabelSpace
from hubtool.data.layout import Layout, Split
from hubtool.data.samples import GREYS, PixelSample, read_file
from hubtool.errors import BrokenDataset, UsageProblem

CLASSES = MNIST.num_classes
_MAX_BYTES = 256 << 20
_UNSIGNED_BYTE = 8
_IMAGES = ("t10k-images-idx3-ubyte", "t10k-images.idx3-ubyte")
_LABELS = ("t10k-labels-idx1-ubyte", "t10k-labels.idx1-ubyte")
_BELOW = (Path(), Path("raw"), Path("MNIST", "raw"), Path("FashionMNIST", "raw"))


def recognises(path: Path) -> bool:
    """Whether a folder, or its `raw/`, holds the images of the test split."""
    return path.is_dir() and _find(path, _IMAGES) is not None


def read(path: Path, space: LabelSpace) -> Split:
    """The test images, grey, in the order of the file.

    Raises
    ------
    UsageProblem
        The network does not tell ten classes apart.
    BrokenDataset
        A file is missing or damaged, or images and labels do not match together.
    """
    image_file, label_file = _find(path, _IMAGES), _find(path, _LABELS)
    if image_file is None or label_file is None:
        raise BrokenDataset(f"{path}: no {_LABELS[0]} beside the images")
    if space.num_classes != CLASSES:
        raise UsageProblem(f"{path}: {CLASSES} classes for a network with {space.num_classes} outputs")
    (count, height, width), pixels = _read_idx(image_file, 3)
    (label_count,), labels = _read_idx(label_file, 1)
    if count != label_count or not count or height != width or not height:
        raise BrokenDataset(
            f"{image_file}: {count:,} images of {height}x{width} and {label_count:,} labels do not match"
        )
    if max(labels) >= CLASSES:
        raise BrokenDataset(f"{label_file}: label {max(labels)}, expected 0 to {CLASSES - 1}")
    area = height * width
    samples = [
        PixelSample(f"test/{number:07}", label, pixels[number * area : (number + 1) * area], height, GREYS)
        for number, label in enumerate(labels)
    ]
    return Split(f"IDX files as of MNIST, test split, grey {height}x{width}", image_file.parent, samples, GREYS)


def parse_idx(data: bytes, dimensions: int) -> tuple[tuple[int, ...], memoryview]:
    """Shape and values of an IDX file of unsigned bytes.

    Raises
    ------
    ValueError
        It is none, has another number of dimensions, or is not as long as it says.
    """
    start = 4 + 4 * dimensions
    if data[:4] != bytes((0, 0, _UNSIGNED_BYTE, dimensions)) or len(data) < start:
        raise ValueError(f"not an IDX file of unsigned bytes in {dimensions} dimensions")
    shape = tuple(int.from_bytes(data[place : place + 4], "big") for place in range(4, start, 4))
    if math.prod(shape) != len(data) - start:
        raise ValueError(f"{len(data) - start:,} bytes for the shape {shape}")
    return shape, memoryview(data)[start:]


def _read_idx(path: Path, dimensions: int) -> tuple[tuple[int, ...], memoryview]:
    try:
        data = _gunzipped(path) if path.suffix == ".gz" else read_file(path, _MAX_BYTES)
        return parse_idx(data, dimensions)
    except OSError as error:
        raise BrokenDataset(f"{path}: cannot be read: {error.strerror or error}") from error
    except (EOFError, zlib.error, ValueError) as error:
        raise BrokenDataset(f"{path}: damaged: {error}", hint="download it again") from error


def _gunzipped(path: Path) -> bytes:
    with gzip.open(path) as stream:
        data = stream.read(_MAX_BYTES + 1)
    if len(data) > _MAX_BYTES:
        raise ValueError(f"more than {_MAX_BYTES:,} bytes")
    return data


def _find(path: Path, names: tuple[str, ...]) -> Path | None:
    places = (path / below / f"{name}{suffix}" for below in _BELOW for name in names for suffix in ("", ".gz"))
    return next((place for place in places if place.is_file()), None)


LAYOUT = Layout(f"MNIST: {_IMAGES[0]} and {_LABELS[0]}, or the same with .gz", recognises, read)
