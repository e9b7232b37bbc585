"""The evidence beside a card, matched with the claims that it is about."""

from __future__ import annotations

import os.path
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hubtool.card.claimset import ClaimSet, claim_sets
from hubtool.card.digest import claims_digest
from hubtool.card.record import Card
from hubtool.evidence.folder import StatementFile, evidence_beside

if TYPE_CHECKING:
    from hubtool.evidence.statement import Statement


@dataclass(frozen=True, slots=True)
class Backed:
    """What a card claims of one file, and the evidence about it.

    Attributes
    ----------
    fresh
        Evidence about what the card claims now.
    stale
        Evidence about something that the card no longer says, with what that is.
    """

    claim_set: ClaimSet
    fresh: list[StatementFile] = field(default_factory=list)
    stale: list[tuple[StatementFile, str]] = field(default_factory=list)

    def is_meant_by(self, statement: Statement) -> bool:
        """Whether evidence names this place of the card, whatever it says about it."""
        return statement.variant == self.claim_set.heading.variant


@dataclass(frozen=True, slots=True)
class CardEvidence:
    """All the evidence about one card.

    Attributes
    ----------
    backed
        For each claim set of the card.
    homeless
        Evidence about rows that claim nothing, or are not there.
    """

    backed: Sequence[Backed]
    homeless: Sequence[StatementFile]


def evidence_of(card: Card) -> CardEvidence | None:
    """The evidence beside a card; None where there is no folder of evidence."""
    evidence = evidence_beside(os.path.dirname(card.path))  # noqa: PTH120 (for every card; a Path takes ten times as long)
    if evidence is None:
        return None
    homeless = []
    found = [Backed(claim_set) for claim_set in claim_sets(card)]
    for file in evidence.by_stem.get(card.path.stem, ()):
        meant = [(one, staleness(one.claim_set, file.statement)) for one in found if one.is_meant_by(file.statement)]
        if not meant:
            homeless.append(file)
        fitting = [one for one, reason in meant if not reason]
        for one in fitting:
            one.fresh.append(file)
        for one, reason in meant[: 0 if fitting else 1]:  # of rows of one name, evidence need not fit all
            one.stale.append((file, reason))
    return CardEvidence(found, homeless)


def staleness(claim_set: ClaimSet, statement: Statement) -> str:
    """What evidence is about that the card no longer says; empty when it fits."""
    digest = claim_set.asset.digest if claim_set.asset else None
    if digest is not None and not digest.matches(statement.asset_sha256):
        return f"a file with the digest {statement.asset_sha256[:12]}…"
    if not statement.is_about(claim_set.claims):
        return "other figures"
    if statement.claims_sha256 != claims_digest(claim_set):
        return "another link, network, dataset or eval-recipe, or other figures"
    return ""
