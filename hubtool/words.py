"""Small pieces of text that are worded the same everywhere."""

from __future__ import annotations

from collections.abc import Sequence


def counted(count: int, noun: str) -> str:
    """`1 card`, `2,000 cards`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def some_of(names: Sequence[str], most: int = 5) -> str:
    """`a, b`; of more than `most` names the first ones, as in `a, b, c, d, e and 3 more`."""
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most:,} more" if len(names) > most else shown


def first_line(error: Exception) -> str:
    """The first line of an error's text that is not blank or only dashes."""
    return next((line.strip() for line in str(error).splitlines() if line.strip(" -")), "no message")
