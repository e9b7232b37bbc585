"""The text of a card's file, and what is wrong with a card or keeps it from being read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from hubtool.card.span import Span
from hubtool.files import read_regular

MAX_CARD_BYTES = 1024 * 1024
"""Larger files are refused unread: the largest real card is under 40 KiB."""

BOM = "\ufeff"

Kind = Literal[
    "unreadable",
    "linked-folder",
    "no-block",
    "unclosed-block",
    "syntax",
    "not-a-mapping",
    "duplicate-key",
    "alias",
    "depth",
    "dash",
    "missing-field",
    "field-value",
    "metric",
    "cell",
    "column",
    "table",
]
_HARMLESS: set[str] = {"dash", "metric", "cell", "column", "table"}


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that keeps a card, or a part of it, from being read."""

    kind: Kind
    span: Span
    message: str

    @property
    def fatal(self) -> bool:
        """Whether there is no record because of it."""
        return self.kind not in _HARMLESS


def read_text(path: Path) -> tuple[str, Problem | None]:
    """The decoded text of a file, or an empty one and what keeps the file from being read."""
    start = Span(1, 1, 1, 1)
    try:
        data = read_regular(path, MAX_CARD_BYTES + 1)
    except OSError as error:
        return "", _unreadable(path, error)
    if len(data) > MAX_CARD_BYTES:
        message = f"the file is larger than {MAX_CARD_BYTES // 1024**2} MiB, no card is"
        return "", Problem("unreadable", start, message)
    try:
        return data.decode("utf-8"), None
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
        message = f"byte 0x{data[error.start]:02x} is not UTF-8: save the card as UTF-8"
        return "", Problem("unreadable", Span(line, column, line, column + 1), message)


def _unreadable(path: Path, error: OSError) -> Problem:
    """Why nothing can be read at a path: a folder stands for the cards below it."""
    start = Span(1, 1, 1, 1)
    if not path.is_dir():
        return Problem("unreadable", start, f"the file cannot be read: {error.strerror or error}")
    if path.is_symlink():
        return Problem(
            "linked-folder", start, "links to folders are not followed: name the folder to include its cards"
        )
    return Problem(
        "unreadable", start, f"the folder cannot be read: {_why_no_folder(path, error)}: its cards are missing"
    )


def _why_no_folder(path: Path, error: OSError) -> str:
    try:
        next(path.iterdir(), None)
    except OSError as refused:
        error = refused
    return error.strerror or str(error)
