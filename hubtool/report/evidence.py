"""Cards and the evidence beside them as sections of a page: nothing is run, no file of weights is needed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from hubtool.card.claimset import ClaimSet, Selection
from hubtool.card.record import Card
from hubtool.evidence.folder import StatementFile
from hubtool.evidence.judge import not_run
from hubtool.evidence.match import evidence_of
from hubtool.evidence.statement import Statement
from hubtool.report.html import render_page
from hubtool.report.section import Line, Section
from hubtool.words import counted

_HINT = "evaluate again, or remove the evidence"


def evidence_page(chosen: Selection, *, now: datetime) -> str:
    """The page about cards and the evidence beside them. Raises as `render_page` does."""
    return render_page(evidence_sections(chosen), title="Published figures and their evidence", now=now)


def evidence_sections(chosen: Selection) -> list[Section]:
    """A section for each file of evidence about each claim set, and for each claim set without any."""
    sections: list[Section] = []
    for card in chosen.unread:
        line = Line("card", "failed", card.error.message)
        sections.append(Section(len(sections) + 1, card.heading, "", (), [line], failed=True, hint=card.error.hint))
    for claim_set in chosen.claim_sets:
        fresh, stale = _beside(claim_set.card, claim_set)
        notes = [Line("evidence", "failed", f"{file.path.name} is about {reason}") for file, reason in stale]
        for file in fresh:
            sections.append(_with_evidence(len(sections) + 1, claim_set, file, notes))
        if not fresh:
            sections.append(_without_evidence(len(sections) + 1, claim_set, notes))
    return sections


def _beside(card: Card, claim_set: ClaimSet) -> tuple[Sequence[StatementFile], Sequence[tuple[StatementFile, str]]]:
    """The evidence about a claim set, and what only seems to be about it, with what it is about."""
    found = evidence_of(card)
    for backed in found.backed if found else ():
        if backed.claim_set.variant == claim_set.variant:
            return backed.fresh, backed.stale
    return (), ()


def _with_evidence(number: int, claim_set: ClaimSet, file: StatementFile, notes: Sequence[Line]) -> Section:
    """What the evidence says; of evidence that contradicts itself, only that it does."""
    statement, name = file.statement, file.path.name
    if broken := statement.contradiction:
        line = Line("evidence", "failed", f"{name} contradicts itself: {broken}")
        return _without_evidence(number, claim_set, [line, *notes])
    short = statement.shortcoming
    line = Line("evidence", "skipped" if short else "ok", f"{name} {short}: it reproduces nothing" if short else name)
    return Section(
        number,
        claim_set.heading,
        statement.asset_sha256,
        statement.measurements,
        [line, *notes],
        failed=bool(notes),
        hint=_HINT if notes else "",
        provenance=list(_provenance(statement)),
    )


def _without_evidence(number: int, claim_set: ClaimSet, notes: Sequence[Line]) -> Section:
    reason = f"no evidence: hubtool verify {claim_set.called} --reproduce-eval --evidence DIR"
    claims = [not_run(claim.name or claim.called, claim.value, reason) for claim in claim_set.claims]
    return Section(
        number,
        claim_set.heading,
        "",
        claims,
        [*notes, Line("evidence", "skipped", "there is none about these figures")],
        failed=bool(notes),
        hint=_HINT if notes else "",
    )


def _provenance(statement: Statement) -> Iterator[tuple[str, str]]:
    data, engine, part = statement.data, statement.engine, statement.part
    yield "evidence of", statement.finished
    yield "engine", ", ".join(filter(None, (engine.name, engine.precision, engine.device)))
    yield "dataset", data.name
    yield "layout", f"{data.layout}: {counted(data.images, 'image')}"
    yield "names and labels SHA-256", data.names_sha256
    if data.contents_sha256:
        yield "contents SHA-256", data.contents_sha256
    if part.skipped:
        yield "skipped as unreadable", counted(part.skipped, "image")
    if statement.recipe is not None:
        yield "images prepared", ", ".join(f"{key} {_shown(value)}" for key, value in statement.recipe.items())
    if statement.overrides:
        yield "overrides the card", ", ".join(f"{key}={value}" for key, value in statement.overrides.items())
    if statement.ledger_sha256:
        yield "answers SHA-256", statement.ledger_sha256
    yield "versions", ", ".join(f"{name} {version}" for name, version in statement.versions.items())


def _shown(value: object) -> str:
    return "/".join(f"{number:g}" for number in value) if isinstance(value, list) else str(value)
