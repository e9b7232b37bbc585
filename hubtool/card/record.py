"""The validated record of a card: what hubtool knows once the text is read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from hubtool.card.filename import name_in_link
from hubtool.card.metrics import Metric
from hubtool.card.namedigest import digest_in_name
from hubtool.card.names import says_none
from hubtool.card.params import Published
from hubtool.card.span import Span

FULL_DIGEST_LENGTH = 64
SHORTEST_DIGEST = 8
"""How many digits of a SHA-256 cards publish at least, and file names carry."""


@dataclass(frozen=True, slots=True)
class Digest:
    """A SHA-256 as published: all 64 hexadecimal digits, or only the first ones (at least 8)."""

    hex: str

    @property
    def kind(self) -> Literal["prefix", "full"]:
        """`full` for 64 digits."""
        return "full" if len(self.hex) == FULL_DIGEST_LENGTH else "prefix"

    def matches(self, full: str) -> bool:
        """Whether a full lower-case digest is, or starts with, this one."""
        return full.startswith(self.hex)


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that a card names; `url` is http(s) or a path relative to the card's folder."""

    format: str
    url: str
    digest: Digest | None

    @property
    def file_name(self) -> str:
        """What the link calls the file, as `name_in_link`; otherwise its last part, without query or fragment."""
        return name_in_link(self.url) or re.split(r"[?#]", self.url, maxsplit=1)[0].rstrip("/").rsplit("/", 1)[-1]

    def to_json(self) -> dict[str, object]:
        """Keys `format`, `url`, `sha256`, `sha256_kind`."""
        return {
            "format": self.format,
            "url": self.url,
            "sha256": self.digest.hex if self.digest else None,
            "sha256_kind": self.digest.kind if self.digest else None,
        }


def same_digest(one: str, other: str) -> bool:
    """Whether two digests, either of them perhaps only the first digits, can be of one file."""
    return one.startswith(other) or other.startswith(one)


def digest_in_link(url: str) -> Digest | None:
    """The digest in a link's file name, as `digest_in_name` finds it."""
    named = digest_in_name(url)
    return Digest(named) if named is not None else None


def same_file(one: Asset, other: Asset | None) -> bool:
    """Whether two links are of the same file, by their addresses or by the digests beside or in them."""
    if other is None:
        return False
    if one.url == other.url:
        return True
    first, second = (asset.digest or digest_in_link(asset.url) for asset in (one, other))
    return first is not None and second is not None and same_digest(first.hex, second.hex)


@dataclass(frozen=True, slots=True)
class Variant:
    """A row of the results table.

    Attributes
    ----------
    metrics
        The claims of the row: its figures of quality, not of speed.
    params
        Published number of parameters.
    model_span
        Place of the model's name; of the row's first cell where the name stands above it.
    dataset
        What the row was measured on, where the table says it.
    params_span
        Place of the published number of parameters.
    """

    model: str
    context: str | None
    metrics: tuple[Metric, ...]
    params: Published | None
    recipe: str | None
    asset: Asset | None
    model_span: Span
    dataset: str | None = None
    params_span: Span | None = None

    @property
    def params_m(self) -> float | None:
        """Published number of parameters, in millions."""
        return self.params.millions if self.params else None

    @property
    def line(self) -> int:
        """Line of the row in the card; of the model's name where the models are columns."""
        return self.model_span.line

    def to_json(self) -> dict[str, object]:
        """Keys `model`, `context`, `top1`, `top5`, `params_m`, `recipe`, `asset`, `metrics`."""
        values = {metric.name: metric.value for metric in self.metrics}
        return {
            "model": self.model,
            "context": self.context,
            "top1": values.get("top1"),
            "top5": values.get("top5"),
            "params_m": self.params_m,
            "recipe": self.recipe,
            "asset": self.asset.to_json() if self.asset else None,
            "metrics": [metric.to_json() for metric in self.metrics],
        }


@dataclass(frozen=True, slots=True)
class Card:
    """A card that satisfies the schema; a record that exists is valid.

    `fields` holds every scalar of the front matter by its key in snake_case, text as written except
    `fine_tunable`, a bool, and links without their angle brackets. `sha256` is that of the file as it was read, 64
    lower-case hexadecimal digits: the file may have changed since.
    """

    path: Path
    uid: str
    title: str | None
    fields: Mapping[str, Any] = field(hash=False)
    metrics: tuple[Metric, ...]
    assets: tuple[Asset, ...]
    variants: tuple[Variant, ...]
    sha256: str

    @property
    def model_name(self) -> str:
        """The name users type."""
        return str(self.fields["model_name"])

    @property
    def model_version(self) -> str:
        """Version of the model, as written."""
        return str(self.fields["model_version"])

    @property
    def train_dataset(self) -> str | None:
        """Dataset behind the evaluation, as written; None for `N/A` and the like."""
        value = str(self.fields.get("train_dataset") or "")
        return None if says_none(value) else value

    @property
    def eval_recipe(self) -> Mapping[str, object]:
        """How the evaluation prepared images differently from MindCV, as written."""
        value = self.fields.get("eval_recipe")
        return value if isinstance(value, Mapping) else {}

    @property
    def folder(self) -> Path:
        """Folder that relative links start from."""
        return self.path.parent

    def to_json(self) -> dict[str, object]:
        """The record as `hubtool show --json` prints it."""
        return {
            **self.fields,
            "uid": self.uid,
            "path": self.path.as_posix(),
            "title": self.title,
            "metrics": [metric.to_json() for metric in self.metrics],
            "assets": [asset.to_json() for asset in self.assets],
            "variants": [variant.to_json() for variant in self.variants],
        }
