"""SHA-256 of a file as it arrives: of the bytes as sent, of their pieces, and of what they stand for when decoded."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread

from hubtool.asset.codings import CodingError, Decoder, decoder
from hubtool.asset.limits import DEFAULT_LIMITS
from hubtool.asset.pieces import PieceHasher
from hubtool.descriptors import read_at
from hubtool.errors import HubtoolError

_BUFFERS = 8


@dataclass(frozen=True, slots=True)
class Found:
    """What arrived, as digests of 64 lower-case hexadecimal digits each.

    Attributes
    ----------
    sha256
        Of the bytes as they were sent.
    pieces
        Of their pieces, as `PieceHasher.digests`.
    decoded
        Of what is left when the first coding is undone, the first two, and so on; None where that cannot be done.
    too_long
        Whether what they stand for is longer than allowed.
    """

    sha256: str
    pieces: tuple[str, ...] = ()
    decoded: tuple[str | None, ...] = ()
    too_long: bool = False


class _Layer:
    """One coding undone, and the codings below it."""

    def __init__(self, codings: Sequence[str], most: int):
        self._decoder: Decoder | None = decoder(codings[0])
        self._sha256 = hashlib.sha256()
        self._left = most
        self.too_long = False
        self.below = _Layer(codings[1:], most) if len(codings) > 1 else None

    def update(self, data: bytes | memoryview) -> None:
        if self._decoder is None:
            return
        try:
            for piece in self._decoder.feed(data):
                self._take(piece)
        except CodingError:
            self._decoder = None

    def results(self) -> tuple[str | None, ...]:
        if self._decoder is not None:
            try:
                for piece in self._decoder.finish():
                    self._take(piece)
            except CodingError:
                self._decoder = None
        own = None if self._decoder is None else self._sha256.hexdigest()
        if self.below is None:
            return (own,)
        below = self.below.results()
        self.too_long = self.too_long or self.below.too_long
        return (own, *(below if own is not None else [None] * len(below)))

    def _take(self, piece: bytes) -> None:
        self._left -= len(piece)
        if self._left < 0:
            self.too_long = True
            raise CodingError("longer than allowed")
        self._sha256.update(piece)
        if self.below is not None:
            self.below.update(piece)


class Hasher:
    """SHA-256 in a separate thread: hashing and receiving take about the same time, and neither holds the GIL.

    The bytes pass through a few buffers that are used again and again. New memory for each chunk would have to be
    mapped page by page, which takes as long as hashing it.

    Parameters
    ----------
    descriptor, size
        The file, and how many bytes of it are there already.
    codings
        What may have to be undone, as `decodable` gives it.
    most
        The largest number of bytes to decode.
    """

    def __init__(self, descriptor: int, size: int, codings: Sequence[str] = (), most: int = 0):
        self._sha256 = hashlib.sha256()
        self._pieces = PieceHasher()
        self._layer = _Layer(codings, most) if codings else None
        self._full: SimpleQueue[memoryview | None] = SimpleQueue()
        self._free: SimpleQueue[memoryview] = SimpleQueue()
        self._room: memoryview | None = None
        self._buffers = 0
        self._error: HubtoolError | OSError | None = None
        self._stopping = False
        self._found: Found | None = None
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

    def result(self) -> Found:
        """The digests of all bytes; ends the hashing. Raises what kept the file from being read."""
        self._finish()
        if self._error is not None:
            raise self._error
        if self._found is None:
            decoded = self._layer.results() if self._layer is not None else ()
            too_long = self._layer is not None and self._layer.too_long
            self._found = Found(self._sha256.hexdigest(), self._pieces.digests(), decoded, too_long)
        return self._found

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
                self._update(chunk)
            self._free.put(memoryview(chunk.obj))

    def _read_back(self, descriptor: int, size: int) -> None:
        """Hash what an earlier process fetched."""
        position = 0
        # Not to the end of the file: it keeps growing, and the new bytes come through `feed`.
        while position < size and not self._stopping:
            chunk = read_at(descriptor, min(DEFAULT_LIMITS.chunk_bytes, size - position), position)
            if not chunk:
                return
            self._update(memoryview(chunk))
            position += len(chunk)

    def _update(self, chunk: memoryview) -> None:
        self._sha256.update(chunk)
        self._pieces.update(chunk)
        if self._layer is not None:
            self._layer.update(chunk)
