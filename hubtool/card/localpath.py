"""Paths as cards write them: a blank may be a blank, or `%20` as Markdown wants it."""

from __future__ import annotations

from urllib.parse import unquote


def spellings(link: str) -> tuple[str, ...]:
    """The paths that a link without a scheme may mean, the literal one first."""
    decoded = unquote(link, errors="surrogateescape")
    return (link,) if decoded == link else (link, decoded)
