"""The files of a claim set, level by level: what was established about them before anything is evaluated."""

from __future__ import annotations

from dataclasses import dataclass

from hubtool.asset.verified import VerifiedAsset
from hubtool.card.claimset import ClaimSet
from hubtool.engine.preprocessing import Preprocessing, foreseen
from hubtool.errors import HubtoolError, UsageProblem
from hubtool.network.claimed import claimed_network
from hubtool.network.spec import Model, ModelSpec
from hubtool.progress import SILENT, Progress
from hubtool.verify import levels
from hubtool.verify.checks import Check, Level
from hubtool.verify.climb import Climb
from hubtool.verify.metrics import measurable
from hubtool.verify.plan import Plan
from hubtool.verify.problems import Skipped
from hubtool.verify.splits import Images


@dataclass(frozen=True, slots=True, eq=False)
class Files:
    """A claim set whose files were looked at.

    Attributes
    ----------
    images
        What the claims are to be evaluated on, or why they are not.
    checks
        The levels from the card to the network.
    error
        What made one of them fail; None when none did.
    asset
        The verified file; None where it could not be had.
    model
        The network and its weights; None where one of them could not be had.
    settings
        How images would be prepared, evaluated or not; None where nothing is known about it.
    """

    claim_set: ClaimSet
    images: Images | Skipped
    checks: tuple[Check, ...]
    error: HubtoolError | None
    asset: VerifiedAsset | None
    model: Model | None
    settings: Preprocessing | None = None


def look_at(claim_set: ClaimSet, images: Images | Skipped, plan: Plan, progress: Progress = SILENT) -> Files:
    """Check the file, the checkpoint and the network; the file is fetched only for claims that are to be evaluated."""
    climb, workspace, claimed = Climb(), plan.workspace, claimed_network(claim_set)
    if isinstance(images, Skipped):
        asset = climb.step(Level.ASSET, lambda: levels.asset_at_hand(claim_set, workspace))
    else:
        asset = climb.step(Level.ASSET, lambda: levels.asset_fetched(claim_set, workspace, progress))
    spec = climb.step(Level.CHECKPOINT, lambda: levels.checkpoint(asset, claim_set, claimed, plan.ema))
    climb.step(Level.NETWORK, lambda: levels.network(claim_set, claimed, spec))
    model = Model(spec, asset.path, asset.sha256, plan.ema) if spec and asset and not climb.error else None
    settings = _settings(claim_set, claimed.spec, plan)
    return Files(claim_set, images, tuple(climb.checks), climb.error, asset, model, settings)


def _settings(claim_set: ClaimSet, spec: ModelSpec | None, plan: Plan) -> Preprocessing | None:
    try:
        return (
            foreseen(claim_set, spec, plan.recipe) if spec is not None and any(measurable(claim_set.claims)) else None
        )
    except UsageProblem:  # where images were given, that is why they are not evaluated
        return None
