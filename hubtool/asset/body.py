"""From an answer to the bytes that were sent: checks the framing, the speed and the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from hubtool.asset.clock import Clock
from hubtool.asset.door import Unreachable
from hubtool.asset.failures import LONGER, failure_hint, failure_reason
from hubtool.asset.limits import Limits

if TYPE_CHECKING:
    import requests


def content_encoding(response: requests.Response) -> str:
    """How the server labels the body, in lower case; empty for the file itself."""
    written = response.headers.get("Content-Encoding", "").strip().casefold()
    return "" if written == "identity" else written


def announced_length(response: requests.Response) -> int | None:
    """Content-Length; None when there is none, or it is no number."""
    written = response.headers.get("Content-Length", "").strip()
    return int(written) if written.isascii() and written.isdigit() else None


def chunks(
    response: requests.Response, limits: Limits, clock: Clock, room: Callable[[], memoryview]
) -> Iterator[memoryview]:
    """The bytes of the body as they arrive, in whatever way they are encoded.

    Parameters
    ----------
    room
        Gives the memory to put the next bytes in; a chunk is the beginning of it.

    Raises
    ------
    Unreachable
        The body stalls, ends too early, or is framed wrongly; what came before was handed on.
    """
    from http.client import HTTPException

    from urllib3.exceptions import HTTPError

    receive = _receiver(response.raw)
    window_end = clock.monotonic() + limits.slow_seconds
    in_window = 0
    while True:
        buffer = room()
        try:
            count = receive(buffer)
        except (HTTPError, HTTPException, OSError, ValueError) as error:
            raise Unreachable(failure_reason(error), hint=failure_hint(error)) from error
        if not count:
            return
        yield buffer[:count]
        in_window += count
        now = clock.monotonic()
        if now > window_end:
            if in_window < limits.slow_bytes:
                raise Unreachable(f"only {in_window:,} bytes came in {limits.slow_seconds:g} s", hint=LONGER)
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
