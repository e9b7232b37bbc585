"""What stands at a place of a card: as a message quotes it, and as an edit replaces it."""

from __future__ import annotations

from hubtool.card.parse import ParsedCard
from hubtool.card.span import Span
from hubtool.lint.diagnostic import Edit

_LONGEST_QUOTE = 60
_LONGEST_TEXT = 80


def quoted(text: str) -> str:
    """A text of a card for a message: in backticks, on one line, a long one cut off."""
    line = " ".join(text[: 2 * _LONGEST_QUOTE].split())
    short = line[:_LONGEST_QUOTE]
    return f"`{short}`" if short == line else f"`{short}`..."


def shortened(text: str) -> str:
    """A text of a card for a message: on one line, and not longer than 80 characters."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_TEXT else line[: _LONGEST_TEXT - 1] + "\u2026"


def text_at(card: ParsedCard, span: Span) -> str | None:
    """What a card holds at a place; None for a place that its lines do not have.

    YAML knows more line ends than LF, so a place can be outside the text.
    """
    if span.end_line > len(card.lines):
        return None
    return card.text[card.offset(span.line, span.column) : card.offset(span.end_line, span.end_column)]


def replacement(card: ParsedCard, span: Span, old: str, new: str) -> Edit | None:
    """The edit that writes `new` for the scalar `old`, within its quotes; None when `old` is not there."""
    written = text_at(card, span)
    start = card.offset(span.line, span.column) if written is not None else 0
    if written == old:
        return Edit(start, start + len(old), new)
    if written in {f'"{old}"', f"'{old}'"}:
        return Edit(start + 1, start + 1 + len(old), new)
    return None


def part_replacement(card: ParsedCard, span: Span, old: str, new: str, *, safe: bool) -> Edit | None:
    """An edit of a part of a value; None when the part is not spelt out there, as with YAML escapes."""
    end = card.offset(span.end_line, span.end_column)
    start = card.text.find(old, card.offset(span.line, span.column), end)
    return Edit(start, start + len(old), new, safe) if start >= 0 else None
