"""Images of a dataset one by one, not decoded yet, wherever they are kept."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from hubtool.descriptors import open_to_read

MAX_IMAGE_BYTES = 256 << 20
"""Largest undecoded image that is read, in bytes."""
IMAGE_EXTENSIONS = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".ppm", ".pgm", ".pbm", ".pnm", ".tif", ".tiff"}
)
"""What files of images are called that mindspore.dataset decodes."""
UNDECODED_EXTENSIONS = frozenset({".gif", ".webp", ".avif", ".heic", ".heif", ".jp2", ".j2k", ".jxl", ".tga"})
"""What files of images are called that it does not decode: MindCV's loader ends at one, so no figure counts them."""
COLOURS = 3
GREYS = 1


class Sample(Protocol):
    """One image of a dataset, wherever it is kept."""

    @property
    def name(self) -> str:
        """What it is called: its path from the dataset's root."""

    @property
    def label(self) -> int:
        """Number of its class, from 0."""

    def size(self) -> int | None:
        """Bytes of the undecoded image; None if only reading it tells. Raises OSError."""

    def read(self) -> bytes:
        """The undecoded image. Raises OSError or a HubtoolError. Any thread may call it."""

    def version(self) -> str:
        """Another text once the image may have changed, without reading much. Raises OSError."""


@dataclass(frozen=True, slots=True)
class FileSample:
    """An image in a separate file."""

    path: Path
    name: str
    label: int

    def size(self) -> int:
        """Bytes of the file. Raises OSError, also for what is no regular file."""
        status = self.path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise _not_regular(self.path)
        return status.st_size

    def read(self) -> bytes:
        """The file. Raises OSError, also for what is no regular file or larger than `MAX_IMAGE_BYTES`."""
        return read_file(self.path, MAX_IMAGE_BYTES)

    def version(self) -> str:
        """Of the file. Raises OSError."""
        return version_of(self.path.stat())


@dataclass(frozen=True, slots=True)
class PixelSample:
    """An image kept as numbers, read as a PNM file: without loss, and the same bytes on every machine.

    Attributes
    ----------
    pixels
        uint8, (height, width) if grey, (height, width, 3) red, green and blue if in colour, row by row.
    side
        Height and width in pixels.
    channels
        1 or 3.
    """

    name: str
    label: int
    pixels: bytes | memoryview
    side: int
    channels: int

    def size(self) -> int:
        """Bytes of the PNM file."""
        return len(self._header) + len(self.pixels)

    def read(self) -> bytes:
        """A PGM (grey) or PPM (colour) file."""
        return self._header + bytes(self.pixels)

    def version(self) -> str:
        """SHA-256 of the pixels, which are in memory anyway."""
        return hashlib.sha256(self.pixels).hexdigest()

    @property
    def _header(self) -> bytes:
        magic = "P6" if self.channels == COLOURS else "P5"
        return f"{magic}\n{self.side} {self.side}\n255\n".encode()


def version_of(status: os.stat_result) -> str:
    """Another text once a file may have changed: its size and the times of its last changes, in nanoseconds.

    This is how git's index finds changed files without reading them: to hash 50,000 images before each evaluation
    would take longer than a small evaluation. The time of the last change to the inode is there because copies and
    archives keep size and modification time, but cannot keep that one.
    """
    return f"{status.st_size} {status.st_mtime_ns} {status.st_ctime_ns}"


def read_file(path: Path, limit: int) -> bytes:
    """A regular file of at most `limit` bytes; a pipe or a device does not block.

    Raises
    ------
    OSError
        It is not there, is no regular file, or is larger.
    """
    descriptor = open_to_read(path)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise _not_regular(path)
        if status.st_size > limit:
            raise OSError(errno.EFBIG, f"larger than {limit:,} bytes", str(path))
        # Few calls, since each lets another decoding thread run first.
        data = os.read(descriptor, status.st_size)
        while len(data) < status.st_size and (more := os.read(descriptor, status.st_size - len(data))):
            data += more
        return data
    finally:
        os.close(descriptor)


def _not_regular(path: Path) -> OSError:
    return OSError(errno.EINVAL, "not a regular file", str(path))
