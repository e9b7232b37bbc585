"""How the tensors of a file go with a network: which of them are its parameters, and what the others are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hubtool.checkpoint.leftovers import NONE, Affix, Role, affixes, grouped, role_alone
from hubtool.checkpoint.tensors import TensorInfo, printable
from hubtool.network.copies import Chosen, choose
from hubtool.network.differences import compared, differences, saved_of_training, strange_layers
from hubtool.network.groups import Joined, joined
from hubtool.network.registry import family_of
from hubtool.network.spec import ModelSpec, Shape

_DEFAULT_HINT = "the card may name the wrong file or the wrong network"
Tensors = Mapping[str, TensorInfo]


@dataclass(frozen=True, slots=True)
class Fit:
    """How the tensors of a file go with a network.

    Attributes
    ----------
    parameters
        Where the values of each parameter are, by its name; those that are missing are not in it.
    names
        Of their tensors in the file, in the order of the parameters.
    notes
        What was taken for granted or skipped, in sentences.
    unexpected
        Tensors that nobody knows the purpose of.
    problems
        Why they do not go together; empty when they do.
    choice
        Why it is not clear which tensors are the parameters; empty where it is.
    outputs
        How many outputs the head in the file has where that is the only difference; else None.
    layers
        Layers that are of another kind than in the network.
    hint
        What to do about the problems.
    """

    parameters: Mapping[str, TensorInfo]
    names: tuple[str, ...]
    notes: tuple[str, ...]
    unexpected: tuple[TensorInfo, ...]
    problems: tuple[str, ...]
    choice: str
    outputs: int | None
    layers: tuple[str, ...]
    hint: str


def fit(tensors: Tensors, spec: ModelSpec, ema: bool | None) -> Fit:
    """Compare names, shapes and types with those of a network; values are not read.

    Parameters
    ----------
    ema
        As for `hubtool.network.copies.choose`.
    """
    shapes = family_of(spec).shapes(spec)
    whole = joined(tensors, shapes)
    chosen = choose(whole.tensors, shapes, ema)
    names = {name: chosen.affix.around(name) for name in shapes}
    taken = set(names.values())
    others = {name: _purpose(name, shapes, chosen) for name in whole.tensors if name not in taken}
    found = compared(spec, whole, names, tuple(name for name, purpose in others.items() if not purpose))
    different = differences(found)
    layers = strange_layers(found)
    problems = tuple(filter(None, (chosen.problem, *whole.problems, *different, *layers)))
    there = found.there
    return Fit(
        parameters=there,
        names=tuple(piece for tensor in there.values() for piece in whole.pieces.get(tensor.name, (tensor.name,))),
        notes=(
            *_affix_notes(chosen.affix, names, whole),
            *whole.notes(names.values()),
            *(f"skipped {said}" for said in grouped({name: purpose for name, purpose in others.items() if purpose})),
        ),
        unexpected=tuple(whole.tensors[name] for name in found.unexpected),
        problems=problems,
        choice=chosen.problem,
        outputs=found.outputs if len(problems) == 1 else None,
        layers=layers,
        hint=chosen.hint or saved_of_training(found) or _DEFAULT_HINT,
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


def _affix_notes(affix: Affix, names: Mapping[str, str], whole: Joined) -> Iterator[str]:
    example = whole.called(next(iter(names.values())))
    if affix.role is Role.AVERAGE:
        yield f"the weights are averages over training (EMA), named as {example}"
    elif affix != NONE:
        around = " and ".join(printable(part) for part in affix if part)
        yield f"all names of weights have {around} around them, which is dropped, as in {example}"
