"""The claims that a card makes about one file on one dataset: the unit of a verification."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hubtool.card.catalogue import Catalogue, Match, invalid
from hubtool.card.claim import Claim
from hubtool.card.datasets import same_dataset
from hubtool.card.names import name_key
from hubtool.card.params import Published
from hubtool.card.parse import ParsedCard
from hubtool.card.record import Asset, Card, Variant
from hubtool.errors import CardError, NotFound

CHECKPOINT_FORMAT = "ckpt"
WEIGHT_FORMATS = (CHECKPOINT_FORMAT, "safetensors")
"""Formats, as cards name them, of the files that a network's weights are set from, the usual one first."""


@dataclass(frozen=True, slots=True)
class Heading:
    """What results are shown under.

    Attributes
    ----------
    name, uid
        Of the card.
    variant
        Model name of the row, if the claims are those of a row.
    place
        Where in the card the claims stand.
    """

    name: str
    uid: str
    variant: str | None
    place: str

    @property
    def called(self) -> str:
        """The model: the row's, or else the card's."""
        return self.variant or self.name


@dataclass(frozen=True, slots=True)
class ClaimSet:
    """One file, and the numbers that one place of a card publishes for it.

    Attributes
    ----------
    variant
        The row of the results table that makes the claims; None for the front matter.
    others
        Files of the front matter about which no numbers are published.
    dataset
        What all the claims are about, as the card names it; None where the card does not say.
    params
        Published number of parameters.
    called
        The name that commands take for it.
    """

    card: Card
    variant: Variant | None
    asset: Asset | None
    others: tuple[Asset, ...]
    claims: tuple[Claim, ...]
    dataset: str | None
    params: Published | None
    called: str

    @property
    def params_m(self) -> float | None:
        """Published number of parameters, in millions."""
        return self.params.millions if self.params else None

    @property
    def assets(self) -> tuple[Asset, ...]:
        """All its files: the one that the figures are about, and the others."""
        return (self.asset, *self.others) if self.asset is not None else self.others

    @property
    def heading(self) -> Heading:
        """What results about the claims are shown under."""
        variant = self.variant.model if self.variant else None
        return Heading(self.card.model_name, self.card.uid, variant, self.place)

    @property
    def network_name(self) -> str:
        """The network that the claims are about."""
        return self.variant.model if self.variant else self.card.model_name

    @property
    def place(self) -> str:
        """Where in the card the claims stand."""
        return f"row of the results table, line {self.variant.line}" if self.variant else "front matter"

    @property
    def has_weights(self) -> bool:
        """Whether the file is one that hubtool reads weights from."""
        return self.asset is not None and self.asset.format.casefold() in WEIGHT_FORMATS

    @property
    def eval_recipe(self) -> Mapping[str, object]:
        """What the card says of how its images were prepared, which is about its own dataset and no other."""
        return self.card.eval_recipe if same_dataset(self.dataset, self.card.train_dataset) else {}

    @property
    def how_to_fetch(self) -> str:
        """What brings the asset into the cache: a row of the card's own name cannot be pulled by name."""
        if self.variant is not None and self.variant.model.casefold() == self.card.model_name.casefold():
            return "an evaluation fetches it"
        return f"hubtool pull {self.called}"


@dataclass(frozen=True, slots=True)
class Unread:
    """A card without a record, and its first problem.

    Attributes
    ----------
    before
        How many claim sets of the selection come before it.
    """

    parsed: ParsedCard
    error: CardError
    before: int = 0

    @property
    def heading(self) -> Heading:
        """The name of its model, if that can be read, or its file's stem; and its path."""
        name = str((self.parsed.values or {}).get("model-name") or self.parsed.path.stem)
        return Heading(name, "", None, self.parsed.shown)


@dataclass(frozen=True, slots=True)
class Selection:
    """What some names, or a whole catalogue, stand for."""

    claim_sets: tuple[ClaimSet, ...]
    unread: tuple[Unread, ...] = ()


def choose(catalogue: Catalogue, names: Sequence[str]) -> Selection:
    """The claim sets behind some names, each once, or of the whole catalogue.

    Raises
    ------
    NotFound, AmbiguousName, CardError
        As `Catalogue.resolve` does; NotFound also for a catalogue without a card.
    """
    if names:
        behind = [one for name in names for one in _behind(catalogue, catalogue.resolve(name))]
        return Selection(tuple(dict.fromkeys(behind)))
    sets: list[ClaimSet] = []
    unread: list[Unread] = []
    for parsed in catalogue.parsed:
        if parsed.card is None:
            unread.append(Unread(parsed, invalid(parsed), before=len(sets)))
        else:
            sets += claim_sets(parsed.card, catalogue.shortest_name(parsed.card))
    if not sets and not unread:
        raise NotFound(f"{', '.join(map(str, catalogue.roots))}: no card below", hint="name a folder with --cards")
    return Selection(tuple(sets), tuple(unread))


