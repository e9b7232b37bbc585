"""A file being fetched: bytes on disk, hashed by a second thread, and what is needed to resume after a crash."""

from __future__ import annotations

import io
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import BinaryIO

from hubtool.asset.codings import decodable, decoded
from hubtool.asset.hashing import Found, Hasher
from hubtool.asset.limits import DEFAULT_LIMITS
from hubtool.descriptors import WRITING, append, read_at
from hubtool.errors import DigestMismatch
from hubtool.files import environment_errors, write_atomically

_HEAD_BYTES = 1024


@dataclass(frozen=True, slots=True)
class Origin:
    """What a server said of the file whose beginning a partial holds.

    Attributes
    ----------
    etag, modified
        ETag and Last-Modified, as sent.
    total
        Length of the whole file in bytes, as sent; None when it was not announced.
    coding
        Content-Encoding, as sent; empty for none.
    pieces
        Digests of the pieces of the right file, as `PieceHasher.digests`; empty where they are not known.
    """

    url: str
    etag: str | None = None
    modified: str | None = None
    total: int | None = None
    coding: str = ""
    pieces: tuple[str, ...] = ()


class Partial:
    """The bytes fetched so far, as they were sent; the holder also holds the lock of the asset.

    Nothing waits in this process: a chunk is on its way to the disk when `append` returns, so that a process that is
    killed loses no more than the chunk it was reading.

    Parameters
    ----------
    most
        The largest file to make of encoded bytes.
    """

    def __init__(self, path: Path, most: int = DEFAULT_LIMITS.max_unannounced_bytes):
        self.path = path
        self._most = most
        self._notes = _notes_of(path)
        with environment_errors(path):
            self._descriptor = _opened(path)
            self.size = os.lseek(self._descriptor, 0, os.SEEK_END)
        self.origin = _read_origin(path)
        self._hasher = self._new_hasher()

    def begin(self, origin: Origin) -> None:
        """Forget all bytes and note where the next ones come from."""
        self.restart()
        with environment_errors(self._notes):
            write_origin(self.path, origin)
        self.origin = origin
        if decodable(origin.coding):
            self._hasher.stop()
            self._hasher = self._new_hasher()

    def room(self) -> memoryview:
        """Memory for the next bytes, always the same until they are appended; waits until the hashing leaves some."""
        return self._hasher.room()

    def append(self, chunk: memoryview) -> None:
        """Write bytes behind the others. Raises EnvironmentProblem when the disk refuses.

        Parameters
        ----------
        chunk
            The beginning of what `room` gave, with bytes in it.
        """
        self._write(chunk)
        self.size += len(chunk)
        self._hasher.feed(chunk)

    def append_copy(self, data: bytes) -> None:
        """Write bytes that are somewhere else than in `room`, and not more than it takes."""
        room = self.room()[: len(data)]
        room[:] = data
        self.append(room)

    def restart(self) -> None:
        """Forget all bytes."""
        self._hasher.stop()
        with environment_errors(self.path):
            if self.size:  # an empty file that is truncated is flushed by ext4 when it is closed, however long by then
                os.ftruncate(self._descriptor, 0)
                os.lseek(self._descriptor, 0, os.SEEK_SET)
        self._notes.unlink(missing_ok=True)
        self.size = 0
        self.origin = None
        self._hasher = self._new_hasher()

    def found(self) -> Found:
        """The digests of all bytes; ends the hashing."""
        return self._hasher.result()

    def sha256(self) -> str:
        """SHA-256 of all bytes (64 lower-case hexadecimal digits); ends the hashing."""
        return self.found().sha256

    def decode(self, depth: int) -> None:
        """Put what the bytes stand for in their place, and hash it.

        Parameters
        ----------
        depth
            How many of the origin's codings to undo.

        Raises
        ------
        CodingError
            The bytes do not have these codings.
        EnvironmentProblem
            The disk refuses.
        """
        origin = self.origin or Origin("")
        with environment_errors(self.path), tempfile.TemporaryFile(dir=self.path.parent) as sent:
            for position in range(0, self.size, DEFAULT_LIMITS.chunk_bytes):
                sent.write(read_at(self._descriptor, DEFAULT_LIMITS.chunk_bytes, position))
            sent.seek(0)
            self.begin(Origin(origin.url))
            chunks = iter(lambda: sent.read(DEFAULT_LIMITS.chunk_bytes), b"")
            for piece in decoded(chunks, decodable(origin.coding)[:depth]):
                self.append_copy(piece)

    def replace(self, data: memoryview, offset: int) -> None:
        """Write other bytes over some that are there; `rehash` has to follow the last of them."""
        with environment_errors(self.path):
            os.lseek(self._descriptor, offset, os.SEEK_SET)
            self._write(data)
            os.lseek(self._descriptor, 0, os.SEEK_END)

    def rehash(self) -> None:
        """Read all bytes again."""
        self._hasher.stop()
        self._hasher = self._new_hasher()

    def head(self) -> bytes:
        """The first bytes, to tell what they are."""
        return read_at(self._descriptor, _HEAD_BYTES, 0)

    def begins_with(self, data: bytes) -> bool:
        """Whether these are the first bytes, as far as there are as many."""
        there = read_at(self._descriptor, len(data), 0)
        return there == data[: len(there)]

    def close(self) -> None:
        """Leave the bytes, if there are any, for the next pull to resume."""
        self.seal()
        if not self.size:
            self.discard()

    def seal(self) -> None:
        """Close the file, so that every system can move or remove it; nothing is read or written after that."""
        self._hasher.stop()
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def discard(self) -> None:
        """Remove the bytes and the notes about them."""
        self.seal()
        self.path.unlink(missing_ok=True)
        self._notes.unlink(missing_ok=True)

    def _write(self, data: memoryview) -> None:
        with environment_errors(self.path):
            while data:
                data = data[append(self._descriptor, data) :]

    def _new_hasher(self) -> Hasher:
        codings = decodable(self.origin.coding) if self.origin is not None else ()
        return Hasher(self._descriptor, self.size, codings, self._most)


