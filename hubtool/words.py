"""Small things that every text says the same way."""

from __future__ import annotations


def counted(count: int, noun: str) -> str:
    """`1 card`, `2,000 cards`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def first_line(error: Exception) -> str:
    """The first line of what an error says that is not only dashes."""
    return next((line.strip() for line in str(error).splitlines() if line.strip(" -")), "no message")
