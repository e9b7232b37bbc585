"""HT803 to HT807: whether the figures of a card were ever reproduced, and by which evidence."""

from __future__ import annotations

import os.path
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from hubtool.card.claimset import ClaimSet
from hubtool.card.parse import ParsedCard
from hubtool.card.span import Span
from hubtool.evidence.folder import Evidence, evidence_beside
from hubtool.evidence.match import Backed, evidence_of
from hubtool.lint.diagnostic import Severity
from hubtool.lint.rule import Facts, Finding, Place, catalogue_rule, rule
from hubtool.lint.summary import Summary


@rule("HT803", "no-evidence", Severity.INFO)
def no_evidence(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """A figure has no evidence that counts, where other cards have some.

    `hubtool verify --reproduce-eval --evidence DIR` records what was measured. Where a folder of cards has an
    `evidence/` folder, readers will think that nobody could reproduce a card without any. Evidence counts when the
    whole split reproduces the figures, or a part of it is consistent with them, with images prepared as the card says,
    in float32, and with the default tolerance. Folders without any evidence are not checked.

    Bad:
        evaluation: top1acc76.85 and nothing in evidence/ about the card

    Good:
        evaluation: top1acc76.85 and evidence/bit_resnet50-1e4795a4.intoto.json
    """
    for held in _backed(card):
        if not held.claim_set.claims or held.stale or any(file.statement.contradicted for file in held.fresh):
            continue
        lacking = [(file.path.name, file.statement.shortcoming) for file in held.fresh]
        if all(shortcoming for _, shortcoming in lacking):
            why = "".join(f"; `{name}` {shortcoming}" for name, shortcoming in lacking)
            message = f"nobody has reproduced these figures: hubtool verify --reproduce-eval --evidence evidence/{why}"
            yield Finding(_place(card, held.claim_set), message)


@rule("HT804", "stale-evidence", Severity.ERROR)
def stale_evidence(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """The evidence is not about what the card claims now.

    After the evaluation a figure, the link, the digest, the network, the dataset or the eval-recipe was changed, or
    the row of the results table was removed, so the evidence proves nothing about the card. Changes of the text do not
    matter.

    Bad:
        evaluation: top1acc76.95 with evidence for 76.85

    Good:
        the evaluation run again after the change
    """
    found = evidence_of(card.card) if card.card else None
    for held in found.backed if found else ():
        for file, reason in held.stale:
            message = f"`{file.path.name}` is about {reason}: evaluate again, or remove it"
            yield Finding(_place(card, held.claim_set), message)
    for file in found.homeless if found else ():
        variant = file.statement.variant
        there = any(row.model == variant for row in card.card.variants) if card.card else False
        fate = "only repeats the front matter" if there else "the card does not have"
        message = f"`{file.path.name}` is about the row `{variant}`, which {fate}: remove it"
        yield Finding(card.span_of("evaluation"), message)


@rule("HT805", "evidence-contradicts", Severity.ERROR)
def evidence_contradicts(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """The evidence says that a figure is wrong.

    The evaluation of this file did not give the published number. The counts show that, whatever verdict is written
    beside them. Correct one of the two before anyone relies on the card.

    Bad:
        evaluation: top1acc76.85 with evidence that measured 74.20

    Good:
        evaluation: top1acc74.20
    """
    for held in _backed(card):
        for file in held.fresh:
            for wrong in file.statement.contradicted:
                message = f"`{file.path.name}` {wrong.said}, not {wrong.metric} {wrong.published:g}"
                yield Finding(_place(card, held.claim_set), message)


@catalogue_rule("HT806", "bad-evidence", Severity.ERROR)
def bad_evidence(cards: Sequence[Summary]) -> Iterable[tuple[Place, Finding]]:
    """A file of evidence cannot be read, or contradicts itself.

    It was cut off, merged badly or edited, so it proves nothing about a card. Statements of other kinds that also end
    in .intoto.json are skipped.

    Bad:
        evidence/bit_resnet50-1e4795a4.intoto.json with "correct": 38425, "images": 50000, "measured": 80.1

    Good:
        the file as `hubtool verify --reproduce-eval --evidence evidence/` wrote it
    """
    for _, evidence in _folders(cards):
        for bad in evidence.bad:
            yield _File(bad.path.as_posix()), Finding(bad.span, f"{bad.reason}: evaluate again, or remove it")


@catalogue_rule("HT807", "orphan-evidence", Severity.WARNING)
def orphan_evidence(cards: Sequence[Summary]) -> Iterable[tuple[Place, Finding]]:
    """The evidence is about a card that does not exist.

    The card was removed or renamed. Its evidence proves nothing any more, and could be mistaken for that of a new
    card with the same name.

    Bad:
        cards/evidence/bit_resnet50-1e4795a4.intoto.json and no cards/bit_resnet50.md

    Good:
        both of them, or neither
    """
    for folder, evidence in _folders(cards):
        for stem, files in evidence.by_stem.items():
            if os.path.exists(os.path.join(folder, f"{stem}.md")):  # noqa: PTH110, PTH118 (any text may be a uid)
                continue
            for file in files:
                message = f"no card `{stem}.md` is beside it: remove it, or restore the card"
                yield _File(file.path.as_posix()), Finding(Span(1, 1, 1, 1), message)


class _File(NamedTuple):
    """A file beside cards."""

    shown: str


def _backed(card: ParsedCard) -> Sequence[Backed]:
    """What the card claims, with the evidence about it; nothing where there is no folder of evidence."""
    found = evidence_of(card.card) if card.card else None
    return found.backed if found else ()


def _folders(cards: Sequence[Summary]) -> Iterator[tuple[str, Evidence]]:
    """The folders of the cards that have evidence beside them."""
    for folder in sorted({os.path.dirname(card.shown) for card in cards}):  # noqa: PTH120 (for every card)
        if evidence := evidence_beside(folder):
            yield folder, evidence


def _place(card: ParsedCard, claim_set: ClaimSet) -> Span:
    return claim_set.variant.model_span if claim_set.variant else card.span_of("evaluation")
