"""Compiled models, kept beside the ledgers so that a network is prepared once on a machine.

A folder per model, named by the digest of all that it depends on: the weights, the network, the shape, the versions of
the libraries, the processor. Its `manifest.json` is written last and holds the digest of every other file, so a folder
that was interrupted or damaged is made anew and never used.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from hubtool.asset.cachefolder import cache_folder
from hubtool.asset.intact import hash_file
from hubtool.files import environment_errors, write_atomically
from hubtool.locks import Lock

_MANIFEST = "manifest.json"
_LOCK = "lock"
_NAME = re.compile(r"[0-9a-f]{64}")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Compilation:
    """The folder of one compiled model.

    Attributes
    ----------
    folder
        Where its files are, or have to be written.
    is_whole
        Whether they are there, as they were when they were kept.
    """

    folder: Path
    is_whole: bool

    def keep(self) -> None:
        """The files in the folder are all there: use them the next time. Raises EnvironmentProblem."""
        with environment_errors(self.folder):
            document = {"files": {path.name: hash_file(path) for path in _files(self.folder)}}
            write_atomically(self.folder / _MANIFEST, json.dumps(document, indent=1).encode())


@contextmanager
def compilation(root: Path | None, inputs: Mapping[str, object]) -> Iterator[Compilation]:
    """The folder of the compiled model with these inputs, which no other process uses until the block ends.

    A folder that cannot be used, because it is locked or cannot be written, is replaced by a temporary one.

    Parameters
    ----------
    root
        Where the folders are; None for a temporary one.
    inputs
        All that the model depends on, as values that JSON knows.

    Raises
    ------
    EnvironmentProblem
        What an interrupted or damaged compilation left cannot be removed.
    """
    folder = root / hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest() if root else None
    lock = _locked(folder) if folder else None
    if folder is None or lock is None:
        with tempfile.TemporaryDirectory(prefix="hubtool-") as temporary:
            yield Compilation(Path(temporary), is_whole=False)
        return
    try:
        yield Compilation(folder, is_whole=_is_whole(folder))
    finally:
        lock.release()


def _locked(folder: Path) -> Lock | None:
    """The lock of a folder, which is created if need be; None where it cannot be had at once."""
    lock = Lock(folder / _LOCK)
    try:
        cache_folder(folder.parent.parent, folder.parent.name, folder.name)
        if lock.try_acquire():
            return lock
        _log.debug("%s: another process is preparing the same model", folder)
    except OSError as error:
        _log.warning("%s: %s; the compiled model is not kept", folder, error.strerror)
    return None


def _is_whole(folder: Path) -> bool:
    """Whether a folder holds what was kept in it; if not, it is emptied."""
    with environment_errors(folder):
        try:
            kept = json.loads((folder / _MANIFEST).read_bytes())["files"]
        except (OSError, ValueError, KeyError, TypeError):
            kept = None
        if kept is not None and kept == {path.name: hash_file(path) for path in _files(folder)}:
            (folder / _MANIFEST).touch()  # when it was last used
            return True
        if kept is not None:
            _log.warning("%s: the compiled model is not as it was written, and is made anew", folder)
        (folder / _MANIFEST).unlink(missing_ok=True)
        for path in _files(folder):
            path.unlink()
    return False


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.name not in {_MANIFEST, _LOCK, f"{_LOCK}.owner"})


@dataclass(frozen=True, slots=True)
class KeptModel:
    """A compiled model in the cache.

    Attributes
    ----------
    size
        In bytes, of all its files.
    used
        When it was last used, in seconds since 1970.
    """

    path: Path
    size: int
    used: float

    def to_json(self) -> dict[str, object]:
        """Keys `path`, `size`, `last_used` (seconds since 1970)."""
        return {"path": str(self.path), "size": self.size, "last_used": round(self.used)}


def compiled_models_of(cache_root: Path) -> Path:
    """Where compiled models are in a cache."""
    return cache_root / "compiled"


def kept_models(cache_root: Path, *, older_than: float | None = None) -> list[KeptModel]:
    """The compiled models of a cache, by name, and what interrupted compilations left.

    Parameters
    ----------
    older_than
        Only those that were not used for so many seconds; None for all.

    Raises
    ------
    EnvironmentProblem
        The system does not let the folder be read.
    """
    root, now, found = compiled_models_of(cache_root), time.time(), []
    with environment_errors(root):
        for folder in sorted(root.iterdir()) if root.is_dir() else ():
            if not _NAME.fullmatch(folder.name) or folder.is_symlink() or not folder.is_dir():
                continue
            used = _last_used(folder)
            if older_than is None or now - used >= older_than:
                found.append(KeptModel(folder, sum(path.stat().st_size for path in _files(folder)), used))
    return found


def forget_model(model: KeptModel) -> bool:
    """Remove a compiled model, unless a process is opening it right now or has done so since it was listed.

    A session that opened it before keeps working: the system keeps the files until they are closed.

    Raises
    ------
    EnvironmentProblem
        The system refuses.
    """
    if not model.path.is_dir() or (lock := _locked(model.path)) is None:
        return False
    try:
        with environment_errors(model.path):
            if _last_used(model.path) != model.used:
                return False
            with suppress(PermissionError):  # Windows removes no open file, and the lock is one
                shutil.rmtree(model.path)
    finally:
        lock.release()
    if model.path.exists():
        with environment_errors(model.path):
            shutil.rmtree(model.path)
    return True


def _last_used(folder: Path) -> float:
    """When a compiled model was last used, or what was interrupted last wrote to its folder."""
    manifest = folder / _MANIFEST
    return (manifest if manifest.exists() else folder).stat().st_mtime
