"""Characters that must not reach a reader as they are."""

from __future__ import annotations

import unicodedata


def visible(text: str, keep: str = "") -> str:
    """The text with control, formatting and unassigned characters written as escapes.

    A card's text is not to be trusted: raw, these could move a terminal's cursor, hide text or turn its direction.

    Parameters
    ----------
    keep
        Characters to leave as they are.
    """
    if text.isprintable():
        return text
    return "".join(char if char in keep else visible_character(char) for char in text)


def visible_character(char: str) -> str:
    """One character, or its escape when it shows nothing, or something else than itself."""
    if char.isprintable() or unicodedata.category(char) == "Zs":
        return char
    return char.encode("unicode_escape").decode("ascii")


def valid_unicode(text: str) -> str:
    """The text with lone surrogates, which no encoding has, replaced by U+FFFD."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
