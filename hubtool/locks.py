"""Locks between processes, on every file system.

The kernel's lock on a file is best: it ends with its holder. Some network file systems refuse such locks, or grant them
to nobody. There, an exclusive file takes its place, `<name>.owner`: it holds the owner's host and process, and its age
shows that the owner lives, which renews it all the time. One whose owner has died is taken over: at once on the same
host, and after `LEASE_SECONDS` without a sign of life on another.
"""

from __future__ import annotations

import logging
import os
import tempfile
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any

from hubtool.descriptors import READING, WRITING

LEASE_SECONDS = 30.0
"""How long the file of an owner on another host may stay unchanged before it is taken over."""
_POLL_SECONDS = 0.02
_SECONDS_OF_SILENCE = 1.0
_log = logging.getLogger(__name__)


class Lock:
    """A lock that one thread of one process holds at a time; released by its end, or by the end of the process.

    Parameters
    ----------
    path
        The file or folder that is locked. A file is created if need be, and stays; its folder has to exist.
    marker
        The exclusive file for file systems without locks; `<path>.owner` by default.
    descriptor
        The file is already open, and the caller closes it.
    """

    def __init__(self, path: Path, *, marker: Path | None = None, descriptor: int | None = None):
        self._path = path
        self._marker = marker if marker is not None else path.with_name(f"{path.name}.owner")
        self._borrowed = descriptor
        self._descriptor: int | None = None
        self._lease: Any = None

    def try_acquire(self) -> bool:
        """Take the lock unless somebody else holds it; whether it was taken. Raises OSError."""
        if self._lease is None and (granted := self._ask_kernel()) is not None:
            return granted
        return self._claim()

    def acquire(self, say: Callable[[str], None]) -> None:
        """Wait for the lock. Raises OSError.

        Parameters
        ----------
        say
            Called once, if it takes more than a second, with what is known of the holder; empty where nothing is.
        """
        started, said = time.monotonic(), False
        while not self.try_acquire():
            if not said and time.monotonic() - started >= _SECONDS_OF_SILENCE:
                said = True
                say(self._holder())
            time.sleep(_POLL_SECONDS)

    def release(self) -> None:
        """Give the lock back; does nothing if it is not held."""
        if self._lease is not None:
            self._lease.release()
        self._drop()

    def _drop(self) -> None:
        """Give back what the kernel granted."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is None:
            return
        if self._borrowed is None:
            os.close(descriptor)
        else:
            _filelock().unlock_descriptor(descriptor)

    def __enter__(self) -> Lock:
        self.acquire(lambda _: None)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def _ask_kernel(self) -> bool | None:
        """Whether the kernel gave the lock; None where an exclusive file has to decide."""
        while True:
            descriptor = self._borrowed if self._borrowed is not None else _opened(self._path)
            if descriptor is None:
                return None
            granted = refused = False
            try:
                granted = _filelock().lock_descriptor(descriptor, blocking=False)
            except (OSError, NotImplementedError) as error:
                refused = True
                _say_refused(self._marker.parent, getattr(error, "strerror", None) or str(error))
            if granted and (self._borrowed is not None or lies_at(descriptor, self._path)):
                self._descriptor = descriptor
                # A process that the kernel refused a lock a moment ago, for want of memory say, may hold this one.
                return None if os.path.lexists(self._marker) else True
            if self._borrowed is None:
                os.close(descriptor)
            if not granted:
                return None if refused or _grants_nothing(self._marker.parent) else False
            # It was removed between being opened and being locked.

    def _claim(self) -> bool:
        """Take the exclusive file, unless its owner lives."""
        filelock = _filelock()
        if self._lease is None:
            self._lease = filelock.SoftFileLease(self._marker, lease_duration=LEASE_SECONDS, thread_local=False)
        for _ in range(2):  # the first attempt may only remove what a dead owner left
            try:
                self._lease.acquire(timeout=0)
            except filelock.Timeout:
                continue
            except BaseException:
                self._drop()
                raise
            return True
        self._drop()
        return False

    def _holder(self) -> str:
        owner = self._lease.owner if self._lease is not None else None
        if owner is None:
            return ""
        try:
            age = max(0.0, time.time() - self._marker.stat().st_mtime)
        except OSError:
            return ""
        return f"process {owner.pid} on {owner.hostname}, last sign of life {age:.0f} s ago"


def _filelock() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a system without locks; what is done then is documented above
        import filelock
    return filelock


def _opened(path: Path) -> int | None:
    """A descriptor to lock; None for a folder where the system opens none, and for a file that another user hides."""
    if path.is_dir():
        with suppress(PermissionError):
            return os.open(path, READING)
        return None
    try:
        return os.open(path, WRITING, 0o664)  # the umask decides about the group; others never write
    except PermissionError:
        if not os.path.lexists(path):
            raise  # it is the folder that refuses
    with suppress(PermissionError):
        return os.open(path, READING | getattr(os, "O_NOFOLLOW", 0))  # it can be locked without being written
    return None


def lies_at(descriptor: int, path: Path) -> bool:
    """Whether an open file still is the one at a path: another process may have removed or replaced it."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


@cache
def _grants_nothing(folder: Path) -> bool:
    """Whether not even a file that nobody else knows can be locked in a folder."""
    try:
        descriptor, name = tempfile.mkstemp(prefix=".hubtool-", dir=folder)
    except OSError:
        return False
    try:
        granted: bool = _filelock().lock_descriptor(descriptor, blocking=False)
    except OSError:
        granted = False
    finally:
        os.close(descriptor)
        Path(name).unlink(missing_ok=True)
    if not granted:
        _say_refused(folder, "nobody gets one")
    return not granted


def _say_refused(folder: Path, reason: str) -> None:
    """Say, once for each file system, what is done about it."""
    if not (_filelock().has_fcntl or os.name == "nt"):
        return  # no file system of this machine has locks: nobody could do anything about it
    said = _said(folder.stat().st_dev)
    if not said:
        said.append(reason)
        _log.warning("%s: this file system grants no locks (%s); files named *.owner take their place", folder, reason)


@cache
def _said(device: int) -> list[str]:  # noqa: ARG001 (one list for each file system)
    """The reason that was said for a file system, in a list that is empty until then."""
    return []
