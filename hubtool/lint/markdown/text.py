"""What a heading says to its reader, and the anchors that lead to it."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator

_NAMED_PLACE = re.compile(r"\b(?:id|name)\s*=\s*[\"']?([^\"'\s>]+)")
_LONGEST_TITLE = 1000  # no heading is longer, and looking for marks takes time by the square of its length
_NOT_IN_SLUG = re.compile(r"[^\w\- ]")
_CODE_OR_MARKUP = re.compile(
    r"`+(?P<code>[^`]*)`+|!\[[^\]]*\]\([^()]*\)|\[(?P<link>[^\[\]]*)\](?:\([^()]*\)|\[[^\]]*\])"
    r"|</?[a-zA-Z][^>]*>|<!--.*?-->|(?<!\w)(?P<mark>_{1,3})(?=\S)(?P<stressed>.*?)(?<=\S)(?P=mark)(?!\w)|\\(?P<escaped>[\W_])"
)


def named_places(text: str) -> Iterator[str]:
    """Values of `id` and `name` of HTML tags: places that a `#fragment` can lead to."""
    for match in _NAMED_PLACE.finditer(text):
        yield match[1]


def slugs(titles: Iterable[str]) -> Iterator[str]:
    """Anchors that GitHub gives to headings; the second `Results` becomes `results-1`."""
    counts: dict[str, int] = {}
    for title in titles:
        slug = _NOT_IN_SLUG.sub("", plain_text(title).lower()).replace(" ", "-")
        count = counts.get(slug, 0)
        counts[slug] = count + 1
        yield f"{slug}-{count}" if count else slug


def plain_text(title: str) -> str:
    """A heading as its reader sees it, without marks for code, links and stress."""
    if len(title) < _LONGEST_TITLE and any(sign in title for sign in "`[<_\\"):
        title = _CODE_OR_MARKUP.sub(_shown, title)
    return html.unescape(title).strip()


def _shown(match: re.Match[str]) -> str:
    return match["code"] or match["link"] or match["stressed"] or match["escaped"] or ""
