"""A verified file, and how it gets from the cache to where a user wants it."""

from __future__ import annotations

import errno
import hashlib
import secrets
from dataclasses import dataclass
from pathlib import Path

from hubtool.asset.limits import DEFAULT_LIMITS
from hubtool.errors import DigestMismatch, EnvironmentProblem
from hubtool.files import atomic_stream, environment_errors, replace_file

_NO_LINKS = {errno.EPERM, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP}
"""What the system says where a disk has no symbolic links."""
_LINKS_NEED_A_RIGHT = 1314
"""What Windows says where the user may make none."""


@dataclass(frozen=True, slots=True)
class VerifiedAsset:
    """A file whose SHA-256 agrees with the card, and with the lockfile where that pins it.

    Attributes
    ----------
    sha256
        All 64 digits, whether the card publishes them or only the first ones.
    size
        In bytes.
    transferred
        Bytes that had to be fetched or copied; 0 when the file was already there.
    pieces
        Digests of its pieces, as `PieceHasher.digests`; empty where they are not known.
    """

    path: Path
    sha256: str
    size: int
    transferred: int
    pieces: tuple[str, ...] = ()


def place(verified: VerifiedAsset, folder: Path, name: str = "") -> Path:
    """Copy a verified file into a folder, atomically; return the copy's path.

    Parameters
    ----------
    name
        What to call the copy; by default, what the file is called.

    Raises
    ------
    DigestMismatch
        The file was changed while it was copied.
    EnvironmentProblem
        The folder cannot be written.
    """
    target = folder / (name or verified.path.name)
    with environment_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        copy_verified(verified.path, target, verified.sha256)
    return target


def copy_verified(path: Path, target: Path, sha256: str) -> None:
    """Copy a file atomically, if it has a digest.

    Raises
    ------
    DigestMismatch
        It has not: it was changed since it was verified. Nothing is written.
    OSError
        The system refuses.
    """
    with atomic_stream(target) as stream, path.open("rb", buffering=0) as source:
        found = hashlib.sha256()
        while chunk := source.read(DEFAULT_LIMITS.chunk_bytes):
            found.update(chunk)
            stream.write(chunk)
        if found.hexdigest() != sha256:
            raise DigestMismatch(f"{path} was changed while it was copied", hint="pull again")


def link(verified: VerifiedAsset, folder: Path, name: str = "") -> Path:
    """Make a symbolic link to a verified file in a folder; return the link's path.

    Parameters
    ----------
    name
        What to call the link; by default, what the file is called.

    Raises
    ------
    EnvironmentProblem
        The folder cannot be written.
    """
    target = folder / (name or verified.path.name)
    fresh = folder / f".hubtool-{secrets.token_hex(8)}.tmp"
    with environment_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        try:
            fresh.symlink_to(verified.path.absolute())
        except OSError as error:
            if error.errno not in _NO_LINKS and getattr(error, "winerror", None) != _LINKS_NEED_A_RIGHT:
                raise
            raise EnvironmentProblem(
                f"{folder}: no links can be made here: {error.strerror or error}",
                hint="without --link the file is copied; on Windows, the developer mode allows links",
            ) from error
        replace_file(fresh, target)
    return target
