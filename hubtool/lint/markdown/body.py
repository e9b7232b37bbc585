"""The body of a card, read once for all rules."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property, lru_cache

from hubtool.card.parse import ParsedCard
from hubtool.card.span import Span
from hubtool.lint.markdown.blocks import Fence, Heading, Scanner
from hubtool.lint.markdown.links import Link, find_definitions, find_links
from hubtool.lint.markdown.stretch import Stretch
from hubtool.lint.markdown.tables import Table, find_tables
from hubtool.lint.markdown.text import named_places, slugs

_NEWLINE = re.compile(r"\n")


@dataclass(frozen=True)
class Body:
    """What rules want to know of a card's body.

    Attributes
    ----------
    start
        Where the body begins in `text`.
    headings
        Nested ones included.
    """

    text: str
    start: int
    headings: tuple[Heading, ...]
    fences: tuple[Fence, ...]
    stretches: tuple[Stretch, ...]
    items: set[int]

    @cached_property
    def outline(self) -> tuple[Heading, ...]:
        """The headings that divide the body into sections."""
        return tuple(heading for heading in self.headings if not heading.nested)

    @cached_property
    def links(self) -> tuple[Link, ...]:
        """Links and images in the order of their places, then the definitions of links."""
        links = find_links(self.text, self.stretches, self.items)
        return (*links, *find_definitions(self.text, self.stretches))

    @cached_property
    def tables(self) -> tuple[Table, ...]:
        """Tables, and what was meant to be one."""
        return tuple(find_tables(self.text, self.stretches)) if "|" in self.text[self.start :] else ()

    def anchors(self, *titles: str) -> set[str]:
        """Where `#fragment` links can lead, if these headings stand above the body."""
        headings = (*titles, *(heading.title for heading in self.headings))
        return {*slugs(headings), *(place.casefold() for place in named_places(self.text[self.start :]))}

    def span(self, start: int, end: int) -> Span:
        """Lines and columns of a stretch of the text."""
        return Span(*self._place(start), *self._place(end))

    def _place(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *(match.end() for match in _NEWLINE.finditer(self.text))]


def read_body(card: ParsedCard) -> Body | None:
    """The body of a card; None where no closed block tells where it begins."""
    if card.outline is None or not card.outline.closed:
        return None
    return _read(card.text, len(card.text) - len(card.outline.body))


@lru_cache(maxsize=1)  # every rule of the family asks for the same body, one after the other
def _read(text: str, start: int) -> Body:
    # The newline before the body's first line belongs to the walk: it looks for lines by their beginning.
    scanner = Scanner(text, start - 1 if start < len(text) else start)
    scanner.run()
    return Body(text, start, tuple(scanner.headings), tuple(scanner.fences), tuple(scanner.stretches), scanner.items)
