"""Running the rules over cards."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path

import hubtool.lint.rules  # noqa: F401 (fills the tables of rules)
from hubtool.card.cardfiles import card_files
from hubtool.card.parse import ParsedCard
from hubtool.errors import NotFound
from hubtool.files import with_slashes
from hubtool.lint.diagnostic import Diagnostic
from hubtool.lint.rule import CARD_RULES, CATALOGUE_RULES, CardCheck, Facts, Rule
from hubtool.lint.summary import Summary


def check_card(parsed: ParsedCard, facts: Facts, codes: frozenset[str] | None = None) -> list[Diagnostic]:
    """Diagnostics of one card by all rules, or by those of the given codes, in the order of their places."""
    found = [
        Diagnostic(parsed.shown, finding.span, rule.code, rule.severity, finding.message, finding.edit)
        for rule, check in _chosen(codes)
        for finding in check(parsed, facts)
    ]
    found.sort(key=lambda diagnostic: (diagnostic.span, diagnostic.code))
    return found


@lru_cache(maxsize=8)
def _chosen(codes: frozenset[str] | None) -> list[tuple[Rule, CardCheck]]:
    return [(rule, check) for rule, check in CARD_RULES.items() if codes is None or rule.code in codes]


def check_catalogue(summaries: Sequence[Summary], codes: frozenset[str] | None = None) -> Iterator[Diagnostic]:
    """Diagnostics that only several cards together show, or that are about files beside them."""
    for rule, check in CATALOGUE_RULES.items():
        if codes is None or rule.code in codes:
            for place, finding in check(summaries):
                yield Diagnostic(place.shown, finding.span, rule.code, rule.severity, finding.message, finding.edit)


def named_cards(paths: Iterable[str]) -> Iterator[tuple[str, str | None]]:
    """Every card at and below the given paths, once: its path, joined with `/`, and the folder it was found in.

    Raises
    ------
    NotFound
        A path does not exist.
    """
    roots = [with_slashes(Path(given)) for given in paths]
    for root in roots:
        if not root.exists():
            raise NotFound(f"{root}: no such file or folder", hint="name a card or a folder of cards")
    seen: set[Path] = set()
    folders = {root.resolve() for root in roots if root.is_dir()}
    for root in roots:
        folder = root.as_posix() if root.is_dir() else None
        for path in card_files(root) if folder else [root]:
            if len(roots) > 1:  # only then can a card be named twice, and looking is half of the search
                if (real := path.resolve()) in seen or (real in folders and path.is_symlink()):
                    continue
                seen.add(real)
            yield path.as_posix(), folder
