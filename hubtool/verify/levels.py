"""What is established about the files of a claim set, level by level: asset, checkpoint, network.

Each level takes what the one before it established, and gives a value with a sentence about it, or `Skipped` where it
cannot be reached: nothing in the cache, no file linked, a network that hubtool does not build.
"""

from __future__ import annotations

from collections.abc import Iterator

from hubtool.asset.verified import VerifiedAsset
from hubtool.card.claimset import ClaimSet
from hubtool.card.params import agreeing, copied_from
from hubtool.checkpoint.formats import open_weights
from hubtool.checkpoint.leftovers import leftover_notes
from hubtool.checkpoint.tensors import TensorFile
from hubtool.errors import CardError
from hubtool.network.claimed import Claimed, counts_of, known_counts
from hubtool.network.claimedfile import spec_in_file
from hubtool.network.layout import check_finite, check_layout
from hubtool.network.spec import ModelSpec
from hubtool.progress import SILENT, Progress
from hubtool.verify.problems import Obstacle, Skipped, no_network
from hubtool.workspace import Workspace


def asset_fetched(
    claim_set: ClaimSet, workspace: Workspace, progress: Progress = SILENT
) -> tuple[VerifiedAsset, str] | Skipped:
    """The verified file of a claim set, fetched if need be. Raises as `Workspace.pull` does."""
    if claim_set.asset is None:
        return Skipped("no file is linked", Obstacle.NO_FILE)
    _check_others(claim_set, workspace)
    return _agrees(claim_set, workspace.pull(claim_set.asset, claim_set.card.folder, progress))


def asset_at_hand(claim_set: ClaimSet, workspace: Workspace) -> tuple[VerifiedAsset, str] | Skipped:
    """The verified file of a claim set if that takes no network. Raises as `Workspace.at_hand` does."""
    if claim_set.asset is None:
        return Skipped("no file is linked", Obstacle.NO_FILE)
    _check_others(claim_set, workspace)
    asset = workspace.at_hand(claim_set.asset, claim_set.card.folder)
    if asset is None:
        return Skipped(f"not in the cache: {claim_set.how_to_fetch}", Obstacle.NOT_IN_CACHE)
    workspace.cache.note_use(asset.sha256)
    return _agrees(claim_set, asset)


def checkpoint(
    asset: VerifiedAsset | None, claim_set: ClaimSet, claimed: Claimed, ema: bool | None = None
) -> tuple[ModelSpec | None, str, tuple[str, ...]] | Skipped:
    """The network whose parameters a file holds, with notes about tensors that are none.

    It is the one that is claimed, with the number of outputs of the file where nobody knows how many classes the
    dataset has; None where hubtool does not build it.

    Parameters
    ----------
    ema
        Which of two sets of weights: see `hubtool.network.layout.check_layout`.

    Raises
    ------
    CorruptCheckpoint
        It cannot be read.
    CheckpointMismatch
        The tensors are not those of the network, or some values are not finite.
    """
    if asset is None:
        return Skipped("there is no file to read", Obstacle.NOT_IN_CACHE if claim_set.asset else Obstacle.NO_FILE)
    if not claim_set.has_weights:
        return Skipped("neither a MindSpore checkpoint nor a safetensors file", Obstacle.NO_FILE)
    found = open_weights(asset.path)
    spec = spec_in_file(claimed, found, ema) if claimed.spec is not None else None
    if spec is None:
        names, belongs, notes = tuple(found.tensors), "", leftover_notes(found.tensors)
    else:
        weights = check_layout(found, spec, ema)
        names, belongs, notes = weights.names, f", the names and shapes of {spec.name}", weights.notes
    check_finite(found, names)
    count = sum(found.tensors[name].count for name in names)
    return spec, f"{len(names)} tensors, {count:,} finite values{belongs}", (*_format_notes(found, claim_set), *notes)


def network(
    claim_set: ClaimSet, claimed: Claimed, in_file: ModelSpec | None = None
) -> tuple[ModelSpec, str, tuple[str, ...]] | Skipped:
    """The network, if it has as many parameters as the card publishes. Raises CardError where it has not.

    Parameters
    ----------
    in_file
        The network with the number of outputs of the file, where that was read.
    """
    spec, published = in_file or claimed.spec, claim_set.params
    if spec is None:
        return no_network(claimed)
    counts, notes = counts_of(spec), tuple(_head_notes(claim_set, claimed, spec, seen=in_file is not None))
    said = f"{spec.name} has {counts.described()}"
    if published is None:
        return spec, f"{said}, the card publishes no number", notes
    if claimed.own_head:
        return spec, f"{said}, published {published}: not compared", notes
    known = known_counts()
    agreed = agreeing(published, counts, known)
    if not agreed:
        other = copied_from(published, counts, known)
        copied = f", which is the number of {other}" if other else ""
        raise CardError(f"{said}, the card publishes {published}{copied}", hint="fix Params in the results table")
    return spec, f"{said}, published {published}" + (f": {agreed}" if len(counts.named()) > 1 else ""), notes


def _head_notes(claim_set: ClaimSet, claimed: Claimed, spec: ModelSpec, *, seen: bool) -> Iterator[str]:
    """What a reader has to know about the outputs of a network; they may have been seen in its file."""
    if claimed.own_head:
        taken = f"the {spec.num_classes:,} outputs of the file" if seen else f"its usual {spec.num_classes:,} outputs"
        yield (f"how many classes {claim_set.dataset} has is not known to hubtool: the network is taken with {taken}")
    if spec.spare_outputs:
        last = "the last one" if spec.spare_outputs == 1 else f"the last {spec.spare_outputs}"
        yield f"{spec.num_classes:,} outputs for {spec.labelled_classes:,} classes: no label means {last}"


def _format_notes(found: TensorFile, claim_set: ClaimSet) -> Iterator[str]:
    """What the card says wrongly about the format: hubtool goes by the bytes, MindSpore by the name."""
    said = claim_set.asset.format if claim_set.asset else ""
    if said.casefold() != found.format:
        yield f"this is a {found.called}, not {said} as the card says: mindspore.load_checkpoint refuses it"


def _check_others(claim_set: ClaimSet, workspace: Workspace) -> None:
    """Check the digests of the files at hand about which no figures are published."""
    for other in claim_set.others:
        workspace.at_hand(other, claim_set.card.folder)


def _agrees(claim_set: ClaimSet, asset: VerifiedAsset) -> tuple[VerifiedAsset, str]:
    digest = claim_set.asset.digest if claim_set.asset else None
    said = f"agrees with the {len(digest.hex)} digits published" if digest else "is the one that hubtool.lock pins"
    return asset, f"sha256 {asset.sha256[:12]}… {said}"
