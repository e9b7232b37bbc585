"""Finding the parts of a hub card: title, front matter, body."""

from __future__ import annotations

import re
from dataclasses import dataclass

_DELIMITER = re.compile(r"-{3,}[ \t]*")
_BEFORE_BLOCK = re.compile(r"\s*(#.*|<!--.*)?")


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

    Only blank lines, headings and comments may stand before the block: a `---` further down is a
    horizontal rule of the body.
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
    title, title_line = _find_title(lines[:opening], 1)
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
    for number, line in enumerate(lines):
        if not line or line[0] == "#":
            continue
        if _is_delimiter(line):
            return number
        if not _BEFORE_BLOCK.fullmatch(line):
            return None
    return None


def _is_delimiter(line: str) -> bool:
    return line.startswith("---") and _DELIMITER.fullmatch(line.rstrip("\r")) is not None


def _is_end(line: str) -> bool:
    return _is_delimiter(line) or line.rstrip() == "..."


def _find_title(lines: list[str], first_line: int) -> tuple[str | None, int]:
    """The first level-1 heading above any other text, and its line."""
    for number, line in enumerate(lines):
        if line.startswith(("# ", "#\t")):
            return line[1:].strip().rstrip("#").rstrip(), first_line + number
        if line.strip():
            break
    return None, first_line
