"""Undoing the content codings that a server names, in pieces of bounded size, however far the bytes expand.

A label is only advice: some servers name a coding that the bytes do not have, or that the file itself has.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Protocol

_PIECE_BYTES = 256 * 1024
_ANY_ZLIB_OR_GZIP = 47
_RAW_DEFLATE = -15
_GZIP_START = b"\x1f\x8b"
_CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]{1,12})(?:;[^\r\n]*)?\r\n")
_LONGEST_CHUNK_LINE = 1024


class CodingError(ValueError):
    """Bytes do not have the coding that they are labelled with."""


class Decoder(Protocol):
    """Undoes one coding."""

    def feed(self, data: bytes | memoryview) -> Iterator[bytes]:
        """What the next bytes stand for. Raises CodingError."""

    def finish(self) -> Iterator[bytes]:
        """What is left at the end. Raises CodingError when the bytes end too early."""


class _Inflater:
    """gzip, of several members too, and deflate with and without the header of zlib."""

    def __init__(self) -> None:
        self._waiting = b""
        self._inflate: zlib._Decompress | None = None
        self._complete = False

    def feed(self, data: bytes | memoryview) -> Iterator[bytes]:
        rest: bytes | memoryview = b"".join((self._waiting, data)) if self._waiting else data
        self._waiting = b""
        while len(rest):
            if self._inflate is None:
                if len(rest) < len(_GZIP_START):
                    self._waiting = bytes(rest)
                    return
                if self._complete and bytes(rest[:2]) != _GZIP_START:
                    return  # padding behind the last member
                self._inflate = zlib.decompressobj(_window_bits(rest))
                self._complete = False
            try:
                piece = self._inflate.decompress(rest, _PIECE_BYTES)
            except zlib.error as error:
                raise CodingError(str(error)) from error
            if piece:
                yield piece
            rest = self._inflate.unconsumed_tail
            if self._inflate.eof:
                rest = self._inflate.unused_data
                self._inflate, self._complete = None, True

    def finish(self) -> Iterator[bytes]:
        if self._inflate is not None:
            while piece := self._inflate.decompress(b"", _PIECE_BYTES):
                yield piece
            self._complete = self._inflate.eof
        if not self._complete:
            raise CodingError("the encoded bytes end too early")


def _window_bits(start: bytes | memoryview) -> int:
    # What HTTP calls deflate has a zlib header; some servers send none.
    first, second = start[0], start[1]
    has_header = (first, second) == tuple(_GZIP_START) or (first & 15 == 8 and (first * 256 + second) % 31 == 0)
    return _ANY_ZLIB_OR_GZIP if has_header else _RAW_DEFLATE


class _ChunkedUpload:
    """The frames of an upload to S3, `<length>;chunk-signature=…`, which some stores keep with the file."""

    def __init__(self) -> None:
        self._waiting = b""
        self._left = 0
        self._last = False

    def feed(self, data: bytes | memoryview) -> Iterator[bytes]:
        rest = memoryview(b"".join((self._waiting, data)))
        self._waiting = b""
        while rest and not self._last:
            if self._left:
                piece = bytes(rest[: self._left])
                rest = rest[len(piece) :]
                self._left -= len(piece)
                yield piece
                continue
            line = _next_line(rest)
            if line is None:
                self._waiting = bytes(rest)
                return
            rest = rest[line.end() :]
            self._left = int(line[1], 16)
            self._last = not self._left

    def finish(self) -> Iterator[bytes]:
        if not self._last:
            raise CodingError("the frames end too early")
        yield from ()


def _next_line(rest: memoryview) -> re.Match[bytes] | None:
    """The line before the next frame, with the end of the one before; None when more bytes are needed."""
    start = bytes(rest[:_LONGEST_CHUNK_LINE])
    skipped = 2 if start.startswith(b"\r\n") else 0
    found = _CHUNK_LINE.match(start, skipped)
    if found is None and (len(start) == _LONGEST_CHUNK_LINE or b"\n" in start[skipped:]):
        raise CodingError("not frames of an upload")
    return found


_DECODERS: dict[str, Callable[[], Decoder]] = {
    "gzip": _Inflater,
    "x-gzip": _Inflater,
    "deflate": _Inflater,
    "aws-chunked": _ChunkedUpload,
}


def decodable(label: str) -> tuple[str, ...]:
    """The codings of a Content-Encoding that can be undone, in the order in which to undo them.

    Others are passed over: `utf-8` is no coding, and where the bytes have one that hubtool does not know, the digest
    shows it.
    """
    named = [part.strip() for part in label.casefold().split(",")]
    return tuple(coding for coding in reversed(named) if coding in _DECODERS)


def decoder(coding: str) -> Decoder:
    """A decoder for one of the codings that `decodable` gives."""
    return _DECODERS[coding]()


def decoded(data: Iterable[bytes], codings: Iterable[str]) -> Iterator[bytes]:
    """Bytes with several codings undone, one after the other.

    Raises
    ------
    CodingError
        The bytes do not have one of them, or end too early.
    """
    for coding in codings:
        data = _undone(data, decoder(coding))
    yield from data


def decoded_start(start: bytes, codings: Iterable[str]) -> bytes:
    """What the first bytes of a file stand for, as far as they can be decoded; themselves where they cannot."""
    pieces = decoded([start], codings)
    found = b""
    with suppress(CodingError):
        for piece in pieces:
            found += piece[: len(start)]
    return found or start


def _undone(data: Iterable[bytes], undo: Decoder) -> Iterator[bytes]:
    for piece in data:
        yield from undo.feed(piece)
    yield from undo.finish()
