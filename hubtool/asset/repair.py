"""Repair instead of restart: only the pieces that are wrong are fetched again."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from enum import Enum, auto

from hubtool.asset.access import Access
from hubtool.asset.body import chunks
from hubtool.asset.door import Door, Unreachable
from hubtool.asset.limits import DEFAULT_LIMITS
from hubtool.asset.partial import Partial
from hubtool.asset.pieces import PIECE_BYTES, wrong_runs
from hubtool.asset.policy import redacted
from hubtool.asset.ranges import announced_part
from hubtool.asset.refusals import TryAgain, refused
from hubtool.asset.retry import Retries
from hubtool.errors import TransferError
from hubtool.words import counted

_log = logging.getLogger(__name__)
_OK, _PARTIAL_CONTENT, _RANGE_NOT_SATISFIABLE = 200, 206, 416


class Repair(Enum):
    """How a repair ended."""

    DONE = auto()
    """Every piece is right now."""
    WRONG_AGAIN = auto()
    """The last source gave wrong pieces."""
    NOT_GIVEN = auto()
    """The last source did not give the pieces; it may still give the whole file."""
    IMPOSSIBLE = auto()
    """The right pieces are not known, or no piece was right: then it is another file."""


def repair(partial: Partial, pieces: Sequence[str], sources: Sequence[str], door: Door, access: Access) -> Repair:
    """Fetch the wrong pieces of a file whose length is right.

    Parameters
    ----------
    pieces
        The digests of the right pieces.
    sources
        Where the file may be, in the order in which to ask.

    Raises
    ------
    EnvironmentProblem
        The disk refuses, or the environment's settings for the network are wrong.
    """
    work = _Work(partial, pieces, door, access)
    if not work.is_worthwhile():
        return Repair.IMPOSSIBLE
    limits, outcome = access.limits, Repair.NOT_GIVEN
    for url in sources:
        _log.info("%s of %s: asking %s", counted(work.wrong, "wrong piece"), partial.path.name, redacted(url))
        is_last = url == sources[-1]
        given = work.ask(url, Retries(limits, limits.idle_attempts if is_last else limits.idle_attempts_with_others))
        if not work.wrong:
            partial.rehash()
            return Repair.DONE
        outcome = Repair.WRONG_AGAIN if given else Repair.NOT_GIVEN
    return outcome


class _Work:
    """The wrong pieces of one file."""

    def __init__(self, partial: Partial, pieces: Sequence[str], door: Door, access: Access):
        self._partial = partial
        self._pieces = pieces
        self._door = door
        self._limits = access.limits
        self._clock = access.clock
        self._found = list(partial.found().pieces)
        self._next = 0
        self._begun = bytearray()
        self._buffer = memoryview(bytearray(DEFAULT_LIMITS.chunk_bytes))

    @property
    def wrong(self) -> int:
        """How many pieces are wrong."""
        return sum(there != right for there, right in zip(self._found, self._pieces, strict=True))

    def is_worthwhile(self) -> bool:
        """Whether some pieces are wrong and some are right."""
        return len(self._found) == len(self._pieces) and 0 < self.wrong < len(self._pieces)

    def ask(self, url: str, retries: Retries) -> bool:
        """Fetch what is wrong from one source; whether it gave all of that, right or not."""
        for start, end in wrong_runs(self._found, self._pieces, self._partial.size):
            self._next = start
            self._begun.clear()
            while self._next < end:
                before, asked_for = self._position, 0.0
                try:
                    self._ask_part(url, end)
                except (Unreachable, TryAgain) as stop:
                    asked_for = getattr(stop, "wait", 0.0)
                    _log.info("%s: %s", redacted(url), stop)
                except TransferError as error:
                    _log.info("%s", error.message)
                    return False
                if self._next < end:
                    wait = retries.wait_after(self._position - before)
                    if wait is None:
                        return False
                    self._clock.sleep(max(wait, asked_for))
        return True

    @property
    def _position(self) -> int:
        """The next byte that is to come."""
        return self._next + len(self._begun)

    def _ask_part(self, url: str, end: int) -> None:
        """Fetch from the next byte that is to come up to another one."""
        start = self._position
        with self._door.open(url, {"Range": f"bytes={start}-{end - 1}"}) as response:
            part = announced_part(response)
            if response.status_code not in {_OK, _PARTIAL_CONTENT, _RANGE_NOT_SATISFIABLE}:
                refused(url, response, self._limits, self._clock.time())
            if response.status_code != _PARTIAL_CONTENT or part is None or part.start != start:
                raise TransferError(f"{redacted(url)}: the server does not give parts of the file")
            # Whatever the label says of the bytes: their digest tells whether they are a piece of the file.
            for chunk in chunks(response, self._limits, self._clock, lambda: self._buffer):
                self._begun += chunk
                while self._next < end and len(self._begun) >= (length := min(PIECE_BYTES, end - self._next)):
                    self._take(bytes(self._begun[:length]))
                    del self._begun[:length]
                if self._next == end:
                    return  # whatever else the server sends

    def _take(self, piece: bytes) -> None:
        """Write the next piece in its place if it is right."""
        number = self._next // PIECE_BYTES
        if hashlib.sha256(piece).hexdigest() == self._pieces[number]:
            self._partial.replace(memoryview(piece), self._next)
            self._found[number] = self._pieces[number]
        self._next += len(piece)
