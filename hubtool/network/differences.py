"""What keeps the tensors of a file from being the parameters of a network, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from hubtool.checkpoint.dtypes import is_decoded
from hubtool.checkpoint.tensors import TensorInfo, printable
from hubtool.network.groups import Joined
from hubtool.network.head import head_axes, outputs_of
from hubtool.network.registry import family_of
from hubtool.network.spec import ModelSpec, Shape

_SHOWN = 3
_MOST_COMPARED = 100
_FLOAT32 = "float32"
# MindSpore's load_param_into_net converts within a kind and refuses everything else.
_FLOATS = frozenset({"float16", "bfloat16", "float32", "float64"})
_INTEGERS = frozenset({"int8", "int16", "int32", "int64"})
_STATISTICS = ("moving_mean", "moving_variance")
_TABLES = ("attn_mask", "relative_position_index", "relative_coords_table", "relative_bias.index")
"""How the names of tensors end that a network computes when it is built, and that are saved with it."""
_SAVE_WHOLE = "save the whole cell: mindspore.save_checkpoint(cell, path)"


@dataclass(frozen=True, slots=True)
class Found:
    """The tensors of a file beside the parameters of a network.

    Attributes
    ----------
    names
        The tensor for each parameter, by their names; those that are missing, too.
    unexpected
        Tensors that nobody knows the purpose of, by their names.
    shapes, there, outputs
        The parameters' shapes in the network; their tensors in the file; the outputs of a head in the file that
        differs from the network's in nothing but their number, else None.
    """

    spec: ModelSpec
    whole: Joined
    names: Mapping[str, str]
    unexpected: tuple[str, ...]
    shapes: Mapping[str, Shape]
    there: Mapping[str, TensorInfo]
    outputs: int | None

    def called(self, name: str) -> str:
        """The tensor of a parameter, as a message names it."""
        return self.whole.called(self.names[name])

    @property
    def missing(self) -> list[str]:
        """Parameters that are not in the file."""
        return [name for name in self.names if name not in self.there]

    @property
    def misshapen(self) -> list[str]:
        """Parameters with another shape in the file, the head's aside where only its outputs differ."""
        aside = head_axes(self.spec) if self.outputs is not None else ()
        return [name for name, tensor in self.there.items() if tensor.shape != self.shapes[name] and name not in aside]


def compared(spec: ModelSpec, whole: Joined, names: Mapping[str, str], unexpected: tuple[str, ...]) -> Found:
    """The tensors of a file, `whole`, beside the parameters of a network; see `Found` for the others."""
    shapes = family_of(spec).shapes(spec)
    there = {name: whole.tensors[called] for name, called in names.items() if called in whole.tensors}
    return Found(spec, whole, names, unexpected, shapes, there, _other_outputs(spec, shapes, there))


def differences(found: Found) -> tuple[str, ...]:
    """How names, shapes and types differ; empty where they do not."""
    return tuple(filter(None, _differences(found)))


def _differences(found: Found) -> Iterator[str]:
    there, dtypes = found.there, family_of(found.spec).dtypes(found.spec)
    if found.outputs is not None:
        plural = "" if found.outputs == 1 else "s"
        wanted = f"{found.spec.name} has {found.spec.num_classes:,}"
        yield f"the head has {found.outputs:,} output{plural}, {wanted}"
    yield listed("missing", found.missing, found.called)
    yield listed("unexpected", found.unexpected, found.whole.called)
    yield listed(
        "misshapen",
        found.misshapen,
        lambda name: f"{found.called(name)} {there[name].shape} instead of {found.shapes[name]}",
    )
    yield listed(
        "of a type that is not decoded",
        [name for name, tensor in there.items() if not is_decoded(tensor.dtype)],
        lambda name: f"{found.called(name)} {there[name].dtype}",
    )
    wrong = {name: said for name in there if (said := wrong_kind(there[name].dtype, dtypes.get(name, _FLOAT32)))}
    for said in dict.fromkeys(wrong.values()):
        yield listed(
            said,
            [name for name, own in wrong.items() if own == said],
            lambda name: f"{found.called(name)} {there[name].dtype}",
        )


def wrong_kind(dtype: str, wanted: str) -> str:
    """What is wrong with a decoded type where the network has another one; empty where it can be converted."""
    if not is_decoded(dtype) or dtype == wanted:
        return ""
    if wanted in _FLOATS:
        return "" if dtype in _FLOATS else "not floating-point"
    if wanted in _INTEGERS:
        return "" if dtype in _INTEGERS else f"not signed integers, which the network has here as {wanted}"
    return f"not {wanted}"


def _other_outputs(spec: ModelSpec, shapes: Mapping[str, Shape], there: Mapping[str, TensorInfo]) -> int | None:
    if all(tensor.shape == shapes[name] for name, tensor in there.items()):
        return None
    outputs = outputs_of(spec, {name: tensor.shape for name, tensor in there.items()})
    return None if outputs == spec.num_classes else outputs


def saved_of_training(found: Found) -> str:
    """What to do about a file that lacks nothing but what training by gradients does not change; else empty."""
    missing = found.missing
    if not missing or found.unexpected or found.misshapen:
        return ""
    if all(name.endswith(_STATISTICS) for name in missing):
        return f"batch statistics are missing, without which the weights are of no use; {_SAVE_WHOLE}"
    if all(name.endswith((*_STATISTICS, *_TABLES)) for name in missing):
        return f"the file seems to hold trainable parameters only; load it into the network, then {_SAVE_WHOLE}"
    return ""


def strange_layers(found: Found) -> tuple[str, ...]:
    """The first layers of another kind, under the same name or under another one."""
    return tuple(islice(_strange_layers(found), _SHOWN))


def _strange_layers(found: Found) -> Iterator[str]:
    tensors = found.whole.tensors
    unexpected = [(name, tensors[name].shape) for name in found.unexpected[:_MOST_COMPARED]]
    for name, called in found.names.items():
        wanted = found.shapes[name]
        if called in tensors:
            if kind := _other_kind(tensors[called].shape, wanted):
                yield f"{printable(called)} {kind}"
        else:
            for other, shape in unexpected:
                if kind := _other_kind(shape, wanted):
                    yield f"{printable(other)} {kind} ({printable(called)})"


def _other_kind(found: Shape, wanted: Shape) -> str:
    """What a tensor of another shape is, in the words of layers; empty where the shape does not tell."""
    if len(wanted) == 4 and found == wanted[:2] and wanted[2:] == (1, 1):
        return "is of a Dense head, the network has a 1x1 convolution"
    if len(found) == 4 and found[:2] == wanted and found[2:] == (1, 1):
        return "is of a 1x1 convolution, the network has a Dense head"
    return ""


def listed(what: str, names: Iterable[str], describe: Callable[[str], str]) -> str:
    """`2 missing: a, b`; of many names the first ones; empty where there are none."""
    names = list(names)
    if not names:
        return ""
    more = f", and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{len(names)} {what}: {', '.join(describe(name) for name in names[:_SHOWN])}{more}"
