"""Problems that parsing found, for the rules that report them and for those that skip what has one."""

from __future__ import annotations

from collections.abc import Iterable

from hubtool.card.cardtext import Kind
from hubtool.card.parse import ParsedCard
from hubtool.lint.rule import Finding


def parse_problems(card: ParsedCard, *kinds: Kind) -> Iterable[Finding]:
    """Problems of the given kinds that parsing found."""
    if not card.problems:
        return []
    return [Finding(problem.span, problem.message) for problem in card.problems if problem.kind in kinds]


def valid_text(card: ParsedCard, key: str) -> str | None:
    """A value that is text and that the schema accepts; None for any other, which HT202 reports."""
    value = card.values.get(key) if card.values else None
    if not isinstance(value, str) or not value.strip():
        return None
    if card.problems:
        span = card.span_of(key)
        if any(problem.span == span for problem in card.problems):
            return None
    return value
