"""Finding the parts of a hub card: title, front matter, body."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_DELIMITER = re.compile(r"-{3,}[ \t]*")
_FIELD_WITHIN = 20
_FIELDS = ("model-name:", "backbone-name:", "module-type:", "fine-tunable:", "model-version:", "mindspore-version:")
_LONGEST_DECORATION = 2000
_IMAGE = re.compile(r"!\[[^\[\]]*\](?:\([^()]*\)|\[[^\[\]]*\])")
_LINK = re.compile(r"\[([^\[\]]*)\](?:\([^()]*\)|\[[^\[\]]*\])")
_EMPTY_LINK = re.compile(r"\[\s*\](?:\([^()]*\)|\[[^\[\]]*\])")
_MARKUP = re.compile(r"<[^<>]*>|&[a-z]+;")
_HTML_TITLE = re.compile(r"\s*<h1\b[^<>]*>(?P<title>.*?)(?:</h1>|$)", re.IGNORECASE)
_BETWEEN_BADGES = " \t\r|·•/-"
_WORD = re.compile(r"[^\W\d_]+")
_LANGUAGES = frozenset(
    re.findall(
        r"\w+",
        """
english en us uk chinese simplified traditional zh cn hans hant tw hk japanese ja jp korean ko kr french fr german de
spanish es russian ru portuguese pt br italian it language languages readme md version docs
中文 简体中文 繁體中文 繁体中文 中文版 英文 英文版 日本語 한국어 français deutsch español русский português
italiano 语言
""",
    )
)


@dataclass(frozen=True, slots=True)
class Outline:
    """Where the parts of a card are; line numbers start at 1.

    Attributes
    ----------
    yaml
        Text between the two delimiters.
    yaml_line
        Line of the first character of `yaml`.
    closed
        Whether the closing delimiter is there.
    """

    title: str | None
    title_line: int
    yaml: str
    yaml_line: int
    closed: bool
    body: str
    body_line: int


def find_outline(text: str) -> Outline | None:
    """Split a card into title, block and body; None when it has no front matter.

    Blank lines, headings, comments, badges and links to other languages may stand before the block. Below any other
    text, a `---` opens the block only if a field of a card follows it: else it is a horizontal rule of the body.
    """
    lines = text.split("\n")
    opening = _opening_line(lines)
    if opening is None:
        return None
    closing = next(
        (n for n in range(opening + 1, len(lines)) if lines[n].startswith(("---", "...")) and _is_end(lines[n])),
        None,
    )
    end = len(lines) if closing is None else closing
    title, title_line = _title_above(lines[:opening])
    if title is None:
        title, title_line = _find_title(lines[end + 1 :], end + 2)
    return Outline(
        title=title,
        title_line=title_line,
        yaml="\n".join(lines[opening + 1 : end]),
        yaml_line=opening + 2,
        closed=closing is not None,
        body="\n".join(lines[end + 1 :]),
        body_line=end + 2,
    )


def _opening_line(lines: list[str]) -> int | None:
    """Index of the line that opens the block."""
    below_text = False
    for number, line in _outside_comments(lines):
        if _is_delimiter(line):
            if not below_text or _begins_with_field(lines[number + 1 : number + _FIELD_WITHIN]):
                return number
        elif not below_text and line[0] != "#":
            below_text = not _is_decoration(line)
    return None


def _outside_comments(lines: list[str]) -> Iterator[tuple[int, str]]:
    """The lines that are neither blank nor in a comment, with their indices."""
    in_comment = False
    for number, line in enumerate(lines):
        if in_comment:
            in_comment = "-->" not in line
        elif (start := line.find("<!--")) >= 0 and not line[:start].strip():
            in_comment = line.find("-->", start) < 0
        elif line.strip():
            yield number, line


def _begins_with_field(lines: list[str]) -> bool:
    """Whether the first line that says something is a field that only cards have."""
    first = next((line for line in lines if line.strip() and not line.startswith("#")), "")
    return first.startswith(_FIELDS)


def _is_decoration(line: str) -> bool:
    """Whether a line holds nothing but badges, pictures, HTML tags and names of languages, linked or not."""
    if len(line) > _LONGEST_DECORATION:
        return False
    if _HTML_TITLE.match(line):
        return True
    words = _WORD.findall(_MARKUP.sub(" ", _LINK.sub(r" \1 ", _IMAGE.sub(" ", line))).casefold())
    return all(word in _LANGUAGES for word in words) or _is_badges(line)


def _is_badges(line: str) -> bool:
    """Whether a line is one or more images, each perhaps a link."""
    return "![" in line and not _MARKUP.sub("", _EMPTY_LINK.sub("", _IMAGE.sub("", line))).strip(_BETWEEN_BADGES)


def _is_delimiter(line: str) -> bool:
    return line.startswith("---") and _DELIMITER.fullmatch(line.rstrip("\r")) is not None


def _is_end(line: str) -> bool:
    return _is_delimiter(line) or line.rstrip() == "..."


def _title_above(lines: list[str]) -> tuple[str | None, int]:
    """The first level-1 heading above the block, in Markdown or HTML, and its line."""
    for number, line in _outside_comments(lines):
        if line.startswith(("# ", "#\t")):
            return line[1:].strip().rstrip("#").rstrip(), number + 1
        if (heading := _HTML_TITLE.match(line)) and (title := _MARKUP.sub("", heading["title"]).strip()):
            return title, number + 1
    return None, 1


def _find_title(lines: list[str], first_line: int) -> tuple[str | None, int]:
    """The first level-1 heading above any other text, and its line."""
    for number, line in enumerate(lines):
        if line.startswith(("# ", "#\t")):
            return line[1:].strip().rstrip("#").rstrip(), first_line + number
        if line.strip():
            break
    return None, first_line
