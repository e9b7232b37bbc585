"""Writing files atomically, and saying what keeps files from being written."""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from hubtool.descriptors import open_to_read
from hubtool.errors import EnvironmentProblem

_TEMPORARY_DIGITS = 8
_TEMPORARY = ".hubtool-"
_NOT_OFFERED = {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP}
_PAUSES = (0.01, 0.04, 0.15, 0.3)
"""Seconds between attempts to replace a file that may be open."""


class _Tried(Exception):
    """Ends a write that was only tried."""


def write_atomically(path: Path, data: bytes) -> None:
    """Replace a file's content at once, or not at all; permissions, owner and a symbolic link stay.

    Raises
    ------
    OSError
        The system refuses; the file is as it was.
    """
    with atomic_stream(path) as stream:
        stream.write(data)


@contextmanager
def atomic_stream(path: Path, *, replace: bool = True) -> Iterator[BinaryIO]:
    """A stream whose bytes become the file's content when the block ends, and never do when it raises.

    Parameters
    ----------
    replace
        Whether to replace a file that exists by then; its permissions, owner and symbolic link stay.

    Raises
    ------
    FileExistsError
        A file exists and must not be replaced.
    OSError
        The system refuses; the file is as it was.
    """
    import secrets  # takes longer to import than all the rest of this module

    target = Path(os.path.realpath(path))  # Path.resolve raises RuntimeError for a loop of links
    if target.exists() and not target.is_file():
        raise OSError(errno.EINVAL, "not a regular file, it would be replaced", str(path))
    temporary = target.with_name(f"{_TEMPORARY}{secrets.token_hex(_TEMPORARY_DIGITS)}.tmp")
    try:
        # Opened this way, a new file gets the permissions that the user's umask leaves.
        with temporary.open("xb") as stream:
            yield stream
            if replace:
                _take_over(target, temporary)
            stream.flush()
            flush_to_disk(stream.fileno())
        if replace:
            replace_file(temporary, target)
        else:
            _claim(target, temporary)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def replace_file(source: Path, target: Path) -> None:
    """Rename a file over another one.

    Windows refuses this while another program reads the target, a virus scanner say, which rarely takes long: it is
    tried again for half a second.

    Raises
    ------
    OSError
        The system refuses.
    """
    for pause in _PAUSES:
        try:
            os.replace(source, target)  # noqa: PTH105 (the call that the system has)
        except PermissionError:
            time.sleep(pause)
        else:
            return
    os.replace(source, target)  # noqa: PTH105


def flush_to_disk(descriptor: int) -> None:
    """Wait until a file's bytes are on the disk, unless its file system does not offer that. Raises OSError."""
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NOT_OFFERED:
            raise


def check_writable(path: Path) -> None:
    """See whether a file could be written atomically, and leave everything as it is.

    Raises
    ------
    OSError
        It could not.
    """
    with suppress(_Tried), atomic_stream(path):
        raise _Tried


def check_folder_writable(folder: Path) -> None:
    """See whether files could be written into a folder, or it could be made, and leave everything as it is.

    Raises
    ------
    OSError
        They or it could not.
    """
    import tempfile

    nearest = next(place for place in (folder, *folder.absolute().parents) if os.path.lexists(place))
    with tempfile.TemporaryFile(dir=nearest):
        pass


def read_regular(path: Path, most: int) -> bytes:
    """At most so many bytes of a regular file.

    Raises
    ------
    OSError
        It cannot be read, or is a pipe, a device or a folder: opening those could block forever.
    """
    descriptor = open_to_read(path)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file")
        # One byte more than expected: a file that is not longer comes in one piece.
        data = os.read(descriptor, min(status.st_size + 1, most))
        while status.st_size < len(data) < most and (more := os.read(descriptor, most - len(data))):
            data += more
        return data
    finally:
        os.close(descriptor)


def free_bytes(folder: Path) -> int | None:
    """Free bytes on the disk of a folder; None where the system reports none, as for some network drives with room."""
    import shutil

    try:
        free = shutil.disk_usage(folder).free
    except (AttributeError, OSError):  # not on every system
        return None
    return free if free > 0 else None


def with_slashes(path: Path) -> Path:
    """A path from the command line, with `/` for backslashes if it only exists so: such paths come from Windows."""
    text = str(path)
    if "\\" not in text or os.path.lexists(path):
        return path
    other = Path(text.replace("\\", "/"))
    return other if os.path.lexists(other) else path


def path_from(folder: str | Path, path: str | Path) -> str:
    """A path seen from a folder, joined with `/`; an absolute one where both are on different drives."""
    try:
        found = os.path.relpath(path, folder)
    except ValueError:
        found = os.path.abspath(path)  # noqa: PTH100 (resolve() would leave the path that the user sees)
    return found.replace(os.sep, "/")


def find_upwards(folder: Path, name: str) -> Path | None:
    """The nearest regular file of that name, in a folder or above it."""
    start = os.path.abspath(folder)  # noqa: PTH100 (resolve() would leave the path that the user sees)
    while True:
        candidate = os.path.join(start, name)  # noqa: PTH118 (for every folder of a hub and all above it)
        if os.path.isfile(candidate):  # noqa: PTH113
            return Path(candidate)
        above = os.path.dirname(start)  # noqa: PTH120
        if above == start:
            return None
        start = above


def _claim(target: Path, temporary: Path) -> None:
    """Give a file its final name unless that is taken: renaming alone would not notice."""
    try:
        target.hardlink_to(temporary)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        target.touch(exist_ok=False)
        temporary.replace(target)
    else:
        temporary.unlink()


def _take_over(target: Path, temporary: Path) -> None:
    """Give a file the owner and the permissions of the one it will replace, if there is one."""
    try:
        old = target.stat()
    except FileNotFoundError:
        return
    with suppress(OSError, AttributeError):  # only root may give files away, and Windows cannot
        os.chown(temporary, old.st_uid, old.st_gid)
    with suppress(OSError):  # a disk without permissions, such as a network drive or a memory card
        temporary.chmod(stat.S_IMODE(old.st_mode))


@contextmanager
def environment_errors(path: Path) -> Iterator[None]:
    """Turn what the file system refuses into an `EnvironmentProblem` that names the file or folder."""
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise EnvironmentProblem(f"{path}: the disk is full", hint="free space, or name another folder") from error
        raise EnvironmentProblem(
            f"{_place(path, error)}: {error.strerror or error}", hint="fix its permissions, or name another folder"
        ) from error


def _place(path: Path, error: OSError) -> Path:
    """What the system refused: the file or folder that the error names, if it is below `path`, else `path`."""
    named = Path(error.filename) if isinstance(error.filename, str) else path
    if named.name.startswith(_TEMPORARY):
        named = named.parent
    return named if named.is_relative_to(path) else path
