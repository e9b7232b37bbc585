"""Links and images in the text between a card's blocks of code, with their places."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from hubtool.lint.markdown.stretch import Stretch


class Link(NamedTuple):
    """A link or an image, in Markdown or HTML.

    Attributes
    ----------
    text
        What stands in the brackets, or the alternative text of an image; None when an HTML image has none.
    target
        As written, without angle brackets; it begins at `target_start`.
    """

    image: bool
    text: str | None
    target: str
    target_start: int
    start: int
    end: int


# Every alternative begins with a literal: the search then skips plain text at the speed of a character class.
_TOKEN = re.compile(r"\\.|``*|<!--|<(?:[iI][mM][gG]|[aA])(?=[\s/>])[^<>]*>|<[^<>\s]*>|!\[|\[|\]\(?", re.DOTALL)
_LINK_TAG = re.compile(r"<(?:[iI][mM][gG]|[aA])\s")
_BACKTICKS = re.compile(r"`+")
_TARGET = re.compile(
    r"[ \t]*\n?[ \t]*(?:<(?P<angled>[^<>\n]*)>"
    r"|(?P<plain>(?!<)(?:[^\s()\\]|\\.|\((?:[^\s()\\]|\\.|\([^\s()\\]*\))*\))*))"
    r"(?:\s+(?:\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|\([^()]*\)))?\s*\)"
)
_PLAIN_TARGET = re.compile(r"(?P<plain>[^\s()<>\\]+)(?P<angled>(?!))?\)")
_DEFINITION = re.compile(
    r"\n {0,3}\[(?P<label>[^\[\]\n^][^\[\]\n]*)\]:[ \t]*(?:<(?P<angled>[^<>\n]*)>|(?P<plain>[^\s<]\S*))"
    r"(?:[ \t]+[\"'(][^\n]*[\"')])?[ \t]*\r?(?=\n|\Z)"
)
_REFERENCE = re.compile(r"\]\[([^\[\]]+)\]|\[([^\[\]]+)\]\[\]")
_BLANK_LINE = re.compile(r"\n[ \t\r]*(?=\n|\Z)")
_ATTRIBUTE = re.compile(r"\s([a-zA-Z][\w:-]*)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+)))?")


def find_links(text: str, stretches: Iterable[Stretch], items: set[int]) -> Iterator[Link]:
    """Links and images outside code and comments.

    A line that is indented like code counts only when it begins with a list marker: its start is in `items`.
    """
    for start, end, is_html in stretches:
        if is_html:
            yield from _html_links(text, start, end)
        elif bounds := _paragraphs_with_links(text, start, end):
            for link in _Links(text, *bounds).find():
                if not _is_indented_code(text, link.start, items):
                    yield link


def find_definitions(text: str, stretches: Iterable[Stretch]) -> Iterator[Link]:
    """Targets of the form `[label]: target` that a `[text][label]` uses."""
    used: set[str] | None = None
    for start, end, is_html in stretches:
        if is_html or text.find("]:", start, end) < 0:
            continue
        if used is None:
            used = {(match[1] or match[2]).casefold() for match in _REFERENCE.finditer(text)}
        for match in _DEFINITION.finditer(text, start, end):
            if match["label"].casefold() in used:
                group = "angled" if match["angled"] is not None else "plain"
                yield Link(False, match["label"], match[group], match.start(group), match.start() + 1, match.end())


def _paragraphs_with_links(text: str, start: int, end: int) -> tuple[int, int] | None:
    """From the first paragraph with a link to the last: most of a card has none, and need not be read closely."""
    first = text.find("](", start, end)
    last = text.rfind("](", start, end)
    if tag := _LINK_TAG.search(text, start, end):
        first = min(first, tag.start()) if first >= 0 else tag.start()
        last = end
    if first < 0:
        return None
    blank_before = text.rfind("\n\n", start, first)
    blank_after = text.find("\n\n", last, end)
    return blank_before if blank_before >= 0 else start, blank_after if blank_after >= 0 else end


def _is_indented_code(text: str, position: int, items: set[int]) -> bool:
    start = text.rfind("\n", 0, position) + 1
    return text.startswith(("    ", "\t"), start) and start not in items


@dataclass
class _Links:
    """One walk over brackets, code spans and tags."""

    text: str
    position: int
    end: int
    # Open brackets: where they are, whether of an image, and how many links there were before.
    brackets: list[tuple[int, bool, int]] = field(default_factory=list)
    links: int = 0
    code_marks: dict[int, list[int]] | None = None
    paragraph_end: int = -1
    no_comments_until: int = -1

    def find(self) -> Iterator[Link]:
        while match := _TOKEN.search(self.text, self.position, self.end):
            self.position = match.end()
            if match.start() > self.paragraph_end:
                self._enter_paragraph(match.start())
            found = match[0]
            if found[0] == "]":
                link = self._close(match)
                if link is not None:
                    yield link
            elif found in {"[", "!["}:
                self.brackets.append((match.start(), found == "![", self.links))
            elif found[0] == "`":
                self._skip_code(match)
            elif found == "<!--":
                self._skip_comment(match.end())
            elif found[0] == "<" and (link := _html_link(match[0], match.start())):
                yield link

    def _close(self, match: re.Match[str]) -> Link | None:
        if not self.brackets:
            self.position = match.start() + 1
            return None
        start, image, links_before = self.brackets.pop()
        target = None
        if match[0] == "](":
            # Nearly every target is plain; the pattern for all of them takes ten times as long.
            target = _PLAIN_TARGET.match(self.text, match.end(), self.end) or _TARGET.match(
                self.text, match.end(), self.end
            )
        if target is None or (not image and self.links > links_before):  # a link holds no links, but images
            self.position = match.start() + 1
            return None
        self.position = target.end()
        self.links += not image
        group = "angled" if target["angled"] is not None else "plain"
        place = target.start(group) if target[group] is not None else match.end()
        words = self.text[start + 1 + image : match.start()]
        return Link(image, words, target[group] or "", place, start, target.end())

    def _skip_code(self, opening: re.Match[str]) -> None:
        """Skip the code span, if the run of backticks opens one within its paragraph."""
        if self.code_marks is None:
            self.code_marks = {}
            for run in _BACKTICKS.finditer(self.text, opening.start(), self.end):
                self.code_marks.setdefault(len(run[0]), []).append(run.start())
        marks = self.code_marks.get(len(opening[0]), [])
        following = bisect_left(marks, opening.end())
        if following < len(marks) and marks[following] < self.paragraph_end:
            self.position = marks[following] + len(opening[0])

    def _skip_comment(self, position: int) -> None:
        closing = self.text.find("-->", position, self.paragraph_end) if position > self.no_comments_until else -1
        if closing >= 0:
            self.position = closing + 3
        else:
            self.no_comments_until = self.paragraph_end

    def _enter_paragraph(self, position: int) -> None:
        blank = _BLANK_LINE.search(self.text, position, self.end)
        self.paragraph_end = blank.start() if blank else self.end
        self.brackets.clear()


def _html_links(text: str, start: int, end: int) -> Iterator[Link]:
    position = start
    while match := _TOKEN.search(text, position, end):
        position = match.end()
        if match[0] == "<!--":
            closing = text.find("-->", match.end(), end)
            position = closing + 3 if closing >= 0 else end
        elif link := _html_link(match[0], match.start()):
            yield link


def _html_link(tag: str, start: int) -> Link | None:
    """The link that an `<a href>` or `<img src>` makes; None for any other tag."""
    image = tag[:4].casefold() == "<img"
    if not image and tag[:2].casefold() != "<a":
        return None
    alt = target = None
    target_start = start
    for match in _ATTRIBUTE.finditer(tag):
        name = match[1].casefold()
        group = match.lastindex or 1
        value = match[group] if group > 1 else ""
        if name == "alt":
            alt = value
        elif name == ("src" if image else "href"):
            target, target_start = value, start + (match.start(group) if group > 1 else match.end())
    if target is None:
        return None
    return Link(image, alt if image else "", target, target_start, start, start + len(tag))
