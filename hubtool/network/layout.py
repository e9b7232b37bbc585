"""Whether a checkpoint belongs to a network: names, shapes, dtypes, finite values."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hubtool.checkpoint.arrays import Arrays
from hubtool.checkpoint.formats import open_weights
from hubtool.checkpoint.statistics import statistics
from hubtool.checkpoint.tensors import TensorFile, printable
from hubtool.errors import CheckpointMismatch
from hubtool.extras import require
from hubtool.network.fit import Fit, fit, listed
from hubtool.network.registry import family_of, known_networks, known_specs
from hubtool.network.spec import Model, ModelSpec, Shape

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
        Of the parameters' tensors in the file.
    notes
        What was skipped or taken for granted, in sentences that a user has to see; empty for a file that holds the
        parameters under their own names and nothing else.
    """

    file: TensorFile
    arrays: Arrays
    names: tuple[str, ...]
    notes: tuple[str, ...] = ()


def spec_fitting(checkpoint: TensorFile, ema: bool | None = None) -> ModelSpec:
    """The network whose parameters are in a file: see `check_layout`. Reads no values.

    Parameters
    ----------
    ema
        As for `check_layout`.

    Raises
    ------
    CheckpointMismatch
        No known network has; the message names the nearest one and the first tensor that it has not.
    """
    known = [(spec, fit(checkpoint.tensors, family_of(spec).shapes(spec), ema)) for spec in known_specs()]
    for spec, found in known:
        if not found.problems:
            return spec
    nearest, found = max(known, key=lambda pair: len(_shapes(checkpoint, pair[1]).items() & _wanted(pair[0]).items()))
    if found.choice:
        raise CheckpointMismatch(f"{checkpoint.path}: {found.choice}", hint=found.hint)
    raise CheckpointMismatch(
        f"{checkpoint.path}: not the weights of a known network: {_first_odd(checkpoint, nearest, found)}",
        hint=f"hubtool knows {known_networks()}",
    )


def check_layout(checkpoint: TensorFile, spec: ModelSpec, ema: bool | None = None) -> Weights:
    """The parameters of a network in a file that holds all of them; reads no values.

    All names may have one thing more at their begin or end, such as `network.`. What training leaves beside the
    parameters, such as the state of an optimiser, is skipped. Both are said in the notes.

    Parameters
    ----------
    ema
        Of a file that holds the weights twice, take those that were averaged over training, or the others; None where
        the user has not chosen: such a file is refused.

    Raises
    ------
    CheckpointMismatch
        With the number and the first few of the missing, unexpected and misshapen tensors, or with a name of each of
        the sets of weights to choose from.
    """
    found = fit(checkpoint.tensors, _wanted(spec), ema)
    if found.choice:
        raise CheckpointMismatch(f"{checkpoint.path}: {found.choice}", hint=found.hint)
    if found.problems:
        raise CheckpointMismatch(
            f"{checkpoint.path}: not a checkpoint of {spec.name}: {'; '.join(found.problems)}", hint=found.hint
        )
    return Weights(checkpoint, Arrays(checkpoint, found.names), tuple(found.names.values()), found.notes)


def warned_layout(checkpoint: TensorFile, spec: ModelSpec, ema: bool | None = None) -> Weights:
    """As `check_layout`, for whoever does not show the notes: they are warned of."""
    weights = check_layout(checkpoint, spec, ema)
    for note in weights.notes:
        _log.warning("%s: %s", checkpoint.path, note)
    return weights


def parameters_of(model: Model) -> Arrays:
    """The values of a network's parameters by their names; raises as opening the file and `check_layout` do."""
    return check_layout(open_weights(model.weights), model.spec, model.ema).arrays


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


def _wanted(spec: ModelSpec) -> Mapping[str, Shape]:
    return family_of(spec).shapes(spec)


def _shapes(checkpoint: TensorFile, found: Fit) -> dict[str, Shape]:
    """The shapes in a file by the names of the parameters; of tensors that nobody knows by their own, too."""
    parameters = {called: name for name, called in found.names.items()}
    parameters |= {name: name for name in found.unexpected}
    return {parameters[name]: tensor.shape for name, tensor in checkpoint.tensors.items() if name in parameters}


def _first_odd(checkpoint: TensorFile, nearest: ModelSpec, found: Fit) -> str:
    """The first tensor of a file that the nearest network does not have so, or has and the file has not."""
    here, there = _shapes(checkpoint, found), _wanted(nearest)
    # A tensor of another type is odd, too, although its shape fits.
    odd = next((name for name in (*here, *there) if here.get(name) != there.get(name)), "")
    if not odd:
        return f"nearest is {nearest.name}: {'; '.join(found.problems)}"
    in_file, in_network = (
        f"has the shape {shapes[odd]}" if odd in shapes else "is missing" for shapes in (here, there)
    )
    said = f"{printable(odd)} {in_file}, and in {nearest.name}, which is nearest, it {in_network}"
    return "; ".join([said, *found.layers])
