"""What is put to the test: the claims that a card makes about one file."""

from __future__ import annotations

from dataclasses import dataclass

from hubtool.card.metrics import Metric
from hubtool.card.record import Asset, Card, Variant

CHECKPOINT_FORMAT = "ckpt"


@dataclass(frozen=True, slots=True)
class Subject:
    """One file and the numbers a card publishes for it.

    Attributes
    ----------
    variant
        The row of the results table that makes the claims; None for the front matter.
    params_m
        Published number of parameters, in millions.
    """

    card: Card
    variant: Variant | None
    asset: Asset | None
    metrics: tuple[Metric, ...]
    params_m: float | None

    @property
    def network_name(self) -> str:
        """The network that the claims are about."""
        return self.variant.model if self.variant else self.card.model_name

    @property
    def how_to_fetch(self) -> str:
        """What brings the asset into the cache: a row of the card's own name cannot be pulled by name."""
        if self.variant is not None and self.variant.model.casefold() == self.card.model_name.casefold():
            return "an evaluation fetches it"
        return f"hubtool pull {self.network_name}"


def front_matter_subject(card: Card) -> Subject:
    """The claims of the front matter, which are about the card's first checkpoint."""
    asset = next((a for a in card.assets if a.format.casefold() == CHECKPOINT_FORMAT), None)
    asset = asset or (card.assets[0] if card.assets else None)
    return Subject(card, None, asset, card.metrics, _params_of(card, asset))


def row_subject(card: Card, row: Variant) -> Subject:
    """The claims of one row of the results table; the front matter's digest counts if it is about the same file."""
    published = next((a for a in card.assets if _same_file(a, row.asset)), row.asset)
    return Subject(card, row, published, row.metrics, row.params_m)


def all_subjects(card: Card) -> tuple[Subject, ...]:
    """The front matter and every row, except rows that only repeat what the front matter says."""
    front = front_matter_subject(card)
    rows = (row_subject(card, row) for row in card.variants)
    return (front, *(row for row in rows if not _repeats(row, front)))


def _params_of(card: Card, asset: Asset | None) -> float | None:
    """The parameters that the table gives for a file, or else for the card's network: other weights are as many."""
    rows = [row for row in card.variants if row.params_m is not None]
    about_file = [row.params_m for row in rows if _same_file(row.asset, asset)]
    about_network = [row.params_m for row in rows if row.model.casefold() == card.model_name.casefold()]
    return next(iter(about_file + about_network), None)


def _repeats(row: Subject, front: Subject) -> bool:
    values = {metric.name: metric.value for metric in front.metrics}
    return _same_file(row.asset, front.asset) and all(values.get(m.name) == m.value for m in row.metrics)


def _same_file(one: Asset | None, other: Asset | None) -> bool:
    return one is not None and other is not None and one.url == other.url
