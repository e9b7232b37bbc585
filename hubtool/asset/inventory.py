"""What a cache holds, and how to remove it."""

from __future__ import annotations

import errno
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from hubtool.asset.cache import Cache
from hubtool.asset.intact import hash_if_there
from hubtool.asset.notes import read_note, safe_name
from hubtool.card.record import FULL_DIGEST_LENGTH, SHORTEST_DIGEST, Digest
from hubtool.files import environment_errors

_OF_WINDOWS = {"thumbs.db", "desktop.ini"}
_STILL_OPEN = {errno.EBUSY, errno.ENOTEMPTY}
"""What a network file system says of a folder with a removed file that a process still has open."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A file of a cache.

    Attributes
    ----------
    source
        Where it was fetched from; empty when that was not recorded.
    used
        When it was last asked for, in seconds since 1970, to the day.
    """

    path: Path
    sha256: str
    size: int
    source: str
    used: float

    @property
    def name(self) -> str:
        """What its card called it."""
        return self.path.name

    def to_json(self) -> dict[str, object]:
        """Keys `name`, `sha256`, `size`, `path`, `source`, `last_used` (seconds since 1970)."""
        return {
            "name": self.name,
            "sha256": self.sha256,
            "size": self.size,
            "path": str(self.path),
            "source": self.source,
            "last_used": round(self.used),
        }


@dataclass(frozen=True, slots=True)
class Leftover:
    """Something in a cache besides its files: an unfinished transfer, or a note or folder without its file."""

    path: Path
    size: int


def kept(cache: Cache) -> list[Kept]:
    """The files of a cache, by name."""
    found = []
    with environment_errors(cache.root):
        for folder in _folders(cache):
            note = read_note(folder)
            for path in _own(folder):
                if path.is_file() and not path.is_symlink():
                    with suppress(FileNotFoundError):  # another process moves it right now
                        status = path.stat()
                        noted = folder.with_suffix(".json")
                        used = noted.stat().st_mtime if noted.exists() else status.st_mtime
                        found.append(Kept(path, folder.name, status.st_size, note.source, used))
    return sorted(found, key=lambda file: (file.name, file.sha256))


def unrepaired(cache: Cache) -> list[Kept]:
    """Damaged files whose repair did not come to its end, by name: their paths are empty, their bytes set aside."""
    found = []
    with environment_errors(cache.root):
        for noted in sorted((cache.root / "sha256").glob("*.json")):
            folder, note = noted.with_suffix(""), read_note(noted.with_suffix(""))
            partial = cache.root / "partial" / f"{folder.name[:SHORTEST_DIGEST]}.part"
            known = len(folder.name) == FULL_DIGEST_LENGTH and note.file
            if known and _is_orphan(noted) and partial.is_file():
                with suppress(FileNotFoundError):  # another process completes it right now
                    size, used = partial.stat().st_size, noted.stat().st_mtime
                    found.append(Kept(folder / note.file, folder.name, size, note.source, used))
    return sorted(found, key=lambda file: (file.name, file.sha256))


def select(files: Iterable[Kept], *, older_than: float | None, used_by: Iterable[Digest] | None) -> list[Kept]:
    """The files to remove.

    Parameters
    ----------
    older_than
        Seconds since they were last used; None for any age.
    used_by
        Digests of the files that cards link, which stay; None when that does not matter.
    """
    now = time.time()
    prefixes = None if used_by is None else [digest.hex for digest in used_by]
    return [
        file
        for file in files
        if (older_than is None or now - file.used >= older_than)
        and (prefixes is None or not any(file.sha256.startswith(prefix) for prefix in prefixes))
    ]


def matching(files: Iterable[Kept], name: str) -> list[Kept]:
    """The files with that name, or whose digest begins so (4 digits at least)."""
    wanted = name.casefold()
    digits = len(wanted) >= 4 and not set(wanted) - set("0123456789abcdef")
    return [file for file in files if file.name == name or (digits and file.sha256.startswith(wanted))]


def is_right(file: Kept) -> bool:
    """Whether a file is there and still has its digest; reads all of it."""
    return hash_if_there(file.path) == file.sha256


def forget(cache: Cache, file: Kept) -> bool:
    """Remove a file and its notes, unless a process is working on it right now."""
    folder = file.path.parent
    with environment_errors(folder), cache.try_lock(file.sha256[:SHORTEST_DIGEST]) as held:
        if held:
            file.path.unlink(missing_ok=True)
            if not _own(folder):
                _remove_folder(folder)
        return held


def leftovers(cache: Cache) -> Iterator[Leftover]:
    """Unfinished transfers that no process is working on, and notes and folders without a file."""
    with environment_errors(cache.root):
        for path in sorted((cache.root / "partial").glob("*.part")):
            if not cache.is_locked(path.stem):
                yield Leftover(path, path.stat().st_size)
                if (notes := path.with_suffix(".json")).exists():
                    yield Leftover(notes, notes.stat().st_size)
        for folder in _folders(cache):
            if not _own(folder):
                yield Leftover(folder, 0)
        for note in sorted((cache.root / "sha256").glob("*.json")):
            if _is_orphan(note):
                yield Leftover(note, note.stat().st_size)


def _is_orphan(note: Path) -> bool:
    folder = note.with_suffix("")
    return not folder.is_dir() or not _own(folder)


def clear(cache: Cache, leftover: Leftover) -> bool:
    """Remove a leftover, unless a process is working on its asset or has completed it meanwhile."""
    path = leftover.path
    with environment_errors(path), cache.try_lock(path.name[:SHORTEST_DIGEST]) as held:
        if not held:
            return False
        if path.is_dir():
            return not _own(path) and _remove_folder(path)
        if path.parent.name == "partial" or _is_orphan(path):
            path.unlink(missing_ok=True)
        return True


def _folders(cache: Cache) -> list[Path]:
    root = cache.root / "sha256"
    if not root.is_dir():
        return []
    return sorted(path for path in root.iterdir() if path.is_dir() and len(path.name) == FULL_DIGEST_LENGTH)


def _own(folder: Path) -> list[Path]:
    """What a folder holds, without the `.DS_Store`, `._*`, `Thumbs.db` and `.nfs*` of systems, and copies cut short."""
    return sorted(
        path
        for path in folder.iterdir()
        if safe_name(path.name) == path.name and path.name.casefold() not in _OF_WINDOWS
    )


def _remove_folder(folder: Path) -> bool:
    """Remove a folder and its note; False, with the note kept, where a file in it is still open."""
    try:
        shutil.rmtree(folder)
    except OSError as error:
        if error.errno not in _STILL_OPEN:
            raise
        return False
    folder.with_suffix(".json").unlink(missing_ok=True)
    return True
