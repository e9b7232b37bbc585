"""Repair instead of restart: only the pieces that are wrong are fetched again."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Sequence

from hubtool.asset.access import Access
from hubtool.asset.body import chunks, content_encoding
from hubtool.asset.codings import decodable
from hubtool.asset.door import Door, Unreachable
from hubtool.asset.limits import DEFAULT_LIMITS
from hubtool.asset.partial import Partial
from hubtool.asset.pieces import PIECE_BYTES, wrong_runs
from hubtool.asset.policy import redacted
from hubtool.asset.ranges import announced_part
from hubtool.asset.retry import Retries
from hubtool.errors import TransferError
from hubtool.words import counted

_log = logging.getLogger(__name__)
_PARTIAL_CONTENT = 206


def repair(partial: Partial, pieces: Sequence[str], sources: Iterable[str], door: Door, access: Access) -> bool:
    """Fetch the wrong pieces of a file whose length is right.

    Parameters
    ----------
    pieces
        The digests of the right pieces.
    sources
        Where the file may be, in the order in which to ask.

    Returns
    -------
    bool
        Whether every piece is right now. False, too, when no piece was right: then it is another file.
    """
    work = _Repair(partial, pieces, door, access)
    if not work.is_worthwhile():
        return False
    for url in sources:
        _log.info("%s of %s: asking %s", counted(work.wrong, "wrong piece"), partial.path.name, redacted(url))
        work.ask(url)
        if not work.wrong:
            partial.rehash()
            return True
    return False


class _Repair:
    """The wrong pieces of one file."""

    def __init__(self, partial: Partial, pieces: Sequence[str], door: Door, access: Access):
        self._partial = partial
        self._pieces = pieces
        self._door = door
        self._access = access
        self._found = list(partial.found().pieces)
        self._next = 0
        self._buffer = memoryview(bytearray(DEFAULT_LIMITS.chunk_bytes))

    @property
    def wrong(self) -> int:
        """How many pieces are wrong."""
        return sum(there != right for there, right in zip(self._found, self._pieces, strict=True))

    def is_worthwhile(self) -> bool:
        """Whether some pieces are wrong and some are right."""
        return len(self._found) == len(self._pieces) and 0 < self.wrong < len(self._pieces)

    def ask(self, url: str) -> None:
        """Fetch what is wrong from one source, once; a connection that ends is opened again."""
        limits = self._access.limits
        retries = Retries(limits, limits.idle_attempts_with_others)
        for start, end in wrong_runs(self._found, self._pieces, self._partial.size):
            self._next = start
            while self._next < end:
                before = self._next
                try:
                    self._ask_part(url, end)
                except Unreachable as stop:
                    _log.info("%s: %s", redacted(url), stop)
                except TransferError as error:
                    _log.info("%s", error.message)
                    return
                if self._next < end:
                    wait = retries.wait_after(self._next - before)
                    if wait is None:
                        return
                    self._access.clock.sleep(wait)

    def _ask_part(self, url: str, end: int) -> None:
        """Fetch the pieces from the next one that is to come up to a byte."""
        start = self._next
        with self._door.open(url, {"Range": f"bytes={start}-{end - 1}"}) as response:
            part = announced_part(response)
            if response.status_code != _PARTIAL_CONTENT or part is None or part.start != start:
                raise TransferError(f"{redacted(url)}: the server does not give parts of the file")
            if decodable(content_encoding(response)):
                raise TransferError(f"{redacted(url)}: the server gives only encoded parts of the file")
            piece = bytearray()
            for chunk in chunks(response, self._access.limits, self._access.clock, lambda: self._buffer):
                piece += chunk
                while self._next < end and len(piece) >= (length := min(PIECE_BYTES, end - self._next)):
                    self._take(bytes(piece[:length]))
                    del piece[:length]
                if self._next == end:
                    return  # whatever else the server sends

    def _take(self, piece: bytes) -> None:
        """Write the next piece in its place if it is right."""
        number = self._next // PIECE_BYTES
        if hashlib.sha256(piece).hexdigest() == self._pieces[number]:
            self._partial.replace(memoryview(piece), self._next)
            self._found[number] = self._pieces[number]
        self._next += len(piece)
