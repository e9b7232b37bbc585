"""What is kept of a card for the rules that compare cards: small, so that a hundred thousand of them fit.

Measured: about 0.6 KB a card beside its path and uid, which the list of cards keeps anyway. Text that many cards share
is interned, which is why links are cut before the file's name; places are packed.
"""

from __future__ import annotations

import struct
from sys import intern
from typing import NamedTuple

from hubtool.card.parse import ParsedCard
from hubtool.card.record import Asset
from hubtool.card.span import Span

_SPAN = struct.Struct("<4I")
_TWO_SPANS = struct.Struct("<8I")
_THREE_SPANS = struct.Struct("<12I")


class AssetSummary(NamedTuple):
    """A file that the front matter links; its link is `base` and `rest`."""

    base: str
    rest: str
    digest: str | None
    places: bytes

    @property
    def url(self) -> str:
        """The link, without angle brackets."""
        return self.base + self.rest

    @property
    def file_name(self) -> str:
        """As `Asset.file_name`."""
        return Asset("", self.url, None).file_name

    @property
    def url_span(self) -> Span:
        """Place of the link."""
        return _span(self.places, 0)

    @property
    def digest_span(self) -> Span:
        """Place of the digest."""
        return _span(self.places, 1)


class Summary(NamedTuple):
    """One valid card."""

    shown: str
    uid: str
    user_id: str
    model_name: str
    model_version: str
    train_dataset: str
    assets: tuple[AssetSummary, ...]
    places: bytes

    @property
    def stem(self) -> str:
        """The file's name without its suffix, which ends every uid."""
        return self.uid.rsplit("/", 1)[-1]

    @property
    def name_span(self) -> Span:
        """Place of the model-name."""
        return _span(self.places, 0)

    @property
    def version_span(self) -> Span:
        """Place of the model-version."""
        return _span(self.places, 1)

    @property
    def dataset_span(self) -> Span:
        """Place of the train-dataset."""
        return _span(self.places, 2)


def summarise(parsed: ParsedCard) -> Summary | None:
    """The summary of a card; None for one without a record."""
    card = parsed.card
    if card is None:
        return None
    return Summary(
        shown=parsed.shown,
        uid=card.uid,
        user_id=intern(str(card.fields.get("user_id", ""))),
        model_name=intern(card.model_name),
        model_version=intern(card.model_version),
        train_dataset=intern(card.train_dataset or ""),
        assets=tuple(_asset(parsed, index, asset) for index, asset in enumerate(card.assets)),
        places=_THREE_SPANS.pack(
            *parsed.span_of("model-name"), *parsed.span_of("model-version"), *parsed.span_of("train-dataset")
        ),
    )


def _asset(parsed: ParsedCard, index: int, asset: Asset) -> AssetSummary:
    base, slash, rest = asset.url.rpartition("/")
    return AssetSummary(
        base=intern(base + slash),
        rest=rest,
        digest=asset.digest.hex if asset.digest else None,
        places=_TWO_SPANS.pack(
            *parsed.span_of("asset", index, "asset-link"), *parsed.span_of("asset", index, "asset-sha256")
        ),
    )


def _span(places: bytes, index: int) -> Span:
    return Span(*_SPAN.unpack_from(places, index * _SPAN.size))
