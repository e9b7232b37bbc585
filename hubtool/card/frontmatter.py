"""Finding the front matter of a hub card.

A hub card is a title, then a `---` block, then the body, so plain python-frontmatter, which wants the
block on the first line, sees no metadata at all. `HubHandler` teaches it the hub's shape::

    frontmatter.loads(text, handler=HubHandler())
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from frontmatter.default_handlers import YAMLHandler

from hubtool.card.yamlvalues import read_yaml

_DELIMITER = re.compile(r"-{3,}[ \t]*")
_BEFORE_BLOCK = re.compile(r"\s*(#.*|<!--.*)?")
_TITLE = re.compile(r"#\s+(.*?)\s*#*")


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the parts of a card lie; line numbers start at 1.

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


def find_layout(text: str) -> Layout | None:
    """Split a card into title, block and body; None when it has no front matter.

    Only blank lines, headings and comments may stand before the block: a `---` further down is a
    horizontal rule of the body.
    """
    lines = text.split("\n")
    opening = _opening_line(lines)
    if opening is None:
        return None
    closing = next(
        (n for n in range(opening + 1, len(lines)) if _is_delimiter(lines[n]) or lines[n].rstrip() == "..."),
        None,
    )
    end = len(lines) if closing is None else closing
    title, title_line = _find_title(lines[:opening], 1)
    if title is None:
        title, title_line = _find_title(lines[end + 1 :], end + 2)
    return Layout(
        title=title,
        title_line=title_line,
        yaml="\n".join(lines[opening + 1 : end]),
        yaml_line=opening + 2,
        closed=closing is not None,
        body="\n".join(lines[end + 1 :]),
        body_line=end + 2,
    )


def _opening_line(lines: list[str]) -> int | None:
    for number, line in enumerate(lines):
        if _is_delimiter(line):
            return number
        if not _BEFORE_BLOCK.fullmatch(line):
            return None
    return None


def _is_delimiter(line: str) -> bool:
    return _DELIMITER.fullmatch(line.rstrip("\r")) is not None


def _find_title(lines: list[str], first_line: int) -> tuple[str | None, int]:
    """The first level-1 heading above any other text, and its line."""
    for number, line in enumerate(lines):
        if match := _TITLE.fullmatch(line.strip()):
            return match[1], first_line + number
        if line.strip():
            break
    return None, first_line


class HubHandler(YAMLHandler):
    """python-frontmatter handler for cards with the title before the block; scalars stay as written."""

    def detect(self, text: str) -> bool:
        """Whether the text has a front matter that is closed."""
        layout = find_layout(text)
        return layout is not None and layout.closed

    def split(self, text: str) -> tuple[str, str]:
        """Front matter and content, the title included in the latter.

        Raises
        ------
        ValueError
            There is no front matter; python-frontmatter then takes the whole text as content.
        """
        layout = find_layout(text)
        if layout is None or not layout.closed:
            raise ValueError("no front matter")
        title = f"# {layout.title}\n\n" if layout.title and layout.title_line < layout.yaml_line else ""
        return layout.yaml, title + layout.body.lstrip("\n")

    def load(self, fm: str, **_: object) -> Any:
        """The block as dicts, lists and strings; an empty dict when it is not a mapping."""
        value = read_yaml(fm).value
        return value if isinstance(value, dict) else {}
