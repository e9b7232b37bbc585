"""Whether a checkpoint belongs to a network: names, shapes, dtypes, finite values."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass

from hubtool.checkpoint.arrays import Arrays
from hubtool.checkpoint.formats import open_weights
from hubtool.checkpoint.statistics import statistics
from hubtool.checkpoint.tensors import TensorFile, printable
from hubtool.errors import CheckpointMismatch
from hubtool.extras import require
from hubtool.network.differences import listed
from hubtool.network.fit import Fit, fit
from hubtool.network.identify import networks_fitting, with_outputs
from hubtool.network.spec import Model, ModelSpec
from hubtool.words import some_of

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Weights:
    """A file with the parameters of a network, no more and no less than it needs.

    Attributes
    ----------
    file
        It may hold other tensors, too.
    arrays
        The values by the names of the parameters, each read when it is asked for.
    names
        Of the parameters' tensors in the file; there may be more of them than parameters, each in several pieces.
    notes
        What was skipped or taken for granted, in sentences that a user has to see; empty for a file that holds the
        parameters under their own names and nothing else.
    """

    file: TensorFile
    arrays: Arrays
    names: tuple[str, ...]
    notes: tuple[str, ...] = ()


def check_layout(checkpoint: TensorFile, spec: ModelSpec, ema: bool | None = None) -> Weights:
    """The parameters of a network in a file that holds all of them; reads no values.

    All names may have one thing more at their begin or end, such as `network.`. What training leaves beside the
    parameters, such as the state of an optimiser, is skipped. Kernels that are kept group by group are joined: see
    `hubtool.network.groups`. All three are said in the notes. Types are converted within floating-point numbers and
    within signed integers, as MindSpore's `load_param_into_net` does.

    Parameters
    ----------
    ema
        Of a file that holds the weights twice, take those that were averaged over training, or the others; None where
        the user has not chosen: such a file is refused.

    Raises
    ------
    CheckpointMismatch
        With the number and the first few of the missing, unexpected and misshapen tensors and of those of a wrong
        type, with the network whose weights they are if it is a known one, with both numbers of outputs where only the
        head differs, or with a name of each of the sets of weights to choose from.
    """
    found = fit(checkpoint.tensors, spec, ema)
    if found.choice:
        raise CheckpointMismatch(f"{checkpoint.path}: {found.choice}", hint=found.hint)
    if found.problems:
        raise CheckpointMismatch(
            f"{checkpoint.path}: {_what_it_is(checkpoint, spec, found, ema)}: {'; '.join(found.problems)}",
            hint=found.hint,
        )
    return Weights(checkpoint, Arrays(checkpoint, found.parameters), found.names, found.notes)


def warned_layout(checkpoint: TensorFile, spec: ModelSpec, ema: bool | None = None) -> Weights:
    """As `check_layout`, for whoever does not show the notes: they are warned of."""
    weights = check_layout(checkpoint, spec, ema)
    for note in weights.notes:
        _log.warning("%s: %s", checkpoint.path, note)
    return weights


def parameters_of(model: Model) -> Arrays:
    """The values of a network's parameters by their names; raises as opening the file and `check_layout` do."""
    return check_layout(open_weights(model.weights), model.spec, model.ema).arrays


def _what_it_is(checkpoint: TensorFile, spec: ModelSpec, found: Fit, ema: bool | None) -> str:
    """What a file is that does not fit a network: the weights of another one, if it is a known one."""
    others = () if found.outputs is not None else networks_fitting(checkpoint, ema)
    if not others:
        return f"not a checkpoint of {spec.name}"
    return f"these are the weights of {some_of([with_outputs(other) for other in others], 3)}, not of {spec.name}"


def check_finite(checkpoint: TensorFile, names: Iterable[str] | None = None) -> None:
    """Check that no value of a checkpoint is NaN or infinite; types that hubtool does not decode are skipped.

    Parameters
    ----------
    names
        Of the tensors to check; all by default.

    Raises
    ------
    CheckpointMismatch
        With the first few tensors that hold such values.
    """
    np = require("numpy", extra="eval", purpose="read tensors")
    tensors = checkpoint.tensors
    found = {name: statistics(np, checkpoint, tensors[name]) for name in (tensors if names is None else names)}
    bad = {name: values.nan + values.inf for name, values in found.items() if values is not None}
    said = listed(
        "not finite",
        [name for name, count in bad.items() if count],
        lambda name: f"{printable(name)} ({bad[name]} values)",
    )
    if said:
        raise CheckpointMismatch(f"{checkpoint.path}: {said}", hint="the training that wrote it may have diverged")
