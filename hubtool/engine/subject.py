"""What a network takes with it when it leaves hubtool: its weights, checked, and what is known about them."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass

from hubtool import __version__
from hubtool.asset.intact import hash_file
from hubtool.card.claimset import ClaimSet
from hubtool.checkpoint.formats import open_weights
from hubtool.checkpoint.tensors import TensorFile
from hubtool.data.transform.spec import EvalRecipe
from hubtool.engine.preprocessing import foreseen
from hubtool.errors import UsageProblem
from hubtool.network.claimed import claimed_network
from hubtool.network.claimedfile import spec_in_file
from hubtool.network.identify import named, spec_fitting
from hubtool.network.layout import Weights, check_finite, warned_layout
from hubtool.network.registry import spec_named
from hubtool.network.spec import ModelSpec
from hubtool.workspace import Source

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Subject:
    """A network to export.

    Attributes
    ----------
    weights
        Checked against the spec; every value is finite.
    side
        Height and width of the images that it takes, in pixels.
    metadata
        What the file says about itself: `network`, `weights_sha256` and `hubtool_version`, and `weights_notes` where
        the source holds more than the parameters; with a card also `uid`, `model_license` and, where it is known,
        `recipe` (JSON, as `EvalRecipe.to_json` has it).
    """

    spec: ModelSpec
    weights: Weights
    side: int
    metadata: Mapping[str, str]


def subject_of(source: Source, ema: bool | None = None, network: str | None = None) -> Subject:
    """The network of a card, or the one whose parameters have the names and shapes in a file without a card.

    What was skipped or taken for granted in the file is warned of.

    Parameters
    ----------
    ema
        Which of two sets of weights: see `hubtool.network.layout.check_layout`.
    network
        The network of a file without a card, where the file alone does not tell.

    Raises
    ------
    UsageProblem
        hubtool does not know the network that the card or `network` names, or both name one.
    CheckpointMismatch
        The file holds the weights of another network, or of none that hubtool knows, or values that are not finite.
    NotFound, EnvironmentProblem, CorruptCheckpoint
        The file cannot be read, or is damaged.
    """
    claim_set = source.claim_set
    file = open_weights(source.path)
    spec = _spec(source, file, ema, network)
    file.check_crc()
    weights = warned_layout(file, spec, ema)
    check_finite(file, weights.names)
    metadata = {"network": spec.name, "weights_sha256": hash_file(source.path), "hubtool_version": __version__}
    if weights.notes:
        metadata["weights_notes"] = "; ".join(weights.notes)
    if claim_set is None:
        return Subject(spec, weights, spec.input_size, metadata)
    recipe = _recipe(claim_set, spec)
    side = recipe.image_size if recipe is not None else spec.input_size
    return Subject(spec, weights, side, metadata | _from_card(claim_set, recipe))


def _spec(source: Source, file: TensorFile, ema: bool | None, network: str | None) -> ModelSpec:
    if source.claim_set is None:
        return spec_fitting(file, ema) if network is None else named(file, spec_named(network), ema)
    if network is not None:
        raise UsageProblem(
            f"--network {network}: the card {source.claim_set.card.uid} says which network it is",
            hint=f"name the file itself: {source.path}",
        )
    return spec_in_file(claimed_network(source.claim_set), file, ema)


def _from_card(claim_set: ClaimSet, recipe: EvalRecipe | None) -> dict[str, str]:
    # `model_license` is the key that ONNX reserves for it.
    said = {"uid": claim_set.card.uid, "model_license": str(claim_set.card.fields["license"])}
    return said if recipe is None else said | {"recipe": json.dumps(recipe.to_json())}


def _recipe(claim_set: ClaimSet, spec: ModelSpec) -> EvalRecipe | None:
    """How images have to be prepared; None where nobody says it for the dataset, or hubtool cannot do it."""
    try:
        settings = foreseen(claim_set, spec)
    except UsageProblem as error:
        _log.warning("%s: the file does not say how to prepare images", error.message)
        return None
    return settings.recipe if settings is not None else None
