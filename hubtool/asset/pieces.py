"""Digests of the pieces of a file: which bytes of a damaged file are wrong, so that only those are fetched again."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from hubtool.asset.limits import DEFAULT_LIMITS
from hubtool.files import environment_errors

PIECE_BYTES = 4 * 1024 * 1024
"""Length of a piece; the last one of a file may be shorter."""


class PieceHasher:
    """SHA-256 of each piece of a file, as its bytes come in."""

    def __init__(self) -> None:
        self._done: list[str] = []
        self._current = hashlib.sha256()
        self._left = PIECE_BYTES

    def update(self, data: memoryview) -> None:
        """Hash the next bytes."""
        while len(data) >= self._left:
            self._current.update(data[: self._left])
            data = data[self._left :]
            self._done.append(self._current.hexdigest())
            self._current, self._left = hashlib.sha256(), PIECE_BYTES
        if data:
            self._current.update(data)
            self._left -= len(data)

    def digests(self) -> tuple[str, ...]:
        """The digests so far (64 lower-case hexadecimal digits each).

        Empty for a file of one piece, whose own digest says as much.
        """
        begun = [self._current.hexdigest()] if self._left < PIECE_BYTES else []
        found = (*self._done, *begun)
        return found if len(found) > 1 else ()


def wrong_runs(found: Sequence[str], wanted: Sequence[str], size: int) -> list[tuple[int, int]]:
    """The first byte of each run of wrong pieces, and the byte behind it.

    Parameters
    ----------
    found, wanted
        Digests of the pieces that are there, and of the right ones; equally many.
    size
        Length of the file in bytes.
    """
    runs: list[tuple[int, int]] = []
    for number, (there, right) in enumerate(zip(found, wanted, strict=True)):
        if there == right:
            continue
        start, end = number * PIECE_BYTES, min((number + 1) * PIECE_BYTES, size)
        if runs and runs[-1][1] == start:
            start = runs.pop()[0]
        runs.append((start, end))
    return runs


def pieces_of(path: Path) -> tuple[str, ...]:
    """The digests of a file's pieces, as `PieceHasher.digests`; reads all of a file of several pieces.

    Raises
    ------
    EnvironmentProblem
        It cannot be read.
    """
    hasher = PieceHasher()
    buffer = memoryview(bytearray(DEFAULT_LIMITS.chunk_bytes))
    with environment_errors(path), path.open("rb", buffering=0) as stream:
        if path.stat().st_size <= PIECE_BYTES:
            return ()
        while count := stream.readinto(buffer):
            hasher.update(buffer[:count])
    return hasher.digests()
