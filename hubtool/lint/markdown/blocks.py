"""One walk over the lines that open a block: headings, fences of code, and the text between them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from hubtool.lint.markdown.stretch import Stretch


class Heading(NamedTuple):
    """A heading.

    Attributes
    ----------
    start, end
        Of the title; `start` includes the number signs, `end` excludes closing ones.
    below
        Where its section begins.
    nested
        Whether it stands in a list or a quotation: it has an anchor, but no place in the outline.
    """

    level: int
    title: str
    start: int
    end: int
    below: int
    nested: bool


class Fence(NamedTuple):
    """A fenced block of code; `start` and `opening_end` enclose its first line, without indentation."""

    start: int
    opening_end: int
    end: int
    closed: bool


_LINE_END = r"[ \t]*\r?(?=\n|\Z)"
_HTML_BLOCK = (
    "address|article|aside|blockquote|center|details|div|dl|dt|dd|fieldset|figcaption|figure|footer|form|h[1-6]|header"
    "|hr|iframe|li|main|nav|ol|p|pre|script|section|style|summary|table|tbody|td|textarea|tfoot|th|thead|tr|ul"
)
_BLOCK = (
    r"(?P<indent>[ \t>]*)(?:"
    r"(?P<hashes>#{1,6})(?=[ \t\r\n]|\Z)"
    r"|(?P<fence>`{3,}(?=[^`\n]*(?:\n|\Z))|~{3,})"
    r"|(?P<marker>[-*+]|\d{1,9}[.)])(?P<gap>[ \t]+)(?=\S)"
    rf"|(?P<html><!--|</?(?i:{_HTML_BLOCK})(?=[\s/>]))"
    rf"|(?P<underline>=+|-+){_LINE_END})"
)
_BLOCK_LINE = re.compile(rf"\n{_BLOCK}")
_BLOCK_HERE = re.compile(_BLOCK)
_CLOSING_SIGNS = re.compile(r"(?:^|[ \t])#+$")
_BLANK_LINE = re.compile(r"\n[ \t\r]*(?=\n|\Z)")
_AFTER_BLANK = re.compile(r"\n[ \t\r]*\n([ \t]*)(?=\S)")
_RAW_HTML = re.compile(r"<(?:pre|script|style|textarea)", re.IGNORECASE)
_RAW_HTML_END = re.compile(r"</(?:pre|script|style|textarea)>", re.IGNORECASE)
_NOT_A_PARAGRAPH = re.compile(r"[ \t]*(?:[>|<]|[-*+][ \t]|\d{1,9}[.)][ \t]|#{1,6}[ \t])|[ ]{4}|\t")
_RULE = re.compile(r" {0,3}(?:[-*_][ \t]*){3,}\r?")


@dataclass
class Scanner:
    """One walk over the lines that open a block."""

    text: str
    position: int
    headings: list[Heading] = field(default_factory=list)
    fences: list[Fence] = field(default_factory=list)
    stretches: list[Stretch] = field(default_factory=list)
    items: set[int] = field(default_factory=set)
    # Columns where the content of the open list items begins, and up to where lines were seen to belong to them.
    columns: list[int] = field(default_factory=list)
    seen: int = 0
    stretch_start: int = 0

    def run(self) -> None:
        self.stretch_start = self.position
        while match := _BLOCK_LINE.search(self.text, self.position):
            line_start = match.start() + 1
            block: re.Match[str] | None = match
            while block:  # a list marker may be followed by the marker of another block
                self.position = block.end()
                block = self._take(block, line_start)
        self._stretch(len(self.text))

    def _take(self, match: re.Match[str], line_start: int) -> re.Match[str] | None:
        """Note what begins here; the result is what begins after it on the same line."""
        indent = match["indent"]
        quoted = ">" in indent
        if quoted:
            base = 0
        else:
            width = match.start("indent") - line_start + len(indent.expandtabs(4))
            base = self._list_column(width, line_start) if self.columns else 0
            if width - base >= 4:
                return None
        nested = quoted or base > 0
        kind = match.lastgroup
        if kind == "hashes":
            self._heading(match, nested)
        elif kind == "fence":
            self._fence(match, base, quoted)
        elif kind == "gap":
            return self._item(match, line_start, quoted)
        elif kind == "html":
            self._html(match)
        elif not nested and match.start("indent") == line_start:
            self._underline(match)
        return None

    def _list_column(self, width: int, line_start: int) -> int:
        """Column of the innermost open list item that a line with this indentation belongs to; 0 for none."""
        if width:
            for blank in _AFTER_BLANK.finditer(self.text, self.seen, line_start):
                self._close_items(len(blank[1].expandtabs(4)))
        self.seen = line_start - 1
        self._close_items(width)
        return self.columns[-1] if self.columns else 0

    def _close_items(self, width: int) -> None:
        while self.columns and self.columns[-1] > width:
            self.columns.pop()

    def _item(self, match: re.Match[str], line_start: int, quoted: bool) -> re.Match[str] | None:
        if not quoted:
            gap = len(match["gap"].expandtabs(4))
            before = match.start("indent") - line_start + len(match["indent"].expandtabs(4))
            self.columns.append(before + len(match["marker"]) + (gap if gap <= 4 else 1))
            self.items.add(line_start)
            self.seen = line_start
        return _BLOCK_HERE.match(self.text, match.end())

    def _heading(self, match: re.Match[str], nested: bool) -> None:
        line_end = _line_end(self.text, match.end())
        title = self.text[match.end() : line_end].strip()
        if title.endswith("#") and (closing := _CLOSING_SIGNS.search(title)):
            title = title[: closing.start()].rstrip()
        end = self.text.find(title, match.end()) + len(title)
        self.headings.append(Heading(len(match["hashes"]), title, match.start("hashes"), end, line_end, nested))

    def _underline(self, match: re.Match[str]) -> None:
        """A line of dashes or equals signs makes a heading of the paragraph above it."""
        floor = self.headings[-1].below if self.headings else 0
        floor = max(floor, self.stretch_start, match.start() - 2000)
        start = end = match.start()
        while start > floor:
            line_start = self.text.rfind("\n", floor, start) + 1 or floor
            line = self.text[line_start:start]
            if not line.strip() or _RULE.fullmatch(line):
                break
            if _NOT_A_PARAGRAPH.match(line):
                return
            start = line_start - 1
        title = self.text[start + 1 : end].strip()
        if title:
            level = 1 if match["underline"][0] == "=" else 2
            first = self.text.index(title, start + 1)
            self.headings.append(Heading(level, title, first, first + len(title), match.end(), False))

    def _fence(self, match: re.Match[str], base: int, quoted: bool) -> None:
        start = match.start("fence")
        opening_end = _line_end(self.text, start)
        line_start = self.text.rfind("\n", 0, start) + 1
        furthest = len(self.text[line_start:start].expandtabs(4)) + 3
        end, closed = len(self.text), False
        for line in _fence_ends(base, quoted).finditer(self.text, opening_end):
            if line["left"] is not None:
                end, closed = line.start(), True  # by the end of its list item or quotation
                break
            if line["fence"].startswith(match["fence"]) and len(line["indent"].expandtabs(4)) <= furthest:
                end, closed = line.end(), True
                break
        self.fences.append(Fence(start, opening_end, end, closed))
        self._skip(start, end)

    def _html(self, match: re.Match[str]) -> None:
        start = match.start("html")
        if match["html"] == "<!--":
            closing = self.text.find("-->", start)
            self._skip(start, len(self.text) if closing < 0 else _line_end(self.text, closing))
            return
        if _RAW_HTML.match(self.text, start):
            ending = _RAW_HTML_END.search(self.text, start)
            self._skip(start, ending.end() if ending else len(self.text))
            return
        blank = _BLANK_LINE.search(self.text, start)
        end = blank.start() if blank else len(self.text)
        self._stretch(start)
        self.stretches.append(Stretch(start, end, True))
        self.stretch_start = self.position = end

    def _skip(self, start: int, end: int) -> None:
        self._stretch(start)
        self.stretch_start = self.position = end

    def _stretch(self, end: int) -> None:
        if end > self.stretch_start:
            self.stretches.append(Stretch(self.stretch_start, end, False))


@lru_cache(maxsize=32)
def _fence_ends(column: int, quoted: bool) -> re.Pattern[str]:
    """Lines that can close a fence, or that follow the list item (by its column) or quotation it is in."""
    indent = r"[ \t>]*" if quoted else r"[ \t]*"
    if quoted:
        inside = r"[ \t]*>|\Z"
    elif column:
        inside = rf" {{{column}}}| {{0,{column - 1}}}\t|[ \t\r]*(?:\n|\Z)"
    else:
        inside = ""
    return re.compile(rf"\n(?:(?P<left>(?!{inside}))|(?P<indent>{indent})(?P<fence>`{{3,}}|~{{3,}}){_LINE_END})")


def _line_end(text: str, position: int) -> int:
    end = text.find("\n", position)
    return end if end >= 0 else len(text)
