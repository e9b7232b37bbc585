"""From an answer to the bytes of a file: checks the framing and undoes encodings that nobody asked for."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from hubtool.asset.clock import Clock
from hubtool.asset.door import Unreachable
from hubtool.asset.failures import failure_reason
from hubtool.asset.limits import Limits
from hubtool.asset.policy import redacted
from hubtool.errors import TransferError

if TYPE_CHECKING:
    import requests

_ANY_ZLIB_OR_GZIP = 47
_RAW_DEFLATE = -15


def content_encoding(response: requests.Response) -> str:
    """How the body is encoded; empty for the file itself."""
    written = response.headers.get("Content-Encoding", "").strip().casefold()
    return "" if written == "identity" else written


def announced_length(response: requests.Response) -> int | None:
    """Content-Length of a body that is the file itself; None when there is none, or it is no number."""
    written = response.headers.get("Content-Length", "").strip()
    if content_encoding(response) or not (written.isascii() and written.isdigit()):
        return None
    return int(written)


def chunks(
    response: requests.Response, limits: Limits, clock: Clock, room: Callable[[], memoryview]
) -> Iterator[memoryview]:
    """The bytes of the file, as they arrive.

    Parameters
    ----------
    room
        Gives the memory to put the next bytes in; a chunk is the beginning of it.

    Raises
    ------
    Unreachable
        The body stalls, ends too early, or is framed or encoded wrongly; what came before was handed on.
    TransferError
        It is encoded in a way that hubtool cannot undo.
    """
    encoding = content_encoding(response)
    if not encoding:
        return _arriving(response.raw, limits, clock, room)
    if encoding not in {"gzip", "x-gzip", "deflate"}:
        raise TransferError(f"{redacted(response.url)}: the server insists on the encoding {encoding}")
    encoded = memoryview(bytearray(limits.chunk_bytes))
    return _decoded(_arriving(response.raw, limits, clock, lambda: encoded), room)


def _arriving(raw: Any, limits: Limits, clock: Clock, room: Callable[[], memoryview]) -> Iterator[memoryview]:
    from http.client import HTTPException

    from urllib3.exceptions import HTTPError

    receive = _receiver(raw)
    window_end = clock.monotonic() + limits.slow_seconds
    in_window = 0
    while True:
        buffer = room()
        try:
            count = receive(buffer)
        except (HTTPError, HTTPException, OSError, ValueError) as error:
            raise Unreachable(failure_reason(error)) from error
        if not count:
            return
        yield buffer[:count]
        in_window += count
        now = clock.monotonic()
        if now > window_end:
            if in_window < limits.slow_bytes:
                raise Unreachable(f"only {in_window:,} bytes came in {limits.slow_seconds:g} s")
            window_end, in_window = now + limits.slow_seconds, 0


def _receiver(raw: Any) -> Callable[[memoryview], int]:
    """A function that puts the bytes that have arrived into a buffer and returns their number, 0 at the end.

    urllib3 can read into new memory only, so a body without any framing but its length is read below it.
    """
    from http.client import HTTPResponse

    from urllib3.exceptions import IncompleteRead

    below = getattr(raw, "_original_response", None)
    if not isinstance(below, HTTPResponse) or below.fp is None or below.chunked or not below.length:
        return partial(_receive_copied, raw)
    stream, left = below.fp, below.length

    def receive(buffer: memoryview) -> int:
        nonlocal left
        count = stream.readinto1(buffer[:left])
        if left and not count:
            raise IncompleteRead(0, left)
        left -= count
        return count

    return receive


def _receive_copied(raw: Any, buffer: memoryview) -> int:
    piece = raw.read1(len(buffer), decode_content=False) or b""
    buffer[: len(piece)] = piece
    return len(piece)


def _decoded(arriving: Iterator[memoryview], room: Callable[[], memoryview]) -> Iterator[memoryview]:
    """Undo gzip or deflate in pieces of bounded size, however far the bytes expand."""
    decoder: Any = None
    for chunk in arriving:
        if decoder is None:
            # What HTTP calls deflate has a zlib header; some servers leave it out.
            has_header = chunk[0] == 0x1F or (
                len(chunk) > 1 and chunk[0] & 15 == 8 and (chunk[0] * 256 + chunk[1]) % 31 == 0
            )
            decoder = zlib.decompressobj(_ANY_ZLIB_OR_GZIP if has_header or len(chunk) < 2 else _RAW_DEFLATE)
        rest: memoryview | bytes = chunk
        while rest:
            buffer = room()
            try:
                decoded = decoder.decompress(rest, len(buffer))
            except zlib.error as error:
                raise Unreachable(f"the encoded body is damaged: {error}") from error
            if decoded:
                buffer[: len(decoded)] = decoded
                yield buffer[: len(decoded)]
            rest = decoder.unconsumed_tail
    if decoder is None or not decoder.eof:
        raise Unreachable("the encoded body ended too early")
