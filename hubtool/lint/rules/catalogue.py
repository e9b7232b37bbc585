"""HT7xx: problems that show only when several cards are read together.

Every rule groups the summaries by a key once and looks at the groups of more than one, so that the time grows with the
number of cards and not with its square.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Hashable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple, TypeVar

from hubtool.card.catalogue import version_key, versionless
from hubtool.card.datasets import same_dataset
from hubtool.card.names import name_key
from hubtool.card.record import SHORTEST_DIGEST, same_digest
from hubtool.lint.diagnostic import Severity
from hubtool.lint.rule import Finding, catalogue_rule
from hubtool.lint.summary import AssetSummary, Summary

_Key = TypeVar("_Key", bound=Hashable)
_Value = TypeVar("_Value")
_NAMED_CARDS = 3
_VERSION_FOLDER = re.compile(r"[vr]?\d+(?:\.\d+)+.*", re.IGNORECASE)


class _File(NamedTuple):
    """An asset with a digest, and the card that links it."""

    card: Summary
    asset: AssetSummary
    digest: str


def _groups(pairs: Iterable[tuple[_Key, _Value]]) -> Iterable[list[_Value]]:
    """Values that share a key with others, in their order."""
    first: dict[_Key, _Value] = {}
    groups: dict[_Key, list[_Value]] = {}
    for key, value in pairs:
        if (other := first.setdefault(key, value)) is not value:
            groups.setdefault(key, [other]).append(value)
    return groups.values()


def _files(cards: Sequence[Summary]) -> Iterator[_File]:
    for card in cards:
        for asset in card.assets:
            if asset.digest:
                yield _File(card, asset, asset.digest)


@catalogue_rule("HT701", "duplicate-uid", Severity.ERROR)
def duplicate_uid(cards: Sequence[Summary]) -> Iterable[tuple[Summary, Finding]]:
    """Two files are the same card.

    A uid names one card. When two files have the same, one of them is never found by its name, and which
    one depends on the order of the folders.

    Bad:
        cards/bit.md and new/bit.md, both with
        user-id: MindSpore
        model-version: 2.5

    Good:
        one of the two files, or another model-version in one of them
    """
    for group in _groups((card.uid.casefold(), card) for card in cards):
        first_at: dict[str | None, Summary] = {}
        for card in group:
            place = _hub_folder(card)
            earlier = first_at.get(place) or first_at.get(None)
            if earlier is None and place is None and first_at:
                earlier = group[0]
            if earlier is None:
                first_at[place] = card
            else:
                message = f"`{earlier.shown}` has the uid `{card.uid}` too: remove one, or change its model-version"
                yield card, Finding(card.version_span, message)


def _hub_folder(card: Summary) -> str | None:
    """The folders that tell cards apart on a hub (owner, version); None for a card outside such folders.

    A card named alone gets its uid from its fields, which for some owners are the same in two folders.
    """
    folders = card.shown.split("/")[-3:-1]
    return "/".join(folders) if folders and _VERSION_FOLDER.fullmatch(folders[-1]) else None


@catalogue_rule("HT702", "ambiguous-name", Severity.INFO)
def ambiguous_name(cards: Sequence[Summary]) -> Iterable[tuple[Summary, Finding]]:
    """A model-name stands for several cards.

    `hubtool pull NAME` cannot tell which one is meant. Versions of one card (the same owner and the same file
    name) do not count: of those the newest is used.

    Bad:
        resnet50_cifar10.md and resnet50_imagenet2012.md, both with
        model-name: resnet50

    Good:
        model-name: resnet50_cifar10
    """
    for group in _groups((card.model_name.casefold(), card) for card in cards):
        newest: dict[str, Summary] = {}
        for card in group:
            best = newest.setdefault(versionless(card.uid), card)
            if version_key(card.model_version) > version_key(best.model_version):
                newest[versionless(card.uid)] = card
        rivals = list(newest.values())
        if len(rivals) == 1:
            continue
        chief = max(rivals, key=lambda rival: version_key(rival.model_version))
        rivals.remove(chief)
        for card in rivals:
            others = [chief, *(rival for rival in rivals[:_NAMED_CARDS] if rival is not card)][:_NAMED_CARDS]
            yield card, Finding(card.name_span, _ambiguity(card, others, len(rivals)))


def _ambiguity(card: Summary, others: Sequence[Summary], total: int) -> str:
    named = ", ".join(f"`{other.uid}`" for other in others)
    more = f" and {total - len(others)} more" if total > len(others) else ""
    unique = card.uid if any(other.stem == card.stem for other in others) else card.stem
    return f"`{card.model_name}` is the name of {named}{more} too: users have to type `{unique}`"


@catalogue_rule("HT703", "link-two-digests", Severity.ERROR)
def link_two_digests(cards: Sequence[Summary]) -> Iterable[tuple[Summary, Finding]]:
    """One link has two digests.

    A link leads to one file, and a file has one SHA-256; its first 8 digits agree with all 64. At
    least one of the two cards cannot be pulled.

    Bad:
        asset-link: <https://download.mindspore.cn/bit.ckpt>
        asset-sha256: 1e4795a4
        and, in another card,
        asset-link: <https://download.mindspore.cn/bit.ckpt>
        asset-sha256: 77dcaf0f

    Good:
        asset-sha256: 1e4795a4 in both
    """
    for group in _groups((_target(file), file) for file in _files(cards)):
        known = group[0]
        for file in group[1:]:
            if same_digest(file.digest, known.digest):
                known = max(file, known, key=lambda either: len(either.digest))
                continue
            message = (
                f"the same link has the digest `{_cut(known.digest)}` in `{known.card.shown}`: "
                "write the digest of the file that is there"
            )
            yield file.card, Finding(file.asset.digest_span, message)


def _target(file: _File) -> str:
    """What a link leads to, whichever scheme and folder it is written from."""
    scheme, separator, rest = file.asset.url.partition("://")
    if separator:
        return rest if scheme.casefold() in {"http", "https"} else file.asset.url
    return posixpath.normpath(posixpath.join("/", posixpath.dirname(file.card.shown), scheme))


def _cut(digest: str) -> str:
    return digest if len(digest) <= 16 else digest[:12] + "…"


@catalogue_rule("HT704", "digest-two-names", Severity.INFO)
def digest_two_names(cards: Sequence[Summary]) -> Iterable[tuple[Summary, Finding]]:
    """One file is published under two names.

    The same SHA-256 means the same bytes. That may be intended, but a digest copied from another card looks
    the same, and then the second file fails its check.

    Bad:
        asset-link: <https://download.mindspore.cn/bit_resnet50.ckpt>
        asset-sha256: 1e4795a4
        and, in another card,
        asset-link: <https://download.mindspore.cn/bit_resnet101.ckpt>
        asset-sha256: 1e4795a4

    Good:
        asset-sha256: 2efa9106 for bit_resnet101.ckpt
    """
    for group in _groups((file.digest[:SHORTEST_DIGEST], file) for file in _files(cards)):
        # A digest sorts right before those that it begins: what agrees is adjacent.
        ordered = sorted(group, key=lambda file: file.digest)
        known = ordered[0]
        for file in ordered[1:]:
            if not file.digest.startswith(known.digest):
                known = file
            elif file.asset.file_name != known.asset.file_name:
                message = (
                    f"`{known.asset.file_name}` in `{known.card.shown}` has the same digest: "
                    "check that this one is not a copy of it"
                )
                yield file.card, Finding(file.asset.digest_span, message)


@catalogue_rule("HT705", "versions-disagree", Severity.WARNING)
def versions_disagree(cards: Sequence[Summary]) -> Iterable[tuple[Summary, Finding]]:
    """Two versions of one card have different names or datasets.

    Cards of one owner with the same file name count as versions of each other, and a user who asks for the
    name gets the newest. A model with another name, or trained on other data, is another card.

    Bad:
        mindspore/2.3/bit_resnet50_imagenet2012.md with
        train-dataset: ImageNet2012
        mindspore/2.5/bit_resnet50_imagenet2012.md with
        train-dataset: ImageNet21K

    Good:
        mindspore/2.5/bit_resnet50_imagenet21k.md with
        train-dataset: ImageNet21K
    """
    for group in _groups((versionless(card.uid), card) for card in cards):
        versions = sorted(group, key=lambda card: version_key(card.model_version))
        for older, newer in pairwise(versions):
            if older.model_version == newer.model_version:
                continue
            if name_key(older.model_name) != name_key(newer.model_name):
                yield newer, Finding(newer.name_span, _disagreement(older, "model-name", older.model_name))
            known = older.train_dataset and newer.train_dataset
            if known and not same_dataset(older.train_dataset, newer.train_dataset):
                yield newer, Finding(newer.dataset_span, _disagreement(older, "train-dataset", older.train_dataset))


def _disagreement(older: Summary, key: str, value: str) -> str:
    text = " ".join(value.split())
    return f"version {older.model_version} of this card (`{older.shown}`) has the {key} `{text}`: write the same"
