"""What is put to the test: the claims that a card makes about one file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hubtool.card.catalogue import Catalogue
from hubtool.card.metrics import Metric
from hubtool.card.parse import ParsedCard
from hubtool.card.record import Asset, Card, Variant
from hubtool.errors import NotFound

CHECKPOINT_FORMAT = "ckpt"


@dataclass(frozen=True, slots=True)
class Subject:
    """One file and the numbers a card publishes for it.

    Attributes
    ----------
    variant
        The row of the results table that makes the claims; None for the front matter.
    others
        Files of the front matter about which no numbers are published.
    params_m
        Published number of parameters, in millions.
    called
        The name that commands take for it.
    """

    card: Card
    variant: Variant | None
    asset: Asset | None
    others: tuple[Asset, ...]
    metrics: tuple[Metric, ...]
    params_m: float | None
    called: str

    @property
    def assets(self) -> tuple[Asset, ...]:
        """All its files: the one that the figures are about, and the others."""
        return (self.asset, *self.others) if self.asset is not None else self.others

    @property
    def network_name(self) -> str:
        """The network that the claims are about."""
        return self.variant.model if self.variant else self.card.model_name

    @property
    def place(self) -> str:
        """Where in the card the claims stand."""
        return f"row of the results table, line {self.variant.line}" if self.variant else "front matter"

    @property
    def is_checkpoint(self) -> bool:
        """Whether the file is one that hubtool can read."""
        return self.asset is not None and self.asset.format.casefold() == CHECKPOINT_FORMAT

    @property
    def how_to_fetch(self) -> str:
        """What brings the asset into the cache: a row of the card's own name cannot be pulled by name."""
        if self.variant is not None and self.variant.model.casefold() == self.card.model_name.casefold():
            return "an evaluation fetches it"
        return f"hubtool pull {self.called}"


def choose(catalogue: Catalogue, names: Sequence[str]) -> list[Subject | ParsedCard]:
    """The subjects behind some names, each once, or of the whole catalogue; cards without a record as they are.

    Raises
    ------
    NotFound, AmbiguousName, CardError
        As `Catalogue.resolve` does; NotFound also for a catalogue without a card.
    """
    chosen: list[Subject | ParsedCard] = []
    for match in [catalogue.resolve(name) for name in names]:
        called = catalogue.shortest_name(match.card)
        chosen += [row_subject(match.card, match.variant)] if match.variant else all_subjects(match.card, called)
    if not names:
        for parsed in catalogue.parsed:
            card = parsed.card
            chosen += all_subjects(card, catalogue.shortest_name(card)) if card else [parsed]
    if not chosen:
        raise NotFound(f"{', '.join(map(str, catalogue.roots))}: no card below", hint="name a folder with --cards")
    return [subject for number, subject in enumerate(chosen) if subject not in chosen[:number]]


def front_matter_subject(card: Card, called: str = "") -> Subject:
    """The claims of the front matter, which are about the card's first checkpoint."""
    asset = next((a for a in card.assets if a.format.casefold() == CHECKPOINT_FORMAT), None)
    asset = asset or (card.assets[0] if card.assets else None)
    others = tuple(other for other in card.assets if other is not asset)
    return Subject(card, None, asset, others, card.metrics, _params_of(card, asset), called or card.model_name)


def row_subject(card: Card, row: Variant, called: str = "") -> Subject:
    """The claims of one row of the results table; the front matter's digest counts if it is about the same file."""
    published = next((a for a in card.assets if _same_file(a, row.asset)), row.asset)
    return Subject(card, row, published, (), row.metrics, row.params_m, called or row.model)


def all_subjects(card: Card, called: str = "") -> tuple[Subject, ...]:
    """The front matter and every row, except rows that only repeat what the front matter says."""
    front = front_matter_subject(card, called)
    rows = (
        row_subject(card, row, called if row.model.casefold() == card.model_name.casefold() else row.model)
        for row in card.variants
    )
    return (front, *(row for row in rows if not _repeats(row, front)))


def rivals(subject: Subject) -> list[Asset]:
    """Other checkpoints of the same network in the same card: a figure may have slipped from one to another."""
    found: list[Asset] = []
    for other in all_subjects(subject.card):
        same_network = other.network_name.casefold() == subject.network_name.casefold()
        if other.asset is None or not (same_network and other.is_checkpoint):
            continue
        if not any(_same_file(other.asset, known) for known in (subject.asset, *found)):
            found.append(other.asset)
    return found


def assets_of(card: Card, row: Variant | None) -> tuple[Asset, ...]:
    """The files to pull for a card, or for a row of its results table.

    Raises
    ------
    NotFound
        The row links no file.
    """
    if row is None:
        return card.assets
    asset = row_subject(card, row).asset
    if asset is None:
        raise NotFound(f"{card.path}:{row.line}: the row links no file", hint="name another row, or the card")
    return (asset,)


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