def claims_named(catalogue: Catalogue, name: str) -> ClaimSet:
    """The claims that a name stands for: a row of a results table, or the front matter of a card.

    Raises
    ------
    NotFound, AmbiguousName, CardError
        As `Catalogue.resolve` does.
    """
    match = catalogue.resolve(name)
    return claims_of(match.card, match.variant)


def claims_of(card: Card, row: Variant | None) -> ClaimSet:
    """The claims of a row of the results table, or of the front matter."""
    return row_claims(card, row) if row else front_matter_claims(card)


def front_matter_claims(card: Card, called: str = "") -> ClaimSet:
    """The claims of the front matter, which are about the card's first checkpoint, or else about its first file."""
    by_format = [a for wanted in WEIGHT_FORMATS for a in card.assets if a.format.casefold() == wanted]
    asset = next(iter(by_format or card.assets), None)
    others = tuple(other for other in card.assets if other is not asset)
    dataset = card.train_dataset
    claims = tuple(Claim(metric, dataset) for metric in card.metrics)
    return ClaimSet(card, None, asset, others, claims, dataset, _params_of(card, asset), called or card.model_name)


def row_claims(card: Card, row: Variant, called: str = "") -> ClaimSet:
    """The claims of one row of the results table; the front matter's digest counts if it is about the same file.

    They are about the dataset that the row names, or else about that of the card.
    """
    published = next((a for a in card.assets if _same_file(a, row.asset)), row.asset)
    dataset = row.dataset or card.train_dataset
    claims = tuple(Claim(metric, dataset) for metric in row.metrics)
    return ClaimSet(card, row, published, (), claims, dataset, row.params, called or row.model)


def claim_sets(card: Card, called: str = "") -> tuple[ClaimSet, ...]:
    """The front matter and every row, except rows that only repeat what the front matter says."""
    front = front_matter_claims(card, called)
    rows = (
        row_claims(card, row, called if row.model.casefold() == card.model_name.casefold() else row.model)
        for row in card.variants
    )
    return (front, *(row for row in rows if not _repeats(row, front)))


def _behind(catalogue: Catalogue, match: Match) -> tuple[ClaimSet, ...]:
    if row := match.variant:  # a line of a table is a row for each dataset it is about
        same_line = (other for other in match.card.variants if other.model_span == row.model_span)
        return tuple(row_claims(match.card, other) for other in same_line)
    return claim_sets(match.card, catalogue.shortest_name(match.card))


def rivals(claim_set: ClaimSet) -> list[Asset]:
    """Other checkpoints of the same network in the same card: a figure may have slipped from one to another."""
    found: list[Asset] = []
    for other in claim_sets(claim_set.card):
        same_network = other.network_name.casefold() == claim_set.network_name.casefold()
        if other.asset is None or not (same_network and other.has_weights):
            continue
        if not any(_same_file(other.asset, known) for known in (claim_set.asset, *found)):
            found.append(other.asset)
    return found


def assets_of(card: Card, row: Variant | None) -> tuple[Asset, ...]:
    """The files to pull for a card, or for a row of its results table.

    Raises
    ------
    NotFound
        The card or the row links no file.
    """
    if row is None:
        if not card.assets:
            raise NotFound(f"{card.path}: the card links no file", hint="add the file under `asset`, if there is one")
        return card.assets
    asset = row_claims(card, row).asset
    if asset is None:
        raise NotFound(f"{card.path}:{row.line}: the row has no link to a file", hint="name another row, or the card")
    return (asset,)


def _params_of(card: Card, asset: Asset | None) -> Published | None:
    """The parameters that the table gives for a file, or else for the card's network: other weights are as many.

    Rows about another dataset do not count: their network may have more or fewer outputs.
    """
    rows = [row for row in card.variants if same_dataset(row.dataset or card.train_dataset, card.train_dataset)]
    about_file = [row.params for row in rows if row.params and _same_file(row.asset, asset)]
    about_network = [row.params for row in rows if row.params and row.model.casefold() == card.model_name.casefold()]
    return next(iter(about_file + about_network), None)


def _repeats(row: ClaimSet, front: ClaimSet) -> bool:
    values = {claim.name: claim.value for claim in front.claims}
    return (
        same_dataset(row.dataset, front.dataset)
        and (_same_file(row.asset, front.asset) or _same_code(row, front))
        and all(values.get(claim.name) == claim.value for claim in row.claims)
    )


def _same_code(row: ClaimSet, front: ClaimSet) -> bool:
    """Whether both are about the card's network, and neither about a file."""
    names = {name_key(row.network_name), name_key(front.network_name)}
    return row.asset is None and front.asset is None and len(names) == 1


def _same_file(one: Asset | None, other: Asset | None) -> bool:
    return one is not None and other is not None and one.url == other.url
