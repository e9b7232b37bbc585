"""Whether a checkpoint belongs to a network: names, shapes, dtypes, finite values."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from hubtool.checkpoint.statistics import statistics
from hubtool.checkpoint.tensors import TensorFile, printable
from hubtool.errors import CheckpointMismatch
from hubtool.extras import require
from hubtool.network.registry import family_of, known_names, known_specs
from hubtool.network.spec import ModelSpec

_SHOWN = 3
_WEIGHT_DTYPES = {"float16", "bfloat16", "float32", "float64"}


def spec_fitting(checkpoint: TensorFile) -> ModelSpec:
    """The network whose parameters have the names and shapes of the tensors in a file; reads no values.

    Raises
    ------
    CheckpointMismatch
        No known network has; the message names the nearest one and the first tensor that it has not.
    """
    found = {name: tensor.shape for name, tensor in checkpoint.tensors.items()}
    known = [(spec, dict(family_of(spec).shapes(spec))) for spec in known_specs()]
    for spec, wanted in known:
        if found == wanted:
            return spec
    spec, wanted = max(known, key=lambda pair: len(found.items() & pair[1].items()))
    odd = next(name for name in (*found, *wanted) if found.get(name) != wanted.get(name))
    here, there = (f"has the shape {shapes[odd]}" if odd in shapes else "is missing" for shapes in (found, wanted))
    raise CheckpointMismatch(
        f"{checkpoint.path}: not the weights of a known network: {printable(odd)} {here}, and in {spec.name}, "
        f"which is nearest, it {there}",
        hint=f"hubtool knows {', '.join(known_names())}",
    )


def check_layout(checkpoint: TensorFile, spec: ModelSpec) -> None:
    """Check that a checkpoint holds the parameters of a network, no more and no less; reads no values.

    Raises
    ------
    CheckpointMismatch
        With the number and the first few of the missing, unexpected and misshapen tensors.
    """
    wanted = family_of(spec).shapes(spec)
    found = checkpoint.tensors
    problems = [
        _listed("missing", [name for name in wanted if name not in found], str),
        _listed("unexpected", [name for name in found if name not in wanted], str),
        _listed(
            "misshapen",
            [name for name in wanted if name in found and found[name].shape != wanted[name]],
            lambda name: f"{name} {found[name].shape} instead of {wanted[name]}",
        ),
        _listed(
            "not floating-point",
            [name for name in wanted if name in found and found[name].dtype not in _WEIGHT_DTYPES],
            lambda name: f"{name} {found[name].dtype}",
        ),
    ]
    said = "; ".join(problem for problem in problems if problem)
    if said:
        raise CheckpointMismatch(
            f"{checkpoint.path}: not a checkpoint of {spec.name}: {said}",
            hint="the card may name the wrong file or the wrong network",
        )


def check_finite(checkpoint: TensorFile) -> None:
    """Check that no value of a checkpoint is NaN or infinite; types that hubtool does not decode are skipped.

    Raises
    ------
    CheckpointMismatch
        With the first few tensors that hold such values.
    """
    np = require("numpy", extra="eval", purpose="read tensors")
    found = {name: statistics(np, checkpoint, tensor) for name, tensor in checkpoint.tensors.items()}
    bad = {name: values.nan + values.inf for name, values in found.items() if values is not None}
    said = _listed("not finite", [name for name, count in bad.items() if count], lambda n: f"{n} ({bad[n]} values)")
    if said:
        raise CheckpointMismatch(f"{checkpoint.path}: {said}", hint="the training that wrote it may have diverged")


def _listed(what: str, names: Iterable[str], describe: Callable[[str], str]) -> str:
    names = list(names)
    if not names:
        return ""
    more = f", and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{len(names)} {what}: {', '.join(describe(name) for name in names[:_SHOWN])}{more}"
