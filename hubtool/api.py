"""What `import hubtool` offers: cards, verified files and networks by name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hubtool.card.catalogue import Catalogue
from hubtool.card.claimset import claims_named
from hubtool.card.record import Card
from hubtool.network.registry import find_spec, spec_named
from hubtool.resources import default_card_roots
from hubtool.workspace import default_workspace, weights_of

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
    return _catalogue(cards).resolve(name).card


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
    workspace = default_workspace(cards, cache, offline=offline)
    claim_set = workspace.claims(name)
    return workspace.pull(weights_of(claim_set), claim_set.card.folder).path


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
        Pull the checkpoint and set the weights; if false, they are random and no file is needed.

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
    from hubtool.checkpoint.reader import Checkpoint
    from hubtool.network.layout import check_layout
    from hubtool.network.mindspore import require_mindspore
    from hubtool.network.registry import build

    require_mindspore("build a network")
    if not pretrained:
        return build(find_spec(name) or spec_named(claims_named(_catalogue(cards), name).network_name))
    workspace = default_workspace(cards, cache, offline=offline)
    claim_set = workspace.claims(name)
    spec = spec_named(claim_set.network_name)
    checkpoint = Checkpoint(workspace.pull(weights_of(claim_set), claim_set.card.folder).path)
    check_layout(checkpoint, spec)
    return build(spec, checkpoint.arrays())


def _catalogue(cards: Sequence[StrPath] | None) -> Catalogue:
    return Catalogue(default_card_roots() if cards is None else [Path(root) for root in cards])
