"""What `import hubtool` offers: cards, verified files and networks by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from hubtool.asset.access import access_from_environment
from hubtool.asset.cache import Cache
from hubtool.asset.lockfile import Pins, find_lockfile
from hubtool.asset.pull import pull as pull_asset
from hubtool.card.catalogue import Catalogue, Match
from hubtool.card.claimset import CHECKPOINT_FORMAT, front_matter_subject, row_subject
from hubtool.card.record import Asset, Card
from hubtool.errors import NotFound, UsageProblem
from hubtool.network.bit.spec import Architecture
from hubtool.network.registry import ARCHITECTURES, find_architecture
from hubtool.resources import LOCKFILE, default_cache_root, default_card_roots, is_installed_with_hubtool

StrPath = str | Path


def find_card(name: str, *, cards: Sequence[StrPath] | None = None) -> Card:
    """The validated record of a card.

    Parameters
    ----------
    name
        Model name, file stem, uid, path of a card, or the model name of a row of a results table.
    cards
        Folders to look in; by default HUBTOOL_CARDS, ./cards, or the cards that come with hubtool.

    Raises
    ------
    NotFound, AmbiguousName, CardError
        No card, several cards, or only an invalid card has that name.

    Examples
    --------
    >>> import hubtool
    >>> hubtool.find_card("bit_resnet50").metrics[0].value
    76.85
    """
    return _resolve(name, cards).card


def pull(
    name: str,
    *,
    cards: Sequence[StrPath] | None = None,
    cache: StrPath | None = None,
    offline: bool | None = None,
) -> Path:
    """Path of the checkpoint of a card, or of a row of its results table, fetched if need be and verified.

    Parameters
    ----------
    cache
        Folder of the cache; by default HUBTOOL_CACHE or the platform's cache folder.
    offline
        Never use the network; by default as HUBTOOL_OFFLINE says.

    Raises
    ------
    HubtoolError
        As `hubtool.find_card` does; NotFound, TransferError or IntegrityError for the file.

    Examples
    --------
    >>> import hubtool
    >>> hubtool.pull("bit_digits").suffix
    '.ckpt'
    """
    match = _resolve(name, cards)
    return _pull(_checkpoint_asset(match), match.card, cache, offline)


def load(
    name: str,
    *,
    pretrained: bool = True,
    cards: Sequence[StrPath] | None = None,
    cache: StrPath | None = None,
    offline: bool | None = None,
) -> Any:
    """A network as a `mindspore.nn.Cell`: images (N, C, H, W) float32 -> logits (N, classes) float32.

    Parameters
    ----------
    name
        As for `hubtool.find_card`; with `pretrained=False` also the name of a network without a card.
    pretrained
        Pull the checkpoint and set the weights; otherwise they are random and no file is needed.

    Raises
    ------
    HubtoolError
        As `hubtool.pull` does; CorruptCheckpoint or CheckpointMismatch when the file does not fit;
        MissingExtra when MindSpore is not installed.

    Examples
    --------
    >>> import hubtool
    >>> network = hubtool.load("bit_digits")  # doctest: +SKIP
    """
    from hubtool.network.build import bind, build

    if not pretrained:
        return build(find_architecture(name) or _architecture(_resolve(name, cards)))
    match = _resolve(name, cards)
    architecture = _architecture(match)
    checkpoint = _checkpoint(_pull(_checkpoint_asset(match), match.card, cache, offline), architecture)
    cell = build(architecture)
    bind(cell, checkpoint.arrays())
    return cell


def _checkpoint(path: Path, architecture: Architecture) -> Any:
    from hubtool.checkpoint.reader import Checkpoint
    from hubtool.network.layout import check_layout

    checkpoint = Checkpoint(path)
    check_layout(checkpoint, architecture)
    return checkpoint


def _resolve(name: str, cards: Sequence[StrPath] | None) -> Match:
    roots = default_card_roots() if cards is None else [Path(root) for root in cards]
    return Catalogue(roots).resolve(name)


def _architecture(match: Match) -> Architecture:
    name = match.variant.model if match.variant else match.card.model_name
    architecture = find_architecture(name)
    if architecture is None:
        raise UsageProblem(f"hubtool cannot build the network {name}", hint=f"it knows {', '.join(ARCHITECTURES)}")
    return architecture


def _checkpoint_asset(match: Match) -> Asset:
    subject = row_subject(match.card, match.variant) if match.variant else front_matter_subject(match.card)
    if subject.asset is None or subject.asset.format.casefold() != CHECKPOINT_FORMAT:
        raise NotFound(f"{match.card.path}: no MindSpore checkpoint is linked for {subject.network_name}")
    return subject.asset


def _pull(asset: Asset, owner: Card, cache: StrPath | None, offline: bool | None) -> Path:
    root = default_cache_root() if cache is None else Path(cache)
    access = access_from_environment()
    if offline is not None:
        access = replace(access, offline=offline)
    return pull_asset(asset, owner.folder, Cache(root), access=access, pins=_pins(owner.folder, root)).path


def _pins(folder: Path, cache_root: Path) -> Pins:
    beside = None if is_installed_with_hubtool(folder) else find_lockfile(folder)
    return Pins(beside, cache_root / LOCKFILE)
