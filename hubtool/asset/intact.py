"""Whether a file of the cache is the one that its folder's name promises."""

from __future__ import annotations

import hashlib
import stat
from pathlib import Path
from typing import NamedTuple

from hubtool.asset.limits import DEFAULT_LIMITS
from hubtool.asset.notes import Note, boot_id, fingerprint_of
from hubtool.errors import EnvironmentProblem
from hubtool.files import environment_errors


class State(NamedTuple):
    """What a path of the cache holds.

    Attributes
    ----------
    intact
        Whether it is the file that its folder's name promises.
    read
        Whether all bytes were read to find out.
    fault
        What is wrong with it; empty for an intact file, and if there is no file.
    fingerprint
        As `fingerprint_of`, from before it was read.
    """

    intact: bool = False
    read: bool = False
    fault: str = ""
    size: int = 0
    fingerprint: list[int] | None = None


def state_of(path: Path, note: Note, *, rehash: bool, foreign: bool) -> State:
    """What a path of the cache holds; reads the file when its note does not vouch for it.

    Parameters
    ----------
    rehash
        Read it in any case.
    foreign
        The cache is somebody else's, and its notes may come from another machine.

    Raises
    ------
    EnvironmentProblem, OSError
        It cannot be read.
    """
    try:
        status = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return State()
    if not stat.S_ISREG(status.st_mode):
        return State(fault="is not a regular file")
    fingerprint = fingerprint_of(status)
    # A file is not flushed to the disk when it is complete, which can take as long as the transfer. What a power
    # cut may have taken is noticed by reading it once after the machine was started again.
    durable = note.boot in {None, boot_id()} or foreign
    if not rehash and durable and note.stat == fingerprint:
        return State(intact=True, size=status.st_size, fingerprint=fingerprint)
    found = hash_if_there(path)
    if found is None:
        return State()
    if found != path.parent.name:
        return State(fault="was changed since it was verified", fingerprint=fingerprint)
    return State(intact=True, read=True, size=status.st_size, fingerprint=fingerprint)


def has_fingerprint(path: Path, fingerprint: list[int]) -> bool:
    """Whether a path still holds the file that was looked at, unchanged."""
    try:
        return fingerprint_of(path.lstat()) == fingerprint
    except (FileNotFoundError, NotADirectoryError):
        return False


def hash_if_there(path: Path) -> str | None:
    """As `hash_file`; None for a file that is not there, such as one that another process set aside to repair it."""
    try:
        return hash_file(path)
    except EnvironmentProblem as error:
        if isinstance(error.__cause__, FileNotFoundError):
            return None
        raise


def hash_file(path: Path) -> str:
    """SHA-256 of a file (lower-case hex), read in pieces."""
    sha256 = hashlib.sha256()
    buffer = memoryview(bytearray(DEFAULT_LIMITS.chunk_bytes))
    with environment_errors(path), path.open("rb", buffering=0) as stream:
        while count := stream.readinto(buffer):
            sha256.update(buffer[:count])
    return sha256.hexdigest()
