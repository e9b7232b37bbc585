"""Ignore comments: a card says which diagnostics it does not want.

In the YAML block::

    license: Other  # hubtool: ignore[HT205] as the hub's lawyers asked
    # hubtool: ignore[HT203, HT205]
    license: Other

and in the Markdown around it::

    <!-- hubtool: ignore[HT602] -->
    ## Results:

At the end of a line a comment is about that line; on a line of its own, about the next line with text.
`ignore-file[...]` is about the whole file.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from hubtool.card.parse import ParsedCard
from hubtool.card.span import Span
from hubtool.lint.config import codes_of

MARK = "hubtool:"
"""What every comment to hubtool holds."""
_COMMAND = r"[ \t]*hubtool:[ \t]*(?P<command>[A-Za-z-]+)[ \t]*(?:\[(?P<codes>[^\[\]]*)\])?"
# What follows the brackets is the author's reason; a further comment of the line is not part of it.
_YAML_COMMENT = re.compile(rf"(?:^|(?<=[ \t]))#{_COMMAND}(?:(?![ \t]#).)*")
_MARKDOWN_COMMENT = re.compile(rf"<!--{_COMMAND}")
_CODE = re.compile(r"[^\s,]+")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")
WHOLE_FILE = 0
"""The line of comments that are about all of the card."""


@dataclass(frozen=True, slots=True)
class Code:
    """A code as written in a comment; `column` counts from 0, `covers` is empty when there is no such rule."""

    written: str
    column: int
    covers: frozenset[str]


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment to hubtool; columns count from 0.

    Attributes
    ----------
    command
        `ignore`, `ignore-file`, or what was written in their place.
    command_column, end
        Columns where the command begins and where the comment ends.
    inside
        Columns of the text between the brackets; None when there are none.
    target
        Line that the comment is about, or `WHOLE_FILE`.
    """

    line: int
    start: int
    end: int
    command: str
    command_column: int
    inside: tuple[int, int] | None
    codes: tuple[Code, ...]
    target: int
    markdown: bool


def comments_of(parsed: ParsedCard) -> Iterator[Comment]:
    """Every comment to hubtool, in the order of the lines."""
    lines, outline = parsed.lines, parsed.outline
    block = range(outline.yaml_line, outline.yaml_line + outline.yaml.count("\n") + 1) if outline else range(0)
    fenced = _fenced_lines(lines, block)
    next_lines = _next_lines(lines, block)
    scalars = _scalars(parsed)
    for number, line in enumerate(lines, 1):
        if MARK not in line or number in fenced:
            continue
        if number in block:
            target = next_lines[number] if line.lstrip().startswith("#") else number
            for match in _YAML_COMMENT.finditer(line):
                if not _in_scalar(scalars, number, match.start() + 1, line):
                    # Blanks before a further comment do not belong to this one; those at the end of the line do.
                    end = len(line) if match.end() == len(line) else match.start() + len(match[0].rstrip())
                    yield _comment(number, match, end, target, markdown=False)
        elif match_at_end := _markdown_comment(line):
            target = number if line[: match_at_end.start()].strip() else next_lines[number]
            yield _comment(number, match_at_end, len(line), target, markdown=True)


def _comment(line: int, match: re.Match[str], end: int, target: int, *, markdown: bool) -> Comment:
    inside = match.span("codes") if match["codes"] is not None else None
    codes = tuple(
        Code(part[0], match.start("codes") + part.start(), codes_of(part[0]))
        for part in _CODE.finditer(match["codes"] or "")
    )
    target = WHOLE_FILE if match["command"] == "ignore-file" else target
    return Comment(line, match.start(), end, match["command"], match.start("command"), inside, codes, target, markdown)


def _markdown_comment(line: str) -> re.Match[str] | None:
    """The comment to hubtool that ends a line."""
    start = line.rfind("<!--")
    if start < 0 or line.find("-->", start) != len(line.rstrip()) - len("-->"):
        return None
    return _MARKDOWN_COMMENT.match(line, start)


def _next_lines(lines: list[str], block: range) -> list[int]:
    """For each line the first one below that holds more than a comment, itself when there is none; `[0]` is unused."""
    next_lines = list(range(len(lines) + 1))
    following = 0
    for number in range(len(lines), 0, -1):
        next_lines[number] = following or number
        text = lines[number - 1].strip()
        if text and not (text.startswith("#") if number in block else MARK in text and _markdown_alone(text)):
            following = number
    return next_lines


def _markdown_alone(text: str) -> bool:
    match = _markdown_comment(text)
    return match is not None and match.start() == 0


def _fenced_lines(lines: list[str], block: range) -> set[int]:
    """Lines of code fences, from 1: what looks like a comment there is an example of one."""
    fenced = set()
    fence = ""
    for number, line in enumerate(lines, 1):
        if number in block:
            continue
        match = _FENCE.fullmatch(line)
        if fence:
            fenced.add(number)
            if match and match[1].startswith(fence) and not match[2].strip():
                fence = ""
        elif match and not (match[1].startswith("`") and "`" in match[2]):
            fenced.add(number)
            fence = match[1]
    return fenced


def _scalars(parsed: ParsedCard) -> list[Span]:
    """Places of the texts of the YAML block, in order; they do not overlap."""
    if parsed.yaml is None:
        return []
    spans = parsed.yaml.spans
    containers = {path[:-1] for path in spans if path}
    return sorted(span for path, span in spans.items() if path not in containers)


def _in_scalar(scalars: list[Span], line: int, column: int, text: str) -> bool:
    """Whether a place lies in a quoted or block text, where `#` opens no comment.

    The line with the `|` or `>` that opens a block text may end in a comment, though the text's span begins there.
    """
    index = bisect_right(scalars, (line, column + 1)) - 1
    if index < 0:
        return False
    span = scalars[index]
    if (line, column) >= (span.end_line, span.end_column):
        return False
    return not (line == span.line and text[span.column - 1 : span.column] in {"|", ">"})
