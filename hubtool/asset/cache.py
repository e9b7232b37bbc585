"""The cache: files by their full SHA-256, each with what its card called it.

<root>/sha256/<64 digits>/<file name>     the bytes
<root>/sha256/<64 digits>.json            source, and the size and times the bytes had when verified
<root>/partial/<8 digits>.part, .json     files on their way in, and where they come from
<root>/locks/                             one lock an asset

Evaluations keep their ledgers below the same root; those are the business of `hubtool.verify`.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import shutil
import stat
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

from hubtool.asset.limits import DEFAULT_LIMITS
from hubtool.card.record import SHORTEST_DIGEST, Digest
from hubtool.files import environment_errors, write_atomically

_log = logging.getLogger(__name__)
_SECONDS_OF_SILENCE = 1.0
_SECONDS_OF_A_DAY = 86_400
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class CachedFile:
    """A file of the cache; its bytes had this full SHA-256 when they were last read."""

    path: Path
    sha256: str
    size: int


class Cache:
    """Content-addressed storage below one folder, safe to share between processes.

    Parameters
    ----------
    read_only
        Neither mend nor note anything: the folder belongs to somebody else.
    """

    def __init__(self, root: Path, *, read_only: bool = False):
        self.root = root
        self.read_only = read_only

    def find(
        self, digest: Digest, name: str, *, links: Collection[str] = (), rehash: bool = False
    ) -> CachedFile | None:
        """The intact file with that digest, or None; what is there and is not intact is removed.

        A file whose size, times and inode are as recorded is taken as intact without reading it, unless `rehash`.

        Parameters
        ----------
        links
            Where a file of which only the first digits are known may have come from: 32 bits are soon found again
            by somebody who looks for them, so another link's file does not count, whatever its digest begins with.
        """
        with environment_errors(self.root):
            for folder in self._folders(digest):
                note = read_note(folder)
                if digest.kind == "prefix" and not set(note.links) & set(links):
                    continue
                path = folder / (note.file or name)
                if self._is_intact(path, folder, note, rehash=rehash):
                    if not self.read_only:
                        _note_use(folder)
                    return CachedFile(path, folder.name, path.stat().st_size)
        return None

    def _is_intact(self, path: Path, folder: Path, note: Note, *, rehash: bool) -> bool:
        """Whether a cached file still is what was verified; one that is not is removed."""
        try:
            status = path.lstat()
        except (FileNotFoundError, NotADirectoryError):
            return False
        if not stat.S_ISREG(status.st_mode):
            self._discard(path, "is not a regular file")
            return False
        # A file is not flushed to the disk when it is complete, which can take as long as the transfer. What a power
        # cut may have taken is noticed by reading it once after the machine was started again.
        durable = note.boot in {None, _boot()} or self.read_only
        if not rehash and durable and note.stat == _fingerprint(status):
            return True
        if hash_file(path) != folder.name:
            self._discard(path, "was changed since it was verified")
            return False
        if not self.read_only:
            boot = note.boot if note.boot == _boot() else None
            try:
                write_note(folder, note._replace(file=path.name, stat=_fingerprint(status), boot=boot))
            except OSError:
                _log.info("%s is not writable: the file is read each time", folder.parent)
        return True

    def _discard(self, path: Path, why: str) -> None:
        if self.read_only:
            _log.warning("%s %s; passed over", path, why)
            return
        _log.warning("%s %s; removed", path, why)
        remove(path)

    def _folders(self, digest: Digest) -> list[Path]:
        if digest.kind == "full":
            return [self.root / "sha256" / digest.hex]
        return sorted((self.root / "sha256").glob(f"{digest.hex}*/"))

    def add(self, fetched: Path, sha256: str, name: str, source: str, link: str) -> CachedFile:
        """Move a complete, verified file to its final name.

        Parameters
        ----------
        source, link
            Where the bytes came from, and the link of the card that asked for them.
        """
        folder = self.root / "sha256" / sha256
        path = folder / name
        with environment_errors(self.root):
            if folder.is_symlink() or not folder.is_dir():
                remove(folder)  # whatever has the name of a folder
            folder.mkdir(parents=True, exist_ok=True)
            if path.is_dir():
                remove(path)  # or of a file
            fetched.replace(path)
            links = {*read_note(folder).links, link}
            write_note(folder, Note(name, source, tuple(sorted(links)), _fingerprint(path.stat()), _boot()))
        return CachedFile(path, sha256, path.stat().st_size)

    def partial_path(self, digest: Digest) -> Path:
        """Where a file with that digest lies while it is on its way in."""
        folder = self.root / "partial"
        with environment_errors(self.root):
            folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{_key(digest)}.part"

    @contextmanager
    def lock(self, digest: Digest) -> Iterator[None]:
        """Hold the lock of one asset; the kernel releases it when its holder dies."""
        from filelock import FileLock, Timeout

        with environment_errors(self.root):
            folder = self.root / "locks"
            folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(folder / f"{_key(digest)}.lock")
            try:
                lock.acquire(timeout=_SECONDS_OF_SILENCE)
            except Timeout:
                _log.warning("waiting for another process that fetches %s", digest.hex)
                lock.acquire()
        try:
            yield
        finally:
            lock.release()

    def is_locked(self, key: str) -> bool:
        """Whether a process works on the asset with these first digits right now."""
        with self.try_lock(key) as held:
            return not held

    @contextmanager
    def try_lock(self, key: str) -> Iterator[bool]:
        """Hold the lock of the assets with these first digits, unless somebody else does."""
        from filelock import FileLock, Timeout

        path = self.root / "locks" / f"{key}.lock"
        lock = FileLock(path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            lock.acquire(timeout=0)
        except (Timeout, PermissionError):
            yield False
            return
        try:
            yield True
        finally:
            lock.release()


def _key(digest: Digest) -> str:
    """What all spellings of one digest share: cards publish 8 digits or all 64."""
    return digest.hex[:SHORTEST_DIGEST]


def hash_file(path: Path) -> str:
    """SHA-256 of a file (lower-case hex), read in pieces."""
    sha256 = hashlib.sha256()
    buffer = memoryview(bytearray(DEFAULT_LIMITS.chunk_bytes))
    with environment_errors(path), path.open("rb", buffering=0) as stream:
        while count := stream.readinto(buffer):
            sha256.update(buffer[:count])
    return sha256.hexdigest()


class Note(NamedTuple):
    """What was noted about a file of the cache when it was last read.

    Attributes
    ----------
    file
        Its name; empty when nothing readable was noted.
    source, links
        Where the bytes came from, and the links of cards that stand for it.
    stat
        Size, times and inode.
    boot
        The start of the machine in which it was written, until it has been read in a later one.
    """

    file: str = ""
    source: str = ""
    links: tuple[str, ...] = ()
    stat: list[int] | None = None
    boot: str | None = None


def read_note(folder: Path) -> Note:
    """What was noted about the file in a folder of the cache."""
    try:
        found = json.loads(folder.with_suffix(".json").read_bytes())
        file, source, links = str(found["file"]), str(found["source"]), tuple(map(str, found["links"]))
        boot = None if found["boot"] is None else str(found["boot"])
        return Note(file if safe_name(file) == file else "", source, links, list(found["stat"]), boot)
    except (OSError, ValueError, TypeError, KeyError):
        return Note()


def write_note(folder: Path, note: Note) -> None:
    """Write down what is known about the file in a folder of the cache."""
    write_atomically(folder.with_suffix(".json"), json.dumps(note._asdict()).encode())


def safe_name(name: str) -> str:
    """A file name from a link, without anything a file system or a shell could trip over."""
    return re.sub(r"[^A-Za-z0-9._+-]", "_", name).lstrip(".")[-200:] or "asset"


def remove(path: Path) -> None:
    """Remove whatever lies there: a file, a link, a folder."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _note_use(folder: Path) -> None:
    """Let the note's time of change tell when the file was last used, to the day."""
    note = folder.with_suffix(".json")
    try:
        if time.time() - note.stat().st_mtime > _SECONDS_OF_A_DAY:
            os.utime(note)
    except OSError:
        _log.debug("%s: the time of use could not be noted", note)


def _fingerprint(status: os.stat_result) -> list[int]:
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]


@cache
def _boot() -> str | None:
    """What tells this start of the machine from others; None where the system does not say."""
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return None
