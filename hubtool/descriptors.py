"""Open files on every system: what POSIX has and Windows lacks is asked for by name, or done another way."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Lock

READING: int = (
    os.O_RDONLY
    | getattr(os, "O_BINARY", 0)  # without it, Windows changes the ends of lines
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NONBLOCK", 0)  # so that opening a pipe does not wait for a writer
)
"""Flags to open a file for reading."""
WRITING: int = (
    os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)
)
"""Flags to open a file for reading and writing, and to create it; where the system can, a symbolic link is refused."""
_moving = Lock()


def open_to_read(path: Path) -> int:
    """A descriptor to read a file with. Raises OSError."""
    return os.open(path, READING)


def read_at(descriptor: int, size: int, offset: int) -> bytes:
    """So many bytes at an offset, fewer only at the end of the file. Raises OSError.

    Any thread may ask, because the file's position stays.
    """
    data = _piece_at(descriptor, size, offset)
    while data and len(data) < size and (more := _piece_at(descriptor, size - len(data), offset + len(data))):
        data += more
    return data


def _piece_at(descriptor: int, size: int, offset: int) -> bytes:
    if hasattr(os, "pread"):
        return os.pread(descriptor, size, offset)
    with _moving:
        before = os.lseek(descriptor, 0, os.SEEK_CUR)
        os.lseek(descriptor, offset, os.SEEK_SET)
        try:
            return os.read(descriptor, size)
        finally:
            os.lseek(descriptor, before, os.SEEK_SET)


def append(descriptor: int, data: memoryview) -> int:
    """Write bytes at the file's position, which is not where `read_at` reads; returns how many. Raises OSError."""
    if hasattr(os, "pread"):
        return os.write(descriptor, data)
    with _moving:
        return os.write(descriptor, data)
