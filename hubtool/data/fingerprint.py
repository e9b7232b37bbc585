"""What tells one copy of a split from another, whatever the machine and the layout it is kept in."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Protocol

from hubtool.errors import BrokenDataset


@dataclass(frozen=True, slots=True)
class Fingerprint:
    r"""A split in a few numbers. Everything but `layout` is the same for the same images in another layout.

    Attributes
    ----------
    layout
        How the images are kept, in words.
    images
        How many there are.
    names_sha256
        SHA-256 over the sorted lines `<file name>\t<label>\n` in UTF-8, the file name without its folders.
    bytes
        Size of the undecoded images together; None where it is not known without reading them, or one cannot be read.
    contents_sha256
        SHA-256 over the sorted lines `<SHA-256 of the undecoded image>\t<label>\n`; None if not asked for.
    """

    layout: str
    images: int
    names_sha256: str
    bytes: int | None
    contents_sha256: str | None = None

    def to_json(self) -> dict[str, str | int | None]:
        """The fields by their names."""
        return asdict(self)


class Measurable(Protocol):
    """An image whose bytes can be counted and read."""

    @property
    def name(self) -> str:
        """Its path from the dataset's root."""

    def size(self) -> int | None:
        """Bytes of the undecoded image; None if only reading it tells. Raises OSError."""

    def read(self) -> bytes:
        """The undecoded image. Raises OSError or a HubtoolError."""


def fingerprint_of(
    samples: Sequence[Measurable], labels: Sequence[int], *, layout: str, contents: bool = False
) -> Fingerprint:
    """The fingerprint of a split.

    Raises
    ------
    BrokenDataset
        An image is gone or cannot be read, and `contents` were asked for.
    """
    names = _digest(f"{sample.name.rpartition('/')[2]}\t{label}" for sample, label in zip(samples, labels, strict=True))
    total: int | None = 0
    lines = []
    for sample, label in zip(samples, labels, strict=True):
        if contents:
            data = _read(sample)
            lines.append(f"{hashlib.sha256(data).hexdigest()}\t{label}")
            size: int | None = len(data)
        else:
            size = _size(sample)
        total = None if total is None or size is None else total + size
    return Fingerprint(layout, len(samples), names, total, _digest(lines) if contents else None)


def _read(sample: Measurable) -> bytes:
    try:
        return sample.read()
    except OSError as error:
        raise BrokenDataset(f"{sample.name}: cannot be read: {error.strerror or error}") from error


def _size(sample: Measurable) -> int | None:
    """None also for an image that is not there: whoever evaluates says so, of all such images at once."""
    try:
        return sample.size()
    except OSError:
        return None


def _digest(lines: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for line in sorted(lines):
        digest.update(line.encode("utf-8", "surrogateescape") + b"\n")
    return digest.hexdigest()
