"""HT8xx, 803 on: whether the figures of a card were ever reproduced, and by what."""

from __future__ import annotations

import os.path
from collections.abc import Iterable, Iterator

from hubtool.card.claims import claims_digest
from hubtool.card.parse import ParsedCard
from hubtool.card.span import Span
from hubtool.card.subject import Subject, all_subjects
from hubtool.lint.diagnostic import Severity
from hubtool.lint.evidence import Statement, evidence_beside
from hubtool.lint.rule import Facts, Finding, rule


@rule("HT803", "no-evidence", Severity.INFO)
def no_evidence(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """A figure has no evidence, where other cards have some.

    `hubtool verify --reproduce-eval --evidence DIR` writes down what was measured. Where a folder of cards has an
    `evidence/` beside it, a reader takes a card without as one that nobody could reproduce. Folders without any
    evidence are left in peace.

    Bad:
        evaluation: top1acc76.85 and nothing in evidence/ about the card

    Good:
        evaluation: top1acc76.85 and evidence/bit_resnet50-1e4795a4.intoto.json
    """
    for subject, statements in _with_evidence(card):
        if subject.metrics and not statements:
            message = "nobody has reproduced these figures: hubtool verify --reproduce-eval --evidence evidence/"
            yield Finding(_place(card, subject), message)


@rule("HT804", "stale-evidence", Severity.ERROR)
def stale_evidence(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """The evidence is about other figures, or about another file, than the card.

    A figure, the link or the digest was changed after the evaluation, so the evidence says nothing about what the
    card claims now. Prose does not count.

    Bad:
        evaluation: top1acc76.95 with evidence for 76.85

    Good:
        the evaluation run again after the change
    """
    for subject, statements in _with_evidence(card):
        for statement in statements:
            if reason := _stale(subject, statement):
                message = f"`{statement.path.name}` is about {reason}: evaluate again, or remove it"
                yield Finding(_place(card, subject), message)


@rule("HT805", "evidence-contradicts", Severity.ERROR)
def evidence_contradicts(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """The evidence says that a figure is wrong.

    The evaluation of this very file did not give the published number. One of the two has to be corrected before
    anyone relies on the card.

    Bad:
        evaluation: top1acc76.85 with evidence that measured 74.20

    Good:
        evaluation: top1acc74.20
    """
    for subject, statements in _with_evidence(card):
        for statement in statements:
            if _stale(subject, statement):
                continue
            for metric, published, verdict in statement.verdicts:
                if verdict == "mismatch":
                    message = f"`{statement.path.name}` measured something else than {metric} {published:g}"
                    yield Finding(_place(card, subject), message)


def _with_evidence(card: ParsedCard) -> Iterator[tuple[Subject, list[Statement]]]:
    """What the card claims, by file, and the evidence about it; nothing where there is no folder of evidence."""
    folder = os.path.dirname(card.path)  # noqa: PTH120 (for every card, and a Path takes ten times as long)
    if card.card is None or (known := evidence_beside(folder)) is None:
        return
    mine = known.get(card.path.stem, [])
    for subject in all_subjects(card.card):
        name = subject.variant.model if subject.variant else None
        yield subject, [statement for statement in mine if statement.variant == name]


def _stale(subject: Subject, statement: Statement) -> str:
    """What the evidence is about that the card no longer says; empty when it fits."""
    digest = subject.asset.digest if subject.asset else None
    if digest is not None and not digest.matches(statement.asset_sha256):
        return f"a file with the digest {statement.asset_sha256[:12]}…"
    if statement.claims_sha256 != claims_digest(subject.asset, subject.metrics):
        return "other figures or another link"
    return ""


def _place(card: ParsedCard, subject: Subject) -> Span:
    return subject.variant.model_span if subject.variant else card.span_of("evaluation")
