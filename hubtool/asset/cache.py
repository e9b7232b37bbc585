"""The cache: files by their full SHA-256, each with what its card called it.

<root>/sha256/<64 digits>/<file name>     the bytes
<root>/sha256/<64 digits>.json            source, and the size and times the bytes had when verified
<root>/partial/<8 digits>.part, .json     files being fetched, and where they come from
<root>/locks/                             one lock per asset
<root>/CACHEDIR.TAG                       for backup programs

Evaluations keep their ledgers below the same root; `hubtool.evaluation` handles those.
"""

from __future__ import annotations

import errno
import logging
import os
import shutil
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path

from hubtool.asset.adopt import adopt
from hubtool.asset.cachefolder import cache_folder
from hubtool.asset.intact import State, has_fingerprint, state_of
from hubtool.asset.notes import Note, boot_id, fingerprint_of, read_note, write_note
from hubtool.asset.verified import copy_verified
from hubtool.card.record import SHORTEST_DIGEST, Digest
from hubtool.errors import EnvironmentProblem
from hubtool.files import environment_errors, replace_file
from hubtool.locks import Lock

_log = logging.getLogger(__name__)
_SECONDS_OF_A_DAY = 86_400


@dataclass(frozen=True, slots=True)
class CachedFile:
    """A file of the cache; its bytes had this full SHA-256 when they were last read."""

    path: Path
    sha256: str
    size: int
    pieces: tuple[str, ...] = ()


