"""ILSVRC2012 ids, which its ground truth is written in, and the synsets that they stand for.

O. Russakovsky et al., "ImageNet Large Scale Visual Recognition Challenge", https://arxiv.org/abs/1409.0575.
"""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

from hubtool.card.datasets import IMAGENET
from hubtool.data.samples import read_file
from hubtool.errors import BrokenDataset
from hubtool.extras import require

CLASSES = IMAGENET.num_classes
TRANSLATIONS = ("meta.mat", "map_clsloc.txt")
"""Files that translate ids: the first is MATLAB's, the other lines `<synset> <id> <words>`."""
_MAX_BYTES = 16 << 20
_MAX_INFLATED = 64 << 20
_MAT_HEADER = 128
_MAT_COMPRESSED = 15


def synsets_by_id(path: Path) -> dict[int, str]:
    """Synset (`n02119789`) by id, from 1 to 1000.

    Raises
    ------
    BrokenDataset
        The file cannot be read or does not name 1000 different synsets.
    MissingExtra
        It is MATLAB's and scipy is not installed.
    """
    try:
        return synsets_in(read_file(path, _MAX_BYTES), path)
    except OSError as error:
        raise BrokenDataset(f"{path}: cannot be read: {error.strerror or error}") from error


def synsets_in(data: bytes, path: Path) -> dict[int, str]:
    """The same from the contents of a file, whose name says what it is. Raises as `synsets_by_id` does."""
    pairs = _from_mat(data, path) if path.suffix == ".mat" else _from_lines(data, path)
    synsets = {number: synset for number, synset in pairs if 1 <= number <= CLASSES}
    if len(synsets) != CLASSES or len(set(synsets.values())) != CLASSES:
        raise BrokenDataset(f"{path}: names {len(set(synsets.values()))} synsets for the ids 1 to {CLASSES}")
    return synsets


def _from_lines(data: bytes, path: Path) -> list[tuple[int, str]]:
    pairs = []
    for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), start=1):
        words = line.split()
        if not words:
            continue
        if len(words) < 2 or not words[1].isascii() or not words[1].isdigit() or len(words[1]) > 9:
            raise BrokenDataset(f"{path}: line {number}: not `<synset> <id>`")
        pairs.append((int(words[1]), words[0]))
    return pairs


def _from_mat(data: bytes, path: Path) -> list[tuple[int, str]]:
    scipy_io = require("scipy.io", extra="data", purpose="read meta.mat")
    _require_small(data, path)
    try:
        synsets = scipy_io.loadmat(io.BytesIO(data), squeeze_me=True, variable_names=["synsets"])["synsets"]
        return [(int(row["ILSVRC2012_ID"]), str(row["WNID"])) for row in synsets]
    except Exception as error:  # the reader of a binary format: anything can be wrong in it
        raise BrokenDataset(f"{path}: not the meta.mat of the development kit") from error


def _require_small(data: bytes, path: Path) -> None:
    """Refuse a file whose compressed parts inflate without bounds."""
    place, left = _MAT_HEADER, _MAX_INFLATED
    while place + 8 <= len(data):
        kind, size = struct.unpack_from("<II", data, place)
        if kind == _MAT_COMPRESSED:
            try:
                left -= len(zlib.decompressobj().decompress(data[place + 8 : place + 8 + size], left + 1))
            except zlib.error as error:
                raise BrokenDataset(f"{path}: damaged at byte {place}") from error
            if left < 0:
                raise BrokenDataset(f"{path}: inflates to more than {_MAX_INFLATED:,} bytes")
        place += 8 + size
