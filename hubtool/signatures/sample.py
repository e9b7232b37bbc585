"""The parts of a file that tell what it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

SAMPLE_BYTES = 1 << 16
"""How much of each end of a file is looked at."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Both ends of a file.

    Attributes
    ----------
    head
        Its first bytes.
    tail
        Its last bytes; the same as `head` for a small file, empty where only the start is at hand.
    size
        Of the whole file, in bytes; None where it is not known.
    name
        What the file is called, without its folder: some formats have no signature, only a way to name files.
    """

    head: bytes
    tail: bytes = b""
    size: int | None = None
    name: str = ""

    def mentions(self, *words: bytes) -> bool:
        """Whether one of these words stands near either end."""
        return any(word in self.head or word in self.tail for word in words)


@dataclass(frozen=True, slots=True)
class Kind:
    """What a file is.

    Attributes
    ----------
    what
        With an article: `a Git LFS pointer`.
    hint
        What to do to get a file of weights.
    format
        The format of `hubtool.checkpoint.formats` that it is in; empty for what hubtool does not read.
    """

    what: str
    hint: str
    format: str = ""


def sample_of(data: Any, name: str) -> Sample:
    """Both ends of a whole file; `data` is anything that can be sliced as bytes."""
    return Sample(bytes(data[:SAMPLE_BYTES]), bytes(data[-SAMPLE_BYTES:]), len(data), name)
