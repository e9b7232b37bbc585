"""Cards and the evidence beside them as sections of a page: nothing is run, no file of weights is needed."""

from __future__ import annotations

import os.path
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from hubtool.card.claimset import ClaimSet, Heading, Selection
from hubtool.card.record import Card
from hubtool.evidence.folder import BadFile, StatementFile, evidence_beside
from hubtool.evidence.judge import not_run
from hubtool.evidence.match import Backed, evidence_of
from hubtool.evidence.measurement import Measurement
from hubtool.evidence.statement import Statement
from hubtool.report.engine import engine_facts
from hubtool.report.html import render_page
from hubtool.report.section import Line, Section
from hubtool.report.settings import sources_said
from hubtool.verify.checks import Status
from hubtool.words import counted

_HINT = "evaluate again, or remove the evidence"


def evidence_page(sections: Sequence[Section], *, now: datetime) -> str:
    """The page about cards and the evidence beside them. Raises as `render_page` does."""
    return render_page(sections, title="Published figures and their evidence", now=now)


def evidence_sections(chosen: Selection) -> list[Section]:
    """A section for each file of evidence about each claim set, and for each claim set without any.

    After them come cards without a record, evidence about rows that claim nothing, and files that cannot be read.
    """
    made = _Numbered()
    by_card: dict[Path, list[ClaimSet]] = {}
    for claim_set in chosen.claim_sets:
        by_card.setdefault(claim_set.card.path, []).append(claim_set)
    for claim_sets in by_card.values():
        _add_card(made, claim_sets[0].card, claim_sets)
    for card in chosen.unread:
        line = Line("card", Status.FAILED, card.error.message)
        made.add(card.heading, checks=[line], failed=True, hint=card.error.hint)
    for folder in dict.fromkeys(os.path.dirname(path) for path in by_card):  # noqa: PTH120 (the key of the folder's cache)
        for bad in _unreadable(folder):
            line = Line("evidence", Status.FAILED, bad.reason)
            made.add(Heading(bad.path.name, "", None, str(bad.path)), checks=[line], failed=True, hint=_HINT)
    return made.sections


def _unreadable(folder: str) -> Iterator[BadFile]:
    """Files of evidence that say nothing; what contradicts itself is told with the claims that it is about."""
    evidence = evidence_beside(folder)
    if evidence is not None:
        read = {file.path for files in evidence.by_stem.values() for file in files}
        yield from (bad for bad in evidence.bad if bad.path not in read)


class _Numbered:
    """Sections so far; each gets the next number."""

    def __init__(self) -> None:
        self.sections: list[Section] = []

    def add(self, heading: Heading, sha256: str = "", claims: Sequence[Measurement] = (), **rest: Any) -> None:
        """One more, see `Section`."""
        self.sections.append(Section(len(self.sections) + 1, heading, sha256, claims, **rest))


def _add_card(made: _Numbered, card: Card, claim_sets: Sequence[ClaimSet]) -> None:
    found = evidence_of(card)
    backed = {one.claim_set.variant: one for one in found.backed} if found else {}
    for claim_set in claim_sets:
        _add_claims(made, claim_set, backed.get(claim_set.variant) or Backed(claim_set))
    for file in found.homeless if found else ():
        line = Line("evidence", Status.FAILED, f"the card has no such figures: it is about {file.statement.variant}")
        heading = Heading(file.path.name, card.uid, file.statement.variant, "no row of the results table")
        made.add(heading, checks=[line], failed=True, hint=_HINT)


def _add_claims(made: _Numbered, claim_set: ClaimSet, backed: Backed) -> None:
    notes = [Line("evidence", Status.FAILED, f"{file.path.name} is about {reason}") for file, reason in backed.stale]
    for file in backed.fresh:
        if broken := file.statement.contradiction:
            notes.append(Line("evidence", Status.FAILED, f"{file.path.name} contradicts itself: {broken}"))
        else:
            _add_evidence(made, claim_set, file)
    if notes or not backed.fresh:
        claims = [not_run(claim.called, claim.value, "no evidence about this figure") for claim in claim_set.claims]
        checks = notes or [Line("evidence", Status.SKIPPED, "there is none about these figures")]
        made.add(claim_set.heading, claims=claims, checks=checks, failed=bool(notes), hint=_HINT if notes else "")


def _add_evidence(made: _Numbered, claim_set: ClaimSet, file: StatementFile) -> None:
    statement, short = file.statement, file.statement.shortcoming
    said = f"{file.path.name} {short}: it reproduces nothing" if short else file.path.name
    line = Line("evidence", Status.SKIPPED if short else Status.OK, said)
    facts = list(_provenance(statement))
    made.add(claim_set.heading, statement.asset_sha256, statement.measurements, checks=[line], provenance=facts)


def _provenance(statement: Statement) -> Iterator[tuple[str, str]]:
    data, part = statement.data, statement.part
    yield "evidence of", statement.finished
    yield from engine_facts(statement.engine)
    yield "dataset", data.name
    yield "layout", f"{data.layout}: {counted(data.images, 'image')}"
    yield "names and labels SHA-256", data.names_sha256
    if data.contents_sha256:
        yield "contents SHA-256", data.contents_sha256
    if part.skipped:
        yield "skipped as unreadable", counted(part.skipped, "image")
    if statement.recipe is not None:
        yield "images prepared", ", ".join(f"{key} {_shown(value)}" for key, value in statement.recipe.items())
    if statement.recipe_sources:
        yield "settings", sources_said(statement.recipe_sources)
    if statement.overrides:
        yield "overrides the card", ", ".join(f"{key}={value}" for key, value in statement.overrides.items())
    if statement.ledger_sha256:
        yield "answers SHA-256", statement.ledger_sha256
    yield "versions", ", ".join(f"{name} {version}" for name, version in statement.versions.items())


def _shown(value: object) -> str:
    parts = value if isinstance(value, list) else [value]
    return "/".join(f"{part:g}" if isinstance(part, float) else str(part) for part in parts)
