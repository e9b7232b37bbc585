"""Ignore comments: a card's own word on which diagnostics are not wanted.

In the YAML block::

    license: Other  # hubtool: ignore[HT205] the hub's lawyers want it so
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
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from hubtool.card.parse import ParsedCard
from hubtool.card.span import Span
from hubtool.lint.config import codes_of, did_you_mean
from hubtool.lint.diagnostic import Diagnostic, Edit
from hubtool.lint.rule import CARD_RULES
from hubtool.lint.rules import control  # noqa: F401 (registers the two rules that are reported here)

MARK = "hubtool:"
"""What every comment to hubtool holds."""
_COMMAND = r"[ \t]*hubtool:[ \t]*(?P<command>[A-Za-z-]+)[ \t]*(?:\[(?P<codes>[^\[\]]*)\])?"
# What follows the brackets is the author's reason; a further comment of the line is not part of it.
_YAML_COMMENT = re.compile(rf"(?:^|(?<=[ \t]))#{_COMMAND}(?:(?![ \t]#).)*")
_MARKDOWN_COMMENT = re.compile(rf"<!--{_COMMAND}")
_CODE = re.compile(r"[^\s,]+")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")
_COMMANDS = ("ignore", "ignore-file")
_OWN_RULES = {rule.name: rule for rule in CARD_RULES if rule.code.startswith("HT9")}
_OWN_CODES = frozenset(rule.code for rule in _OWN_RULES.values())
_WHOLE_FILE = 0
_MAX_HINTS = 50  # finding the words close to one is slow, and a card with more mistakes than that was not mistyped
_Codes = dict[int, set[str]]


@dataclass(frozen=True, slots=True)
class _Code:
    """A code as written in a comment; `column` counts from 0, `covers` is empty when there is no such rule."""

    written: str
    column: int
    covers: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Comment:
    """A comment to hubtool; columns count from 0.

    Attributes
    ----------
    command
        `ignore`, `ignore-file`, or what was written in their place.
    command_column, end
        Columns of the command and behind the comment.
    inside
        Columns of the text between the brackets; None when there are none.
    target
        Line that the comment is about, or `_WHOLE_FILE`.
    """

    line: int
    start: int
    end: int
    command: str
    command_column: int
    inside: tuple[int, int] | None
    codes: tuple[_Code, ...]
    target: int
    markdown: bool


def drop_ignored(parsed: ParsedCard, diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """The diagnostics that no comment of the card covers: for what is found later than by rules about one card."""
    if MARK not in parsed.text:
        return list(diagnostics)
    return _uncovered(diagnostics, _ignored(_comments(parsed)))


def suppress(
    parsed: ParsedCard, diagnostics: list[Diagnostic], codes: frozenset[str] | None = None
) -> list[Diagnostic]:
    """Drop the diagnostics that comments of the card cover, and add what is wrong with the comments.

    Parameters
    ----------
    diagnostics
        Of all rules that look at one card.
    codes
        The rules that ran, for a comment about another one is not unused; None when all did.
    """
    if MARK not in parsed.text:
        return diagnostics
    known = frozenset(rule.code for rule in CARD_RULES)
    ran = known if codes is None else codes
    comments = list(_comments(parsed))
    found = _found(diagnostics)
    ignored = _ignored(comments)
    kept = _uncovered(diagnostics, ignored)
    hints = iter(range(_MAX_HINTS))
    for comment in comments:
        said = [
            *_mistakes(parsed, comment, hints),
            *_unused(parsed, comment, found[comment.target], ran & known - _OWN_CODES),
        ]
        own = {code for written in comment.codes for code in written.covers}
        kept += [d for d in _uncovered(said, ignored) if d.code in ran and d.code not in own]
    kept.sort(key=lambda diagnostic: (diagnostic.span, diagnostic.code))
    return kept


def _found(diagnostics: Iterable[Diagnostic]) -> _Codes:
    """Codes of the diagnostics, by line and of the whole file."""
    found: _Codes = defaultdict(set)
    for diagnostic in diagnostics:
        found[diagnostic.span.line].add(diagnostic.code)
        found[_WHOLE_FILE].add(diagnostic.code)
    return found


def _ignored(comments: Iterable[_Comment]) -> _Codes:
    """Codes that the comments ignore, by line and of the whole file."""
    ignored: _Codes = defaultdict(set)
    for comment in comments:
        if comment.command in _COMMANDS:
            for code in comment.codes:
                ignored[comment.target] |= code.covers
    return ignored


def _uncovered(diagnostics: Iterable[Diagnostic], ignored: _Codes) -> list[Diagnostic]:
    whole_file = ignored.get(_WHOLE_FILE, set())
    return [d for d in diagnostics if d.code not in whole_file and d.code not in ignored.get(d.span.line, ())]


def _mistakes(parsed: ParsedCard, comment: _Comment, hints: Iterator[int]) -> Iterator[Diagnostic]:
    """What keeps a comment, or a code in it, from having an effect; each hint takes one from `hints`."""
    command, column = comment.command, comment.command_column
    if command not in _COMMANDS:
        if hint := did_you_mean(command, _COMMANDS) if next(hints, None) is not None else "":
            message = f"`{command}` is no instruction to hubtool: {hint}"
            yield _diagnostic("unknown-code", parsed, comment, (column, command), message)
        return
    if not comment.codes:
        message = f"the comment ignores nothing: write the codes in brackets, such as `{command}[HT301]`"
        yield _diagnostic("unknown-code", parsed, comment, (column, command), message)
    for code in comment.codes:
        if not code.covers:
            hint = did_you_mean(code.written) if next(hints, None) is not None else ""
            message = f"`{code.written}` is no rule: {hint or '`hubtool rule` lists them'}"
            yield _diagnostic("unknown-code", parsed, comment, (code.column, code.written), message)


def _unused(parsed: ParsedCard, comment: _Comment, found: set[str], checkable: frozenset[str]) -> Iterator[Diagnostic]:
    """The codes of a comment that found nothing though their rules ran, each with the edit that mends the comment."""
    if comment.command not in _COMMANDS:
        return
    unused = dict.fromkeys(
        code for code in comment.codes if code.covers and code.covers <= checkable and not code.covers & found
    )
    if not unused:
        return
    remaining = [code.written for code in comment.codes if code not in unused]
    edit = _rewritten(parsed, comment, remaining) if remaining else _removed(parsed, comment)
    where = "in this file" if comment.target == _WHOLE_FILE else f"on line {comment.target}"
    for code in unused:
        message = f"`{code.written}` finds nothing {where}: remove it from the comment"
        yield _diagnostic("unused-ignore", parsed, comment, (code.column, code.written), message, edit)


def _diagnostic(
    name: str, parsed: ParsedCard, comment: _Comment, word: tuple[int, str], message: str, edit: Edit | None = None
) -> Diagnostic:
    """A diagnostic of one of the two rules about comments, at a word of a comment."""
    rule = _OWN_RULES[name]
    column, text = word
    span = Span(comment.line, column + 1, comment.line, column + 1 + len(text))
    return Diagnostic(parsed.shown, span, rule.code, rule.severity, message, edit)


def _rewritten(parsed: ParsedCard, comment: _Comment, remaining: list[str]) -> Edit:
    start, end = comment.inside or (comment.end, comment.end)
    line_start = parsed.offset(comment.line, 1)
    return Edit(line_start + start, line_start + end, ", ".join(remaining))


def _removed(parsed: ParsedCard, comment: _Comment) -> Edit:
    """The edit that takes a comment away, with the line if it holds nothing else."""
    line = parsed.lines[comment.line - 1]
    line_start = parsed.offset(comment.line, 1)
    start = comment.start
    while start and line[start - 1] in " \t":
        start -= 1
    if start or comment.end < len(line):
        return Edit(line_start + start, line_start + comment.end, "")
    above, below = (_is_blank(parsed.lines, comment.line + step) for step in (-1, 1))
    if comment.markdown and not above and not below:
        return Edit(line_start, line_start + len(line), "")  # without the blank line two paragraphs would become one
    last = comment.line + 1 if comment.markdown and above and below else comment.line
    line_end = parsed.offset(last + 1, 1) if last < len(parsed.lines) else len(parsed.text)
    return Edit(line_start, line_end, "")


def _is_blank(lines: list[str], line: int) -> bool:
    """Whether a line is blank, as those beyond both ends of the text are."""
    return not 1 <= line <= len(lines) or not lines[line - 1].strip()


def _comments(parsed: ParsedCard) -> Iterator[_Comment]:
    """Every comment to hubtool, in the order of the lines."""
    lines, layout = parsed.lines, parsed.layout
    block = range(layout.yaml_line, layout.yaml_line + layout.yaml.count("\n") + 1) if layout else range(0)
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
                    # Blanks before a further comment are not this one's, those at the end of the line are.
                    end = len(line) if match.end() == len(line) else match.start() + len(match[0].rstrip())
                    yield _comment(number, match, end, target, markdown=False)
        elif match_at_end := _markdown_comment(line):
            target = number if line[: match_at_end.start()].strip() else next_lines[number]
            yield _comment(number, match_at_end, len(line), target, markdown=True)


def _comment(line: int, match: re.Match[str], end: int, target: int, *, markdown: bool) -> _Comment:
    inside = match.span("codes") if match["codes"] is not None else None
    codes = tuple(
        _Code(part[0], match.start("codes") + part.start(), codes_of(part[0]))
        for part in _CODE.finditer(match["codes"] or "")
    )
    target = _WHOLE_FILE if match["command"] == "ignore-file" else target
    return _Comment(line, match.start(), end, match["command"], match.start("command"), inside, codes, target, markdown)


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
