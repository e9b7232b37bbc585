"""Places in a text."""

from __future__ import annotations

from typing import NamedTuple

Path = tuple[str | int, ...]
"""Where a value stands in the front matter: keys, and indices of lists."""


class Span(NamedTuple):
    """A stretch of text; lines and columns start at 1, the end column is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int

    @classmethod
    def of_line(cls, line: int, text: str = "") -> Span:
        """The whole of one line."""
        return cls(line, 1, line, len(text) + 1)
