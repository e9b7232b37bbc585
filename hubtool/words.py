"""Small pieces of text that are worded the same everywhere."""

from __future__ import annotations


def counted(count: int, noun: str) -> str:
    """`1 card`, `2,000 cards`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def first_line(error: Exception) -> str:
    """The first line of an error's text that is not blank or only dashes."""
    return next((line.strip() for line in str(error).splitlines() if line.strip(" -")), "no message")
