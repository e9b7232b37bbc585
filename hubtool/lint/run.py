"""Checking many cards: in order, in a stream, on several cores, in memory that does not grow with their number.

Only the summaries that catalogue rules need are kept; cards and diagnostics are handed on and forgotten.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from hubtool.card.parse import ParsedCard, read_card
from hubtool.card.registry import nested_uid
from hubtool.lint.diagnostic import Diagnostic
from hubtool.lint.engine import check_card, check_catalogue, named_cards
from hubtool.lint.rule import Facts
from hubtool.lint.summary import Summary, summarise
from hubtool.lint.suppress import drop_ignored, suppress

_CARDS_WORTH_A_PROCESS = 400
_CHUNK = 64


@dataclass(frozen=True, slots=True)
class Checks:
    """What to check.

    Attributes
    ----------
    codes
        The rules that are switched on.
    ignored
        Codes to leave out for single cards, by the name the user gave them.
    facts
        What rules know beyond the card.
    """

    codes: frozenset[str]
    facts: Facts
    ignored: Mapping[str, frozenset[str]]

    def of(self, parsed: ParsedCard) -> list[Diagnostic]:
        """Diagnostics of one card, without what its comments or the configuration ignore."""
        codes = self.codes - self.ignored.get(parsed.shown, frozenset())
        return suppress(parsed, check_card(parsed, self.facts, codes), codes)


class CardFile(NamedTuple):
    """A card to check: where it lies, what the user calls it, and its uid where folders give one."""

    path: Path
    shown: str
    uid: str | None


class Checked(NamedTuple):
    """A checked card; `lines` are its source lines, empty when nothing was found."""

    shown: str
    lines: Sequence[str]
    diagnostics: Sequence[Diagnostic]
    summary: Summary | None


def find_cards(paths: Iterable[str]) -> list[CardFile]:
    """Every card at and below the given paths, once. Raises NotFound for a path that does not exist."""
    return [
        CardFile(path, shown, nested_uid(path, root) if root is not None else None)
        for path, shown, root in named_cards(paths)
    ]


def check_one(card: CardFile, checks: Checks) -> Checked:
    """Read and check one card."""
    parsed = read_card(card.path, uid=card.uid, shown=card.shown)
    diagnostics = checks.of(parsed)
    return Checked(card.shown, parsed.lines if diagnostics else (), diagnostics, summarise(parsed))


def check_cards(cards: Sequence[CardFile], checks: Checks, jobs: int) -> Iterator[Checked]:
    """Check cards one by one, in their order, and at the end what only all of them show.

    A card with findings of catalogue rules comes a second time, with these.
    """
    summaries: list[Summary] = []
    for checked in _map(partial(check_one, checks=checks), cards, jobs):
        if checked.summary is not None:
            summaries.append(checked.summary)
        yield checked
    by_name = {card.shown: card for card in cards}
    found = sorted(check_catalogue(summaries, checks.codes), key=lambda d: (d.path, d.span, d.code))
    for shown, group in groupby(found, key=lambda diagnostic: diagnostic.path):
        card = by_name[shown]
        parsed = read_card(card.path, uid=card.uid, shown=shown)
        wanted = [d for d in group if d.code not in checks.ignored.get(shown, frozenset())]
        kept = drop_ignored(parsed, wanted)
        if kept:
            yield Checked(shown, parsed.lines, kept, None)


def default_jobs(cards: int) -> int:
    """As many processes as there are cores, but none that would do less than it costs."""
    return max(1, min(os.cpu_count() or 1, cards // _CARDS_WORTH_A_PROCESS))


def _map(check: partial[Checked], cards: Sequence[CardFile], jobs: int) -> Iterator[Checked]:
    if jobs == 1:
        yield from map(check, cards)
        return
    with multiprocessing.get_context("fork").Pool(jobs) as pool:
        yield from pool.imap(check, cards, _CHUNK)
