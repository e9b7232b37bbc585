"""Whether a checkpoint belongs to a network: names, shapes, dtypes, finite values."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from hubtool.checkpoint.reader import Checkpoint
from hubtool.checkpoint.statistics import statistics
from hubtool.errors import CheckpointMismatch
from hubtool.extras import require
from hubtool.network.registry import family_of
from hubtool.network.spec import ModelSpec

_SHOWN = 3
_WEIGHT_DTYPES = {"float16", "bfloat16", "float32", "float64"}


def check_layout(checkpoint: Checkpoint, spec: ModelSpec) -> None:
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


def check_finite(checkpoint: Checkpoint) -> None:
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
