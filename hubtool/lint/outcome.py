"""What is kept of a checked card once it is checked: counts, and its piece of the report.

An outcome is made where the card was checked, perhaps in another process, so that neither source lines nor diagnostics
travel; a tally adds outcomes up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from hubtool.lint.baseline import Baseline
from hubtool.lint.diagnostic import Diagnostic, Severity
from hubtool.lint.formats import Formatter, Totals
from hubtool.lint.run import Checked


class Outcome(NamedTuple):
    """What became of one card.

    Attributes
    ----------
    codes
        How often each rule was broken.
    severities
        How often a rule of each severity was.
    fixable, unsafely_fixable
        How many diagnostics carry an edit that is safe, or one that is not.
    rendered
        The formatter's piece of the report; None when there is none.
    again
        Whether the card was counted before.
    """

    shown: str
    codes: Mapping[str, int]
    severities: Mapping[Severity, int]
    fixable: int
    unsafely_fixable: int
    rendered: object
    again: bool


_NOTHING: Mapping[str, int] = {}
_NO_SEVERITY: Mapping[Severity, int] = {}


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
        if not diagnostics:
            return Outcome(checked.shown, _NOTHING, _NO_SEVERITY, 0, 0, rendered, checked.again)
        safe, unsafe = _fixable(diagnostics)
        severities = Counter(diagnostic.severity for diagnostic in diagnostics)
        codes = Counter(diagnostic.code for diagnostic in diagnostics)
        return Outcome(checked.shown, codes, severities, safe, unsafe, rendered, checked.again)


def _fixable(diagnostics: Sequence[Diagnostic]) -> tuple[int, int]:
    edits = [diagnostic.edit.safe for diagnostic in diagnostics if diagnostic.edit is not None]
    return sum(edits), len(edits) - sum(edits)


@dataclass
class Tally:
    """Counts over a stream of outcomes; a card may come more than once."""

    cards: int = 0
    with_errors: set[str] = field(default_factory=set)
    severities: Counter[Severity] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    fixable: int = 0
    unsafely_fixable: int = 0

    def add(self, outcome: Outcome) -> None:
        """Count one outcome in."""
        self.cards += not outcome.again
        if not outcome.codes:
            return
        self.codes.update(outcome.codes)
        self.severities.update(outcome.severities)
        self.fixable += outcome.fixable
        self.unsafely_fixable += outcome.unsafely_fixable
        if Severity.ERROR in outcome.severities:
            self.with_errors.add(outcome.shown)

    @property
    def totals(self) -> Totals:
        """The counts that close a report."""
        return Totals(
            cards=self.cards,
            errors=self.severities[Severity.ERROR],
            warnings=self.severities[Severity.WARNING],
            infos=self.severities[Severity.INFO],
            cards_with_errors=len(self.with_errors),
            fixable=self.fixable,
            unsafely_fixable=self.unsafely_fixable,
        )
