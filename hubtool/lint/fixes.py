"""Fixing cards: the edits of rules give a new text, which is never worse than the old one."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hubtool.card.parse import ParsedCard, parse_card, read_card
from hubtool.lint.diagnostic import Diagnostic, Edit, Severity

MAX_PASSES = 10
"""One edit makes room for the next; two or three passes settle a real card."""

Check = Callable[[ParsedCard], list[Diagnostic]]
_BOM = "\ufeff"
_TO_QUOTE = re.compile(r'[\x00-\x1f\x7f"\\]')


@dataclass(frozen=True, slots=True)
class FixResult:
    """The result of fixing a card; nothing has been written.

    Attributes
    ----------
    before, after
        Text with its byte order mark; equal when nothing was done.
    applied
        How many edits led from one to the other.
    withheld
        How many edits were not applied because they would have made the card worse.
    remaining
        Diagnostics of `after`.
    refused
        Why the card was skipped; empty when it was not.
    """

    path: Path
    shown: str
    before: str
    after: str
    applied: int
    withheld: int
    remaining: tuple[Diagnostic, ...]
    refused: str = ""

    @property
    def data(self) -> bytes:
        """The bytes to write."""
        return self.after.encode("utf-8")


@dataclass(frozen=True, slots=True)
class _State:
    """A card between two passes."""

    parsed: ParsedCard
    diagnostics: list[Diagnostic]

    @property
    def text(self) -> str:
        return (_BOM if self.parsed.bom else "") + self.parsed.text

    @property
    def errors(self) -> Counter[str]:
        return Counter(d.code for d in self.diagnostics if d.severity is Severity.ERROR)


def apply_edits(text: str, edits: Sequence[Edit]) -> tuple[str, int]:
    """Apply the edits that do not get in each other's way, and count them.

    The earlier of two that overlap, or start at the same place, is applied; equal edits are one. Edits that change
    nothing or lie outside the text are skipped.
    """
    parts: list[str] = []
    position, last_start, count = 0, -1, 0
    for edit in _effective(text, edits):
        if edit.start >= position and edit.start != last_start:
            parts += text[position : edit.start], edit.text
            position, last_start, count = edit.end, edit.start, count + 1
    return "".join([*parts, text[position:]]), count


def fix_card(
    path: Path, shown: str, check: Check, allowed: Callable[[Diagnostic], bool], *, uid: str | None = None
) -> FixResult:
    """Apply the allowed edits of a card's diagnostics until none is left.

    An edit that would bring a new error, or make a readable card unreadable, is withheld. A card whose edits undo each
    other is skipped, so that fixing twice is the same as fixing once.

    Parameters
    ----------
    shown
        How the user named the file.
    check
        Diagnostics of a card, without those that are ignored.
    allowed
        Whether the edit of a diagnostic may be applied.
    uid
        Identifier within the hub; derived from the front matter when not given.
    """
    parsed = read_card(path, uid=uid, shown=shown)
    first = _State(parsed, check(parsed))
    unreadable = next((problem.message for problem in parsed.problems if problem.kind == "unreadable"), None)
    if unreadable is not None:
        return _left_alone(first, unreadable)

    def edited(state: _State, edits: Sequence[Edit]) -> _State:
        text, _ = apply_edits(state.parsed.text, edits)
        parsed = parse_card((_BOM if state.parsed.bom else "") + text, path, uid=uid, shown=shown)
        return _State(parsed, check(parsed))

    state, applied = first, 0
    for _ in range(MAX_PASSES):
        edits = _effective(state.parsed.text, [d.edit for d in state.diagnostics if d.edit is not None and allowed(d)])
        harmless, after = _harmless(state, edits, edited)
        if not harmless:
            return FixResult(path, shown, first.text, state.text, applied, len(edits), tuple(state.diagnostics))
        applied += apply_edits(state.parsed.text, harmless)[1]
        state = after
    return _left_alone(first, f"its fixes do not settle within {MAX_PASSES} passes")


def unified_diff(shown: str, before: str, after: str) -> str:
    """The change of a card as git prints it, for `git apply` and `patch -p1`; empty when there is none."""
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
        for line in difflib.unified_diff(_lines(before), _lines(after), _diff_name("a", shown), _diff_name("b", shown))
    )


def _left_alone(first: _State, reason: str) -> FixResult:
    parsed = first.parsed
    return FixResult(parsed.path, parsed.shown, first.text, first.text, 0, 0, tuple(first.diagnostics), reason)


def _effective(text: str, edits: Sequence[Edit]) -> list[Edit]:
    """The edits that change something, each once, in the order of their places."""
    changing = {
        edit for edit in edits if 0 <= edit.start <= edit.end <= len(text) and text[edit.start : edit.end] != edit.text
    }
    return sorted(changing, key=lambda edit: (edit.start, edit.end, edit.text))


def _harmless(
    state: _State, edits: list[Edit], edited: Callable[[_State, Sequence[Edit]], _State]
) -> tuple[list[Edit], _State]:
    """As many of the edits as do no harm together, and the card with them.

    All at once in nearly every case; else halves are tried, down to the edit at fault.
    """
    kept: list[Edit] = []
    best = state
    groups = [edits] if edits else []
    while groups:
        group = groups.pop()
        trial = edited(state, [*kept, *group])
        if not _is_worse(trial, state):
            kept += group
            best = trial
        elif len(group) > 1:
            middle = len(group) // 2
            groups += group[middle:], group[:middle]
    return kept, best


def _is_worse(after: _State, before: _State) -> bool:
    """Whether a card lost its values or its record, or has an error that it had not."""
    gained = False
    for had, has in (
        (before.parsed.values is not None, after.parsed.values is not None),
        (before.parsed.card is not None, after.parsed.card is not None),
    ):
        if had and not has:
            return True
        gained = gained or (has and not had)
    # A card that could not be read before can now show errors that it always had.
    return not gained and bool(after.errors - before.errors)


def _lines(text: str) -> list[str]:
    """Lines with their ends, as git counts them: a lone carriage return or a form feed ends none."""
    *lines, last = text.split("\n")
    return [f"{line}\n" for line in lines] + ([last] if last else [])


def _diff_name(side: str, shown: str) -> str:
    """A path in the header of a diff: quoted as in C if it holds quotes or control characters."""
    name = f"{side}/{shown.lstrip('/')}"
    if _TO_QUOTE.search(name):
        return '"' + _TO_QUOTE.sub(lambda match: f"\\{ord(match[0]):03o}", name) + '"'
    return f"{name}\t" if " " in name else name
