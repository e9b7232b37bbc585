"""What is established about the files of a claim set, level by level: asset, checkpoint, network.

Each level takes what the one before it established, and gives a value with a sentence about it, or `Skipped` where it
cannot be reached: nothing in the cache, no file linked, a network that hubtool does not build.
"""

from __future__ import annotations

from collections.abc import Iterator

from hubtool.asset.verified import VerifiedAsset
from hubtool.card.claimset import ClaimSet
from hubtool.card.params import published_fits
from hubtool.checkpoint.formats import open_weights
from hubtool.checkpoint.leftovers import leftover_notes
from hubtool.checkpoint.tensors import TensorFile
from hubtool.errors import CardError
from hubtool.network.layout import check_finite, check_layout
from hubtool.network.spec import ModelSpec
from hubtool.progress import SILENT, Progress
from hubtool.verify.problems import Skipped
from hubtool.workspace import Workspace


def asset_fetched(
    claim_set: ClaimSet, workspace: Workspace, progress: Progress = SILENT
) -> tuple[VerifiedAsset, str] | Skipped:
    """The verified file of a claim set, fetched if need be. Raises as `Workspace.pull` does."""
    if claim_set.asset is None:
        return Skipped("no file is linked")
    _check_others(claim_set, workspace)
    return _agrees(claim_set, workspace.pull(claim_set.asset, claim_set.card.folder, progress))


def asset_at_hand(claim_set: ClaimSet, workspace: Workspace) -> tuple[VerifiedAsset, str] | Skipped:
    """The verified file of a claim set if that takes no network. Raises as `Workspace.at_hand` does."""
    if claim_set.asset is None:
        return Skipped("no file is linked")
    _check_others(claim_set, workspace)
    asset = workspace.at_hand(claim_set.asset, claim_set.card.folder)
    if asset is None:
        return Skipped(f"not in the cache: {claim_set.how_to_fetch}")
    workspace.cache.note_use(asset.sha256)
    return _agrees(claim_set, asset)


def checkpoint(
    asset: VerifiedAsset | None, claim_set: ClaimSet, spec: ModelSpec | None, ema: bool | None = None
) -> tuple[TensorFile, str, tuple[str, ...]] | Skipped:
    """The tensors of a file, with notes about those that are no parameters.

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
        return Skipped("there is no file to read")
    if not claim_set.has_weights:
        return Skipped("neither a MindSpore checkpoint nor a safetensors file")
    found = open_weights(asset.path)
    if spec is None:
        names, belongs, notes = tuple(found.tensors), "", leftover_notes(found.tensors)
    else:
        weights = check_layout(found, spec, ema)
        names, belongs, notes = weights.names, f", the names and shapes of {spec.name}", weights.notes
    check_finite(found, names)
    count = sum(found.tensors[name].count for name in names)
    return found, f"{len(names)} tensors, {count:,} finite values{belongs}", (*_format_notes(found, claim_set), *notes)


def network(claim_set: ClaimSet, spec: ModelSpec | None) -> tuple[ModelSpec, str] | Skipped:
    """The network, if it has as many parameters as the card publishes. Raises CardError where it has not."""
    if spec is None:
        return Skipped(f"hubtool cannot build the network {claim_set.network_name}")
    count_m = spec.parameter_count / 1e6
    said = f"{spec.name} has {count_m:.6f} M parameters"
    if claim_set.params_m is None:
        return spec, f"{said}, the card publishes no number"
    if not published_fits(spec.parameter_count, claim_set.params_m):
        raise CardError(f"{said}, the card publishes {claim_set.params_m:g} M", hint="fix Params in the results table")
    return spec, f"{said}, published {claim_set.params_m:g} M"


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
