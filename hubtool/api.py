"""What `import hubtool` offers: cards, verified files, networks and their answers by name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from hubtool.card.catalogue import Catalogue
from hubtool.card.claimset import ClaimSet, claims_named
from hubtool.card.record import Card
from hubtool.engine.protocol import Session
from hubtool.errors import UsageProblem
from hubtool.evaluation.sampling import BATCH_SIZE
from hubtool.network.claimed import claimed_network
from hubtool.network.registry import find_spec
from hubtool.network.spec import Model, ModelSpec
from hubtool.resources import default_card_roots, user_path
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
    ema: bool | None = None,
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
    ema
        Of a file with two sets of weights, take those that were averaged over training, or the others; by default such
        a file is refused.

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
    from hubtool.checkpoint.formats import open_weights
    from hubtool.network.claimedfile import spec_in_file
    from hubtool.network.layout import warned_layout
    from hubtool.network.mindspore import require_mindspore
    from hubtool.network.registry import build

    require_mindspore("build a network")
    if not pretrained:
        return build(find_spec(name) or claimed_network(claims_named(_catalogue(cards), name)).require())
    workspace = default_workspace(cards, cache, offline=offline)
    claim_set = workspace.claims(name)
    claimed = claimed_network(claim_set)
    claimed.require()  # before anything is fetched
    checkpoint = open_weights(workspace.pull(weights_of(claim_set), claim_set.card.folder).path)
    spec = spec_in_file(claimed, checkpoint, ema)
    return build(spec, warned_layout(checkpoint, spec, ema).arrays)


def session(
    name: str,
    *,
    engine: str = "auto",
    precision: str = "f32",
    device: str = "",
    batch_size: int = BATCH_SIZE,
    image_size: int | None = None,
    ema: bool | None = None,
    cards: Sequence[StrPath] | None = None,
    cache: StrPath | None = None,
    offline: bool | None = None,
) -> Session:
    """A network with its weights, open in an engine; MindSpore is needed only for the engine of that name.

    It is a context manager: `logits(images)` takes and gives numpy arrays, `close()` releases the network, `identity`
    tells what answers. The images have to be prepared as the card says.

    The answers are compared with nothing. `hubtool verify` compares engines on the images that it evaluates; to compare
    two of them here, give the same images to a session of each.

    Parameters
    ----------
    name
        As for `hubtool.find_card`.
    engine
        `openvino`, `onnxruntime` or `mindspore`; `auto` for the fastest that is installed and opens the network.
    precision
        What the network computes in: `f32` or `bf16`.
    device
        As the engine calls it, such as `GPU`; empty for its usual one.
    batch_size
        Images that usually come at once. Any number works, and another one may be slower.
    image_size
        Height and width of the images, in pixels; by default what the card's `eval-recipe` says, or the network's own.
    ema
        As for `hubtool.load`.

    Returns
    -------
    Session
        Images (N, C, H, W) float32 -> logits (N, classes) float32.

    Raises
    ------
    HubtoolError
        As `hubtool.pull` does; UsageProblem for a wrong argument; CorruptCheckpoint or CheckpointMismatch when the file
        does not fit; EnvironmentProblem when no engine can run the network.

    Examples
    --------
    >>> import hubtool
    >>> with hubtool.session("bit_digits") as digits:  # doctest: +SKIP
    ...     logits = digits.logits(images)
    """
    from hubtool.checkpoint.formats import open_weights
    from hubtool.engine.checked import CheckedSession
    from hubtool.engine.choose import AUTO, BACKENDS
    from hubtool.engine.compiled import compiled_models_of
    from hubtool.engine.protocol import PRECISIONS, Execution, Workload
    from hubtool.evaluation.fastest import open_uncompared
    from hubtool.network.claimedfile import spec_in_file
    from hubtool.network.layout import check_finite, warned_layout

    _check_among("engine", engine, [AUTO, *BACKENDS])
    _check_among("precision", precision, PRECISIONS)
    for key, value in (("batch_size", batch_size), ("image_size", image_size)):
        if value is not None and value < 1:
            raise UsageProblem(f"{key} is {value}", hint="use 1 or more")
    workspace = default_workspace(cards, cache, offline=offline)
    claim_set = workspace.claims(name)
    claimed = claimed_network(claim_set)
    side = _image_size(claim_set, claimed.require(), image_size)
    asset = workspace.pull(weights_of(claim_set), claim_set.card.folder)
    checkpoint = open_weights(asset.path)
    spec = spec_in_file(claimed, checkpoint, ema)
    check_finite(checkpoint, warned_layout(checkpoint, spec, ema).names)
    workload = Workload(batch_size, side, batch_size, compiled_models_of(workspace.cache_root))
    execution = Execution(PRECISIONS[precision], device)
    opened = open_uncompared(engine, Model(spec, asset.path, asset.sha256, ema), execution, workload)
    return CheckedSession(opened, spec, side)


def _image_size(claim_set: ClaimSet, spec: ModelSpec, asked: int | None) -> int:
    from hubtool.data.transform.spec import EvalRecipe
    from hubtool.engine.preprocessing import preprocessing
    from hubtool.network.sizes import why_not_size

    side = asked or preprocessing(claim_set, spec, EvalRecipe(spec.input_size)).recipe.image_size
    if reason := why_not_size(spec, side):
        raise UsageProblem(f"image_size is {side}: {reason}", hint=f"use {spec.input_size}")
    return side


def _check_among(argument: str, value: str, known: Iterable[str]) -> None:
    if value not in known:
        raise UsageProblem(f"{argument} is {value!r}", hint=f"use {', '.join(known)}")


def _catalogue(cards: Sequence[StrPath] | None) -> Catalogue:
    return Catalogue(default_card_roots() if cards is None else [user_path(root, "cards") for root in cards])
