"""A file being fetched: bytes on disk, hashed by a second thread, and what is needed to resume after a crash."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import BinaryIO

from hubtool.asset.limits import DEFAULT_LIMITS
from hubtool.descriptors import WRITING, append, read_at
from hubtool.errors import DigestMismatch, HubtoolError
from hubtool.files import environment_errors, write_atomically

_BUFFERS = 8
_HEAD_BYTES = 1024


@dataclass(frozen=True, slots=True)
class Origin:
    """What a server said of the file whose beginning a partial holds.

    Attributes
    ----------
    etag, modified
        ETag and Last-Modified, as sent.
    total
        Length of the whole file in bytes; None when it was not announced.
    encoded
        Whether the bytes on disk were decoded on the way, so that no range of the server's bytes continues them.
    """

    url: str
    etag: str | None = None
    modified: str | None = None
    total: int | None = None
    encoded: bool = False


class Partial:
    """The bytes fetched so far; the holder also holds the lock of the asset.

    Nothing waits in this process: a chunk is on its way to the disk when `append` returns, so that a process that is
    killed loses no more than the chunk it was reading.
    """

    def __init__(self, path: Path):
        self.path = path
        self._notes = path.with_suffix(".json")
        with environment_errors(path):
            self._descriptor = _opened(path)
            self.size = os.lseek(self._descriptor, 0, os.SEEK_END)
        self._hasher = _Hasher(self._descriptor, self.size)
        self.origin = self._read_origin()
        if self.origin is not None and self.origin.encoded:
            self.restart()

    def begin(self, origin: Origin) -> None:
        """Forget all bytes and note where the next ones come from."""
        self.restart()
        with environment_errors(self._notes):
            write_atomically(self._notes, json.dumps(asdict(origin)).encode())
        self.origin = origin

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
        view = chunk
        with environment_errors(self.path):
            while view:
                view = view[append(self._descriptor, view) :]
        self.size += len(chunk)
        self._hasher.feed(chunk)

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
        self._hasher = _Hasher(self._descriptor, 0)

    def sha256(self) -> str:
        """SHA-256 of all bytes (64 lower-case hexadecimal digits); ends the hashing."""
        return self._hasher.result()

    def head(self) -> bytes:
        """The first bytes, to tell what they are."""
        return read_at(self._descriptor, _HEAD_BYTES, 0)

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

    def _read_origin(self) -> Origin | None:
        try:
            origin = Origin(**json.loads(self._notes.read_bytes()))
        except (OSError, ValueError, TypeError):
            return None
        fits = isinstance(origin.total, int | None) and all(
            isinstance(t, str | None) for t in (origin.etag, origin.modified)
        )
        return origin if fits and isinstance(origin.url, str) else None


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
def incoming(path: Path) -> Iterator[Partial]:
    """A partial at a path. It is removed when its bytes were used or were wrong; in all other cases it stays."""
    partial = Partial(path)
    try:
        yield partial
        partial.discard()
    except DigestMismatch:
        partial.discard()
        raise
    finally:
        partial.close()


class _Hasher:
    """SHA-256 in a separate thread: hashing and receiving take about the same time, and neither holds the GIL.

    The bytes pass through a few buffers that are used again and again. New memory for each chunk would have to be
    mapped page by page, which takes as long as hashing it.
    """

    def __init__(self, descriptor: int, size: int):
        self._sha256 = hashlib.sha256()
        self._full: SimpleQueue[memoryview | None] = SimpleQueue()
        self._free: SimpleQueue[memoryview] = SimpleQueue()
        self._room: memoryview | None = None
        self._buffers = 0
        self._error: HubtoolError | OSError | None = None
        self._stopping = False
        self._thread = Thread(target=self._run, args=(descriptor, size), daemon=True)
        self._thread.start()

    def room(self) -> memoryview:
        """A free buffer, always the same until it is fed."""
        if self._room is None:
            self._room = self._free_buffer()
        return self._room

    def feed(self, chunk: memoryview) -> None:
        """Hash the beginning of the buffer that `room` gave, and then free it."""
        self._room = None
        self._full.put(chunk)

    def result(self) -> str:
        self._finish()
        if self._error is not None:
            raise self._error
        return self._sha256.hexdigest()

    def stop(self) -> None:
        """End the hashing of bytes that nobody wants any more."""
        self._stopping = True
        self._finish()

    def _free_buffer(self) -> memoryview:
        try:
            return self._free.get(block=self._buffers == _BUFFERS)
        except Empty:
            self._buffers += 1
            return memoryview(bytearray(DEFAULT_LIMITS.chunk_bytes))

    def _finish(self) -> None:
        if self._thread.is_alive():
            self._full.put(None)
            self._thread.join()

    def _run(self, descriptor: int, size: int) -> None:
        try:
            self._read_back(descriptor, size)
        except OSError as error:
            self._error = error
        while (chunk := self._full.get()) is not None:
            if not self._stopping:
                self._sha256.update(chunk)
            self._free.put(memoryview(chunk.obj))

    def _read_back(self, descriptor: int, size: int) -> None:
        """Hash what an earlier process fetched."""
        position = 0
        # Not to the end of the file: it keeps growing, and the new bytes come through `feed`.
        while position < size and not self._stopping:
            chunk = read_at(descriptor, min(DEFAULT_LIMITS.chunk_bytes, size - position), position)
            if not chunk:
                return
            self._sha256.update(chunk)
            position += len(chunk)