class Cache:
    """Content-addressed storage below one folder, safe to share between processes.

    Parameters
    ----------
    read_only
        The folder belongs to somebody else: only `peek` at it. Its notes may come from other machines.
    """

    def __init__(self, root: Path, *, read_only: bool = False):
        self.root = root
        self.read_only = read_only

    def peek(
        self, digest: Digest, name: str, *, links: Collection[str] = (), rehash: bool = False
    ) -> CachedFile | None:
        """The intact file with that digest, or None. Writes nothing: a damaged file stays, with a warning.

        Somebody else's cache that cannot be read is skipped, with a warning. Parameters as for `find`.
        """
        try:
            return self._peek(digest, name, links, rehash=rehash)
        except EnvironmentProblem as error:
            if not self.read_only:
                raise
            _log.warning("%s; this cache is skipped", error.message)
            return None

    def _peek(self, digest: Digest, name: str, links: Collection[str], *, rehash: bool) -> CachedFile | None:
        with environment_errors(self.root):
            for path, note in self._candidates(digest, name, links):
                state = state_of(path, note, rehash=rehash, foreign=self.read_only)
                if state.intact:
                    return CachedFile(path, path.parent.name, state.size, note.pieces)
                if state.fault:
                    _log.warning("%s %s; skipped", path, state.fault)
        return None

    def find(
        self, digest: Digest, name: str, *, links: Collection[str] = (), rehash: bool = False, locked: bool = False
    ) -> CachedFile | None:
        """The intact file with that digest, or None; a file that is not intact is set aside to be repaired, or removed.

        A file whose size, times and inode are as recorded is taken as intact without reading it, unless `rehash`.
        Records that it was used, and what reading it showed.

        Parameters
        ----------
        links
            Where a file of which only the first digits are known may have come from: 32 bits are soon found again
            by somebody who looks for them, so another link's file does not count, whatever its digest begins with.
        locked
            Whether the caller holds the asset's lock. If another process does, a damaged file is left to that one.
        """
        with environment_errors(self.root):
            for path, note in self._candidates(digest, name, links):
                state = state_of(path, note, rehash=rehash, foreign=self.read_only)
                if state.intact:
                    if state.read:
                        self._note_read(path, note, state.fingerprint)
                    self.note_use(path.parent.name)
                    return CachedFile(path, path.parent.name, state.size, note.pieces)
                if state.fault:
                    with nullcontext(True) if locked else self.try_lock(_key(digest)) as held:
                        if held:  # else another process repairs it, or looks whether somebody does
                            self._set_aside(path, note, digest, state)
        return None

    def note_use(self, sha256: str) -> None:
        """Record in the note's time of change when a file was last used, to the day; does nothing for a missing file.

        Parameters
        ----------
        sha256
            All 64 digits.
        """
        note = (self.root / "sha256" / sha256).with_suffix(".json")
        try:
            if time.time() - note.stat().st_mtime > _SECONDS_OF_A_DAY:
                os.utime(note)
        except OSError:
            _log.debug("%s: cannot record the time of use", note)

    def _candidates(self, digest: Digest, name: str, links: Collection[str]) -> Iterator[tuple[Path, Note]]:
        """Where the file would be, and what is noted about it."""
        for folder in self._folders(digest):
            note = read_note(folder)
            if digest.kind != "full" and not note.links:
                _log.warning(
                    "%s: no record of its link, and a card's %d digits do not vouch for it", folder, len(digest.hex)
                )
            if digest.kind == "full" or set(note.links) & set(links):
                yield folder / (note.file or name), note

    def _note_read(self, path: Path, note: Note, fingerprint: list[int] | None) -> None:
        boot = note.boot if note.boot == boot_id() else None
        try:
            write_note(path.parent, note._replace(file=path.name, stat=fingerprint, boot=boot))
        except OSError:
            _log.info("%s is not writable: the file is read each time", path.parent.parent)

    def _set_aside(self, path: Path, note: Note, digest: Digest, state: State) -> None:
        """Leave a damaged file for the next transfer to repair, where that can be, or remove it; under the lock."""
        if state.fingerprint is not None and not has_fingerprint(path, state.fingerprint):
            return  # meanwhile another process set it aside, or put the right file there
        with suppress(PermissionError):  # a file of another user can be removed, but not be shortened
            if adopt(path, self.partial_path(digest), note):
                _log.warning("%s %s; what is right of it is used", path, state.fault)
                return
        remove(path)
        _log.warning("%s %s; removed", path, state.fault)

    def _folders(self, digest: Digest) -> list[Path]:
        if digest.kind == "full":
            return [self.root / "sha256" / digest.hex]
        return sorted((self.root / "sha256").glob(f"{digest.hex}*/"))

    def add(
        self, fetched: Path, sha256: str, name: str, source: str, link: str, pieces: tuple[str, ...] = ()
    ) -> CachedFile:
        """Move a complete, verified file to its final name.

        Parameters
        ----------
        source, link
            Where the bytes came from, and the link of the card that asked for them.
        pieces
            Digests of its pieces, as `PieceHasher.digests`.
        """
        folder = self.root / "sha256" / sha256
        path = folder / name
        with environment_errors(self.root):
            if folder.is_symlink() or not folder.is_dir():
                remove(folder)  # whatever has the name of a folder
            cache_folder(self.root, "sha256", sha256)
            if path.is_dir():
                remove(path)  # or of a file
            _move(fetched, path, sha256)
            links = {*read_note(folder).links, link}
            write_note(folder, Note(name, source, tuple(sorted(links)), fingerprint_of(path.stat()), boot_id(), pieces))
        return CachedFile(path, sha256, path.stat().st_size, pieces)

    def partial_path(self, digest: Digest) -> Path:
        """Where a file with that digest is while it is being fetched."""
        with environment_errors(self.root):
            folder = cache_folder(self.root, "partial")
        return folder / f"{_key(digest)}.part"

    @contextmanager
    def lock(self, digest: Digest) -> Iterator[None]:
        """Hold the lock of one asset; it ends with its holder."""

        def say(holder: str) -> None:
            who = f" ({holder})" if holder else ""
            _log.warning("waiting for another process that is fetching %s%s", digest.hex, who)

        with environment_errors(self.root):
            lock = Lock(cache_folder(self.root, "locks") / f"{_key(digest)}.lock")
            lock.acquire(say)
        try:
            yield
        finally:
            lock.release()

    def is_locked(self, key: str) -> bool:
        """Whether a process is working on the asset with these first digits right now."""
        with self.try_lock(key) as held:
            return not held

    @contextmanager
    def try_lock(self, key: str) -> Iterator[bool]:
        """Hold the lock of the assets with these first digits, unless somebody else does or the cache is read-only."""
        path = self.root / "locks" / f"{key}.lock"
        lock = Lock(path)
        try:
            cache_folder(self.root, "locks")
            held = lock.try_acquire()
        except OSError as error:
            if error.errno not in {errno.EACCES, errno.EPERM, errno.EROFS}:
                raise
            held = False
        try:
            yield held
        finally:
            lock.release()


def _key(digest: Digest) -> str:
    """What all spellings of one digest share: cards publish 8 digits or all 64."""
    return digest.hex[:SHORTEST_DIGEST]


def _move(fetched: Path, path: Path, sha256: str) -> None:
    """Give a fetched file its final name, also where that is on another disk.

    Raises
    ------
    DigestMismatch
        The file was changed while it was copied to the other disk.
    OSError
        The system refuses.
    """
    try:
        replace_file(fetched, path)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        copy_verified(fetched, path, sha256)
        fetched.unlink()


def remove(path: Path) -> None:
    """Remove whatever is there: a file, a link, a folder."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
