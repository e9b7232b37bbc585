"""A part of the page about one claim set, whether it was verified just now or has evidence beside the card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hubtool.card.claimset import Heading
from hubtool.evidence.measurement import Measurement
from hubtool.report.answers import Answers
from hubtool.report.claimplot import ClaimPlot, claim_plot
from hubtool.verify.checks import Status


@dataclass(frozen=True, slots=True)
class Line:
    """One check: what was checked, how it ended, and one sentence about it."""

    what: str
    status: Status
    detail: str


@dataclass(frozen=True, slots=True)
class Section:
    """Claims as the page shows them.

    Attributes
    ----------
    sha256
        Of the file that the claims are about; empty where it is not known.
    checks
        What was checked beside the figures.
    failed
        Whether one of the checks failed.
    hint
        What to do about it.
    diagnosis
        What explains a mismatch, as sentences, the conclusion first.
    answers
        None when nothing was evaluated, or an earlier section, number `same_as`, shows the same evaluation.
    provenance
        What was run, and how: names and values.
    planned
        How it would be run, where nothing was: names and values.
    """

    number: int
    heading: Heading
    sha256: str
    claims: Sequence[Measurement]
    checks: Sequence[Line] = ()
    failed: bool = False
    hint: str = ""
    diagnosis: Sequence[str] = ()
    answers: Answers | None = None
    same_as: int | None = None
    provenance: Sequence[tuple[str, str]] = ()
    planned: Sequence[tuple[str, str]] = ()

    @property
    def plot(self) -> ClaimPlot | None:
        """The figures as a plot; None where none was measured."""
        return claim_plot(self.claims)
