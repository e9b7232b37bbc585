"""What is kept of a checked card once it is checked: counts, and its piece of the report.

An outcome is made where the card was checked, perhaps in another process, so that neither source lines nor diagnostics
travel; a tally adds outcomes up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from hubtool.lint.baseline import Baseline
from hubtool.lint.diagnostic import Diagnostic, Severity
from hubtool.lint.formats import Formatter, Totals
from hubtool.lint.rule import CARD_RULES, CATALOGUE_RULES
from hubtool.lint.run import Checked


class Outcome(NamedTuple):
    """The result of checking one card.

    Attributes
    ----------
    codes
        The rule of each diagnostic.
    has_error
        Whether one of them is an error.
    fixable, unsafely_fixable
        How many diagnostics carry an edit that is safe, or one that is not.
    rendered
        The formatter's piece of the report; None when there is none.
    counts
        Whether this is one more card: not one that was counted before, nor a file beside cards.
    is_card
        Not so for a file beside cards.
    """

    shown: str
    codes: tuple[str, ...]
    has_error: bool
    fixable: int
    unsafely_fixable: int
    rendered: object
    counts: bool
    is_card: bool


@dataclass(frozen=True, slots=True)
class Presenter:
    """Turns a checked card into its outcome; without a formatter there are only counts."""

    baseline: Baseline | None
    formatter: Formatter | None

    def __call__(self, checked: Checked) -> Outcome:
        """The outcome of a card, without the problems that the baseline knows."""
        diagnostics = checked.diagnostics
        if self.baseline is not None and diagnostics:
            diagnostics, _ = self.baseline.split(checked.shown, checked.lines, diagnostics)
        rendered = None
        if self.formatter is not None:
            rendered = self.formatter.render(checked.shown, checked.lines, diagnostics)
        counts = checked.is_card and not checked.again
        if not diagnostics:
            return Outcome(checked.shown, (), False, 0, 0, rendered, counts, checked.is_card)
        safe, unsafe = _fixable(diagnostics)
        codes = tuple([diagnostic.code for diagnostic in diagnostics])
        has_error = any(diagnostic.severity is Severity.ERROR for diagnostic in diagnostics)
        return Outcome(checked.shown, codes, has_error, safe, unsafe, rendered, counts, checked.is_card)


def _fixable(diagnostics: Sequence[Diagnostic]) -> tuple[int, int]:
    edits = [diagnostic.edit.safe for diagnostic in diagnostics if diagnostic.edit is not None]
    return sum(edits), len(edits) - sum(edits)


@dataclass
class Tally:
    """Counts over a stream of outcomes; a card may come more than once, and files beside cards are no cards."""

    cards: int = 0
    cards_with_errors: set[str] = field(default_factory=set)
    has_error: bool = False
    codes: Counter[str] = field(default_factory=Counter)
    fixable: int = 0
    unsafely_fixable: int = 0

    def add(self, outcome: Outcome) -> None:
        """Count one outcome in."""
        self.cards += outcome.counts
        if not outcome.codes:
            return
        self.codes.update(outcome.codes)
        self.fixable += outcome.fixable
        self.unsafely_fixable += outcome.unsafely_fixable
        self.has_error |= outcome.has_error
        if outcome.has_error and outcome.is_card:
            self.cards_with_errors.add(outcome.shown)

    @property
    def totals(self) -> Totals:
        """The counts that close a report."""
        counts = dict.fromkeys(Severity, 0)
        severity = {rule.code: rule.severity for rule in (*CARD_RULES, *CATALOGUE_RULES)}
        for code, count in self.codes.items():
            counts[severity[code]] += count
        return Totals(
            cards=self.cards,
            errors=counts[Severity.ERROR],
            warnings=counts[Severity.WARNING],
            infos=counts[Severity.INFO],
            cards_with_errors=len(self.cards_with_errors),
            fixable=self.fixable,
            unsafely_fixable=self.unsafely_fixable,
        )
