"""From an answer to the bytes of a file: framing checked, an encoding that nobody asked for undone."""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from hubtool.asset.door import Unreachable, failure_reason
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


def chunks(response: requests.Response, limits: Limits) -> Iterator[bytes]:
    """The bytes of the file, as they arrive.

    Raises
    ------
    Unreachable
        The body stalls, ends too early, or is framed or encoded wrongly; what came before was handed on.
    TransferError
        It is encoded in a way that hubtool cannot undo.
    """
    encoding = content_encoding(response)
    arriving = _arriving(response.raw, limits)
    if not encoding:
        return arriving
    if encoding not in {"gzip", "x-gzip", "deflate"}:
        raise TransferError(f"{redacted(response.url)}: the server insists on the encoding {encoding}")
    return _decoded(arriving, limits)


def _arriving(raw: Any, limits: Limits) -> Iterator[bytes]:
    from http.client import HTTPException

    from urllib3.exceptions import HTTPError

    window_end = time.monotonic() + limits.slow_seconds
    in_window = 0
    while True:
        try:
            chunk = raw.read1(limits.chunk_bytes, decode_content=False)
        except (HTTPError, HTTPException, OSError, ValueError) as error:
            raise Unreachable(failure_reason(error)) from error
        if not chunk:
            return
        yield chunk
        in_window += len(chunk)
        now = time.monotonic()
        if now > window_end:
            if in_window < limits.slow_bytes:
                raise Unreachable(f"only {in_window:,} bytes came in {limits.slow_seconds:g} s")
            window_end, in_window = now + limits.slow_seconds, 0


def _decoded(arriving: Iterator[bytes], limits: Limits) -> Iterator[bytes]:
    """Undo gzip or deflate in pieces of bounded size, however far the bytes expand."""
    decoder: Any = None
    for chunk in arriving:
        if decoder is None:
            # What HTTP calls deflate has a zlib header; some servers leave it out.
            has_header = chunk[:1] == b"\x1f" or (
                len(chunk) > 1 and chunk[0] & 15 == 8 and (chunk[0] * 256 + chunk[1]) % 31 == 0
            )
            decoder = zlib.decompressobj(_ANY_ZLIB_OR_GZIP if has_header or len(chunk) < 2 else _RAW_DEFLATE)
        rest = chunk
        while rest:
            try:
                decoded = decoder.decompress(rest, limits.chunk_bytes)
            except zlib.error as error:
                raise Unreachable(f"the encoded body is damaged: {error}") from error
            if decoded:
                yield decoded
            rest = decoder.unconsumed_tail
    if decoder is None or not decoder.eof:
        raise Unreachable("the encoded body ended too early")