def write_origin(path: Path, origin: Origin) -> None:
    """Note where the bytes of the partial at a path come from. Raises OSError."""
    write_atomically(_notes_of(path), json.dumps(asdict(origin)).encode())


def _read_origin(path: Path) -> Origin | None:
    try:
        noted = json.loads(_notes_of(path).read_bytes())
        # Other versions of hubtool note more, or less.
        origin = Origin(**{field.name: noted[field.name] for field in fields(Origin) if field.name in noted})
        origin = replace(origin, pieces=tuple(map(str, origin.pieces)))
    except (OSError, ValueError, TypeError):
        return None
    fits = isinstance(origin.total, int | None) and all(
        isinstance(t, str | None) for t in (origin.etag, origin.modified)
    )
    return origin if fits and isinstance(origin.url, str) and isinstance(origin.coding, str) else None


def _notes_of(path: Path) -> Path:
    return path.with_suffix(".json")


def _opened(path: Path) -> int:
    """A descriptor of a partial file. One that another user left is replaced by a copy that this user may write."""
    try:
        return os.open(path, WRITING, 0o664)  # the umask decides about the group; others never write
    except PermissionError:
        if not path.is_file():
            raise
    try:
        theirs: BinaryIO = path.open("rb")
    except PermissionError:  # it cannot be read, either
        theirs = io.BytesIO()
    with theirs:
        path.unlink()
        descriptor = os.open(path, WRITING | os.O_EXCL, 0o664)
        with open(descriptor, "wb", closefd=False) as mine:
            shutil.copyfileobj(theirs, mine, DEFAULT_LIMITS.chunk_bytes)
    return descriptor


@contextmanager
def incoming(path: Path, most: int = DEFAULT_LIMITS.max_unannounced_bytes) -> Iterator[Partial]:
    """A partial at a path. It is removed when its bytes were used or were wrong; in all other cases it stays."""
    partial = Partial(path, most)
    try:
        yield partial
        partial.discard()
    except DigestMismatch:
        partial.discard()
        raise
    finally:
        partial.close()
