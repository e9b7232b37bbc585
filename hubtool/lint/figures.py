"""The figures of a card: those of its front matter and those of its results tables."""

from __future__ import annotations

from collections.abc import Iterator

from hubtool.card.metrics import Metric
from hubtool.card.parse import ParsedCard, part_span
from hubtool.card.span import Span


def all_metrics(card: ParsedCard) -> Iterator[Metric]:
    """The figures of the front matter, then those of the rows."""
    yield from card.metrics
    for row in card.rows:
        yield from row.metrics


def place_of(card: ParsedCard, metric: Metric) -> Span:
    """Where a figure of the card stands: its cell, or its part of `evaluation`."""
    whole = metric.span or card.span_of("evaluation")
    text = card.values.get("evaluation") if card.values else None
    if metric.span or not isinstance(text, str) or (start := text.find(metric.written)) < 0:
        return whole
    return part_span(whole, text, metric.written, start)
