"""What parsing noticed of a card, for the rules that report it and for those that leave it to them."""

from __future__ import annotations

from collections.abc import Iterable

from hubtool.card.parse import Kind, ParsedCard
from hubtool.lint.rule import Finding


def parse_problems(card: ParsedCard, *kinds: Kind) -> Iterable[Finding]:
    """What parsing noticed of the given kinds."""
    if not card.problems:
        return []
    return [Finding(problem.span, problem.message) for problem in card.problems if problem.kind in kinds]


def valid_text(card: ParsedCard, key: str) -> str | None:
    """A value that is text and that the schema accepts; None for any other, which is HT202's affair."""
    value = card.values.get(key) if card.values else None
    if not isinstance(value, str) or not value.strip():
        return None
    if card.problems:
        span = card.span_of(key)
        if any(problem.span == span for problem in card.problems):
            return None
    return value
