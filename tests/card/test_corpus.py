"""Real cards, none of which are part of the repository."""

from __future__ import annotations

import json
from pathlib import Path

from hubtool.card.cardfiles import card_files
from hubtool.card.catalogue import Catalogue
from hubtool.card.parse import read_card


def test_every_card_yields_a_record_or_a_precise_reason(corpus: Path) -> None:
    count = 0
    for path in card_files(corpus):
        parsed = read_card(path)
        lines = path.read_bytes().count(b"\n") + 1
        errors = [problem for problem in parsed.problems if problem.fatal]
        assert (parsed.card is None) == bool(errors), path
        assert all(1 <= d.span.line <= lines for d in parsed.problems), path
        if parsed.card is not None:
            json.dumps(parsed.card.to_json())
        count += 1
    assert count > 0


def test_most_cards_yield_a_record(corpus: Path) -> None:
    catalogue = Catalogue([corpus])
    assert len(catalogue.cards) >= 0.9 * len(catalogue.parsed)


def test_every_card_is_found_by_its_uid(corpus: Path) -> None:
    catalogue = Catalogue([corpus])
    for card in catalogue.cards[::20]:
        assert catalogue.resolve(card.uid).card is card
