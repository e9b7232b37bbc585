"""How the tensors of a file go with a network: which of them are its parameters, and what the others are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from hubtool.checkpoint.dtypes import is_decoded
from hubtool.checkpoint.leftovers import NONE, Affix, Role, affixes, grouped, role_alone
from hubtool.checkpoint.tensors import TensorInfo, printable
from hubtool.network.copies import Chosen, choose
from hubtool.network.spec import Shape

_SHOWN = 3
_MOST_COMPARED = 100
_WEIGHT_DTYPES = {"float16", "bfloat16", "float32", "float64"}
_DEFAULT_HINT = "the card may name the wrong file or the wrong network"
Tensors = Mapping[str, TensorInfo]


@dataclass(frozen=True, slots=True)
class Fit:
    """How the tensors of a file go with a network.

    Attributes
    ----------
    names
        The tensor for each parameter, by their names; those that are missing, too.
    notes
        What was taken for granted or skipped, in sentences.
    unexpected
        Tensors that nobody knows the purpose of.
    problems
        Why they do not go together; empty when they do.
    choice
        Why it is not clear which tensors are the parameters; empty where it is.
    layers
        Layers that are of another kind than in the network.
    hint
        What to do about the problems.
    """

    names: Mapping[str, str]
    notes: tuple[str, ...]
    unexpected: tuple[str, ...]
    problems: tuple[str, ...]
    choice: str
    layers: tuple[str, ...]
    hint: str


def fit(tensors: Tensors, shapes: Mapping[str, Shape], ema: bool | None) -> Fit:
    """Compare names, shapes and types; values are not read.

    Parameters
    ----------
    shapes
        Of the network, by the names of its parameters.
    ema
        As for `hubtool.network.copies.choose`.
    """
    chosen = choose(tensors, shapes, ema)
    names = {name: chosen.affix.around(name) for name in shapes}
    taken = set(names.values())
    others = {name: _purpose(name, shapes, chosen) for name in tensors if name not in taken}
    unexpected = [name for name, purpose in others.items() if not purpose]
    layers = tuple(filter(None, _layers(tensors, shapes, names, unexpected)))
    lists = filter(None, _listed_problems(tensors, shapes, names, unexpected))
    return Fit(
        names=names,
        notes=(
            *_affix_notes(chosen.affix, names),
            *(f"skipped {said}" for said in grouped({name: purpose for name, purpose in others.items() if purpose})),
        ),
        unexpected=tuple(unexpected),
        problems=(chosen.problem,) if chosen.problem else (*lists, *layers),
        choice=chosen.problem,
        layers=layers,
        hint=chosen.hint or _DEFAULT_HINT,
    )


def _purpose(name: str, shapes: Mapping[str, Shape], chosen: Chosen) -> str:
    """What a tensor that is no parameter is for; empty where nobody knows."""
    found = list(affixes(name, shapes.__contains__))
    for affix in found:
        if affix in chosen.others:
            return affix.role.value if affix.role else "weights that are not averaged"
    for affix in found:
        if affix != NONE and (role := affix.role_beside(chosen.affix)):
            return role.value
    alone = role_alone(name, chosen.affix.before)
    return alone.value if alone else ""


def _listed_problems(
    tensors: Tensors, shapes: Mapping[str, Shape], names: Mapping[str, str], unexpected: list[str]
) -> Iterator[str]:
    there = {name: tensors[called] for name, called in names.items() if called in tensors}
    yield listed("missing", [called for name, called in names.items() if name not in there], printable)
    yield listed("unexpected", unexpected, printable)
    yield listed(
        "misshapen",
        [name for name, tensor in there.items() if tensor.shape != shapes[name]],
        lambda name: f"{printable(names[name])} {there[name].shape} instead of {shapes[name]}",
    )
    yield listed(
        "not floating-point",
        [name for name, tensor in there.items() if is_decoded(tensor.dtype) and tensor.dtype not in _WEIGHT_DTYPES],
        lambda name: f"{printable(names[name])} {there[name].dtype}",
    )
    yield listed(
        "of a type that is not decoded",
        [name for name, tensor in there.items() if not is_decoded(tensor.dtype)],
        lambda name: f"{printable(names[name])} {there[name].dtype}",
    )


def _layers(
    tensors: Tensors, shapes: Mapping[str, Shape], names: Mapping[str, str], unexpected: list[str]
) -> Iterator[str]:
    """Layers of another kind, under the same name or under another one."""
    for name, called in names.items():
        if called in tensors:
            yield _layer_problem(printable(called), tensors[called].shape, shapes[name])
        else:
            for other in unexpected[:_MOST_COMPARED]:
                if problem := _layer_problem(printable(other), tensors[other].shape, shapes[name]):
                    yield f"{problem} ({printable(called)})"


def _layer_problem(name: str, found: Shape, wanted: Shape) -> str:
    """What a tensor of another shape is, in the words of layers; empty where the shape does not tell."""
    if len(wanted) == 4 and found == wanted[:2] and wanted[2:] == (1, 1):
        return f"{name} is of a Dense head, the network has a 1x1 convolution"
    if len(found) == 4 and found[:2] == wanted and found[2:] == (1, 1):
        return f"{name} is of a 1x1 convolution, the network has a Dense head"
    return ""


def _affix_notes(affix: Affix, names: Mapping[str, str]) -> Iterator[str]:
    example = printable(next(iter(names.values())))
    if affix.role is Role.AVERAGE:
        yield f"the weights are averages over training (EMA), named as {example}"
    elif affix != NONE:
        around = " and ".join(printable(part) for part in affix if part)
        yield f"all names of weights have {around} around them, which is dropped, as in {example}"


def listed(what: str, names: Iterable[str], describe: Callable[[str], str]) -> str:
    """`2 missing: a, b`; of many names the first ones; empty where there are none."""
    names = list(names)
    if not names:
        return ""
    more = f", and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{len(names)} {what}: {', '.join(describe(name) for name in names[:_SHOWN])}{more}"
