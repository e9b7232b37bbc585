"""The cache: files by their full SHA-256, each with what its card called it.

<root>/sha256/<64 digits>/<file name>     the bytes
<root>/sha256/<64 digits>.json            source, and the size and times the bytes had when verified
<root>/partial/                           files on their way in
<root>/locks/                             one lock an asset
"""

from __future__ import annotations

import errno
import hashlib
import json
import logging
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hubtool.asset.limits import DEFAULT_LIMITS
from hubtool.card.record import Digest
from hubtool.errors import EnvironmentProblem
from hubtool.files import write_atomically
from hubtool.progress import SILENT, Progress

_log = logging.getLogger(__name__)
_SECONDS_OF_SILENCE = 1.0


@dataclass(frozen=True, slots=True)
class CachedFile:
    """A file of the cache; its bytes had this full SHA-256 when they were written."""

    path: Path
    sha256: str
    size: int


class Cache:
    """Content-addressed storage below one folder, safe to share between processes."""

    def __init__(self, root: Path):
        self.root = root

    def find(self, digest: Digest, name: str) -> CachedFile | None:
        """The intact file with that digest, or None; bytes that changed since are removed.

        A file whose size, times and inode are as recorded is taken as intact without reading it.
        """
        with environment_errors(self.root):
            for folder in sorted((self.root / "sha256").glob(f"{digest.hex}*/")):
                entry = _read_entry(folder)
                path = folder / Path(str(entry.get("file") or name)).name
                if path.is_file() and _is_intact(path, folder.name, entry):
                    return CachedFile(path, folder.name, path.stat().st_size)
        return None

    def add(self, partial: Path, sha256: str, name: str, source: str) -> CachedFile:
        """Move a complete, verified partial file to its final name."""
        folder = self.root / "sha256" / sha256
        path = folder / name
        with environment_errors(self.root):
            folder.mkdir(parents=True, exist_ok=True)
            partial.replace(path)
            _write_entry(folder, path, source)
        return CachedFile(path, sha256, path.stat().st_size)

    @contextmanager
    def partial(self) -> Iterator[Path]:
        """A name for a file on its way in; whatever is left there at the end is removed."""
        with environment_errors(self.root):
            folder = self.root / "partial"
            folder.mkdir(parents=True, exist_ok=True)
        path = folder / secrets.token_hex(16)
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)

    @contextmanager
    def lock(self, key: str) -> Iterator[None]:
        """Hold the lock of one asset; the kernel releases it when its holder dies."""
        from filelock import FileLock, Timeout

        with environment_errors(self.root):
            folder = self.root / "locks"
            folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(folder / f"{key}.lock")
            try:
                lock.acquire(timeout=_SECONDS_OF_SILENCE)
            except Timeout:
                _log.warning("waiting for another process that fetches %s", key)
                lock.acquire()
        try:
            yield
        finally:
            lock.release()


def write_hashed(chunks: Iterable[bytes], path: Path, progress: Progress = SILENT) -> str:
    """Write chunks to a file, flush it to the disk, and return its SHA-256 (lower-case hex)."""
    sha256 = hashlib.sha256()
    with path.open("wb") as stream:
        for chunk in chunks:
            sha256.update(chunk)
            with environment_errors(path.parent):
                stream.write(chunk)
            progress.advance(len(chunk))
        with environment_errors(path.parent):
            stream.flush()
            os.fsync(stream.fileno())
    return sha256.hexdigest()


def hash_file(path: Path) -> str:
    """SHA-256 of a file (lower-case hex), read in pieces."""
    sha256 = hashlib.sha256()
    with environment_errors(path), path.open("rb") as stream:
        while chunk := stream.read(DEFAULT_LIMITS.chunk_bytes):
            sha256.update(chunk)
    return sha256.hexdigest()


@contextmanager
def environment_errors(path: Path) -> Iterator[None]:
    """Turn what the file system refuses into an `EnvironmentProblem` that names the file or folder."""
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise EnvironmentProblem(f"{path}: the disk is full", hint="free space, or name another folder") from error
        raise EnvironmentProblem(
            f"{path}: {error.strerror or error}", hint="mend its permissions, or name another folder"
        ) from error


def _is_intact(path: Path, sha256: str, entry: dict[str, Any]) -> bool:
    """Whether a cached file still is what was verified; one that is not is removed."""
    if entry.get("stat") == _fingerprint(path.stat()):
        return True
    if hash_file(path) != sha256:
        _log.warning("%s was changed since it was verified; removed", path)
        path.unlink()
        return False
    try:
        _write_entry(path.parent, path, str(entry.get("source", "")))
    except OSError:
        _log.info("%s is not writable: the file is hashed each time", path.parent.parent)
    return True


def _fingerprint(stat: os.stat_result) -> list[int]:
    return [stat.st_size, stat.st_mtime_ns, stat.st_ino]


def _read_entry(folder: Path) -> dict[str, Any]:
    try:
        entry = json.loads(folder.with_suffix(".json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return entry if isinstance(entry, dict) else {}


def _write_entry(folder: Path, path: Path, source: str) -> None:
    entry = {"file": path.name, "source": source, "stat": _fingerprint(path.stat())}
    write_atomically(folder.with_suffix(".json"), json.dumps(entry).encode())
