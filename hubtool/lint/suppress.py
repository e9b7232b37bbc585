"""What the ignore comments of a card do to its diagnostics, and what is wrong with them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from hubtool.card.parse import ParsedCard
from hubtool.card.span import Span
from hubtool.lint.comments import MARK, WHOLE_FILE, Comment, comments_of
from hubtool.lint.config import did_you_mean
from hubtool.lint.diagnostic import Diagnostic, Edit
from hubtool.lint.rule import CARD_RULES
from hubtool.lint.rules import control  # noqa: F401 (registers the two rules that are reported here)

_COMMANDS = ("ignore", "ignore-file")
_OWN_RULES = {rule.name: rule for rule in CARD_RULES if rule.code.startswith("HT9")}
_OWN_CODES = frozenset(rule.code for rule in _OWN_RULES.values())
_MAX_HINTS = 50  # finding the words close to one is slow, and a card with more mistakes than that was not mistyped
_Codes = dict[int, set[str]]


def drop_ignored(parsed: ParsedCard, diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """The diagnostics that no comment of the card covers: for what is found after the rules about one card ran."""
    if MARK not in parsed.text:
        return list(diagnostics)
    return _uncovered(diagnostics, _ignored(comments_of(parsed)))


def suppress(
    parsed: ParsedCard, diagnostics: list[Diagnostic], codes: frozenset[str] | None = None
) -> list[Diagnostic]:
    """Drop the diagnostics that comments of the card cover, and add what is wrong with the comments.

    Parameters
    ----------
    diagnostics
        Of all rules that look at one card.
    codes
        The rules that ran: a comment about any other rule is not unused. None when all ran.
    """
    if MARK not in parsed.text:
        return diagnostics
    known = frozenset(rule.code for rule in CARD_RULES)
    ran = known if codes is None else codes
    comments = list(comments_of(parsed))
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
        found[WHOLE_FILE].add(diagnostic.code)
    return found


def _ignored(comments: Iterable[Comment]) -> _Codes:
    """Codes that the comments ignore, by line and of the whole file."""
    ignored: _Codes = defaultdict(set)
    for comment in comments:
        if comment.command in _COMMANDS:
            for code in comment.codes:
                ignored[comment.target] |= code.covers
    return ignored


def _uncovered(diagnostics: Iterable[Diagnostic], ignored: _Codes) -> list[Diagnostic]:
    whole_file = ignored.get(WHOLE_FILE, set())
    return [d for d in diagnostics if d.code not in whole_file and d.code not in ignored.get(d.span.line, ())]


def _mistakes(parsed: ParsedCard, comment: Comment, hints: Iterator[int]) -> Iterator[Diagnostic]:
    """Why a comment, or a code in it, has no effect; each hint takes one from `hints`."""
    command, column = comment.command, comment.command_column
    if command not in _COMMANDS:
        if hint := did_you_mean(command, _COMMANDS) if next(hints, None) is not None else "":
            message = f"`{command}` is not an instruction to hubtool: {hint}"
            yield _diagnostic("unknown-code", parsed, comment, (column, command), message)
        return
    if not comment.codes:
        message = f"the comment ignores nothing: write the codes in brackets, such as `{command}[HT301]`"
        yield _diagnostic("unknown-code", parsed, comment, (column, command), message)
    for code in comment.codes:
        if not code.covers:
            hint = did_you_mean(code.written) if next(hints, None) is not None else ""
            message = f"`{code.written}` is not a rule: {hint or '`hubtool rule` lists them'}"
            yield _diagnostic("unknown-code", parsed, comment, (code.column, code.written), message)


def _unused(parsed: ParsedCard, comment: Comment, found: set[str], checkable: frozenset[str]) -> Iterator[Diagnostic]:
    """The codes of a comment that found nothing though their rules ran, each with the edit that fixes the comment."""
    if comment.command not in _COMMANDS:
        return
    unused = dict.fromkeys(
        code for code in comment.codes if code.covers and code.covers <= checkable and not code.covers & found
    )
    if not unused:
        return
    remaining = [code.written for code in comment.codes if code not in unused]
    edit = _rewritten(parsed, comment, remaining) if remaining else _removed(parsed, comment)
    where = "in this file" if comment.target == WHOLE_FILE else f"on line {comment.target}"
    for code in unused:
        message = f"`{code.written}` finds nothing {where}: remove it from the comment"
        yield _diagnostic("unused-ignore", parsed, comment, (code.column, code.written), message, edit)


def _diagnostic(
    name: str, parsed: ParsedCard, comment: Comment, word: tuple[int, str], message: str, edit: Edit | None = None
) -> Diagnostic:
    """A diagnostic of one of the two rules about comments, at a word of a comment."""
    rule = _OWN_RULES[name]
    column, text = word
    span = Span(comment.line, column + 1, comment.line, column + 1 + len(text))
    return Diagnostic(parsed.shown, span, rule.code, rule.severity, message, edit)


def _rewritten(parsed: ParsedCard, comment: Comment, remaining: list[str]) -> Edit:
    start, end = comment.inside or (comment.end, comment.end)
    line_start = parsed.offset(comment.line, 1)
    return Edit(line_start + start, line_start + end, ", ".join(remaining))


def _removed(parsed: ParsedCard, comment: Comment) -> Edit:
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
