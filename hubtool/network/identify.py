"""Which network a file of weights belongs to, when nobody says so: by names, shapes and types."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from hubtool.card.names import name_key
from hubtool.checkpoint.leftovers import NONE, Affix, Role, affixes, roles
from hubtool.checkpoint.tensors import TensorFile, TensorInfo, printable
from hubtool.errors import CheckpointMismatch
from hubtool.network.fit import Fit, fit
from hubtool.network.groups import joined
from hubtool.network.head import resized
from hubtool.network.registry import family_of, known_networks, known_specs
from hubtool.network.spec import ModelSpec, Shape
from hubtool.words import counted, some_of

_MOST_TENSORS = 20_000
"""Of a file that is compared; the largest network has 2,084. It bounds the time that a hostile file takes."""
_MOST_NEAREST = 8
_NEAR_ENOUGH = 0.8
"""Of the likeness of the nearest network, what another one has to have to be compared tensor by tensor."""
_SHOWN = 5
Tensors = Mapping[str, TensorInfo]


def networks_fitting(checkpoint: TensorFile, ema: bool | None = None) -> tuple[ModelSpec, ...]:
    """The networks whose parameters a file has, in the order of the families; reads no values.

    Several networks may have the same parameters, such as those that differ in the size of their images. One that is
    known under two names of the same letters and digits is there once. Where none has them, those are given that have
    them all but for the number of outputs, with the number in the file.

    Parameters
    ----------
    ema
        As for `hubtool.network.layout.check_layout`. A file that needs a choice fits just as well.
    """
    return _networks(checkpoint, ema)[0]


def spec_fitting(checkpoint: TensorFile, ema: bool | None = None) -> ModelSpec:
    """The one network whose parameters are in a file: see `networks_fitting`.

    Raises
    ------
    CheckpointMismatch
        No known network has them; the message names the nearest one and the first tensor that it does not have. Or
        several networks have; the message names them. Or the file holds two sets of weights.
    """
    networks, nearest = _networks(checkpoint, ema)
    if len(networks) > 1:
        names = some_of([with_outputs(spec) for spec in networks], 2 * _SHOWN)
        raise CheckpointMismatch(
            f"{checkpoint.path}: these may be the weights of several networks with the same parameters: {names}",
            hint="say which one it is: --network NAME",
        )
    if networks:
        found = fit(checkpoint.tensors, networks[0], ema)
        if not found.choice:
            return networks[0]
        raise CheckpointMismatch(f"{checkpoint.path}: {found.choice}", hint=found.hint)
    known = f"hubtool knows {known_networks()}"
    if nearest is None:
        first, many = next(iter(checkpoint.tensors)), len(checkpoint.tensors) > _MOST_TENSORS
        said = f"it has {len(checkpoint.tensors):,} tensors" if many else f"none has a tensor called {printable(first)}"
        raise CheckpointMismatch(f"{checkpoint.path}: not the weights of a known network: {said}", hint=known)
    found = fit(checkpoint.tensors, nearest, ema)
    if found.choice:
        raise CheckpointMismatch(f"{checkpoint.path}: {found.choice}", hint=found.hint)
    raise CheckpointMismatch(
        f"{checkpoint.path}: not the weights of a known network: {_first_odd(nearest, found)}", hint=known
    )


def named(checkpoint: TensorFile, spec: ModelSpec, ema: bool | None = None) -> ModelSpec:
    """A network that a user named for a file, with as many outputs as the head in the file has. Reads no values."""
    outputs = fit(checkpoint.tensors, spec, ema).outputs
    return spec if outputs is None else resized(spec, outputs)


def with_outputs(spec: ModelSpec) -> str:
    """The name of a network, with its number of outputs where that is not the published one."""
    published = next((known.num_classes for known in known_specs() if known.name == spec.name), spec.num_classes)
    return spec.name if published == spec.num_classes else f"{spec.name} with {counted(spec.num_classes, 'output')}"


def _networks(checkpoint: TensorFile, ema: bool | None) -> tuple[tuple[ModelSpec, ...], ModelSpec | None]:
    """The networks that fit; where none does, the nearest one, too, if any has a tensor of the file.

    The number of values is compared first: it needs nothing but the specs, and leaves few networks.
    """
    tensors = checkpoint.tensors
    if len(tensors) > _MOST_TENSORS:
        return (), None
    counts = set(_counts(tensors))
    if exact := _fitting(tensors, (spec for spec in known_specs() if spec.parameter_count in counts), ema):
        return exact, None
    if resized := _fitting(tensors, _resized_to(counts), ema):
        return resized, None
    near = _nearest(tensors)
    if exact := _fitting(tensors, near, ema):
        return exact, None
    return _fitting(tensors, _resized(tensors, near, ema), ema), near[0] if near else None


def _fitting(tensors: Tensors, specs: Iterable[ModelSpec], ema: bool | None) -> tuple[ModelSpec, ...]:
    """Those that a file has the parameters of; of two with the same letters and digits in their names, the first."""
    found: dict[str, ModelSpec] = {}
    for spec in specs:
        fitted = fit(tensors, spec, ema)
        if fitted.problems in {(), (fitted.choice,)}:
            found.setdefault(name_key(spec.name), spec)
    return tuple(found.values())


def _resized_to(counts: set[int]) -> Iterator[ModelSpec]:
    """The networks that have one of these numbers of values with another number of outputs."""
    for spec in known_specs():
        each = resized(spec, spec.num_classes + 1).parameter_count - spec.parameter_count
        for count in counts:
            more, odd = divmod(count - spec.parameter_count, each) if each else (0, 1)
            if not odd and spec.num_classes + more > 0:
                yield resized(spec, spec.num_classes + more)


def _resized(tensors: Tensors, specs: Iterable[ModelSpec], ema: bool | None) -> Iterator[ModelSpec]:
    for spec in specs:
        outputs = fit(tensors, spec, ema).outputs
        if outputs is not None:
            yield resized(spec, outputs)


def _counts(tensors: Tensors) -> Iterator[int]:
    """How many values the parameters in a file may have: all in it, and those that no word calls something else."""
    yield sum(tensor.count for tensor in tensors.values())
    others = roles(tensors)
    yield sum(tensor.count for name, tensor in tensors.items() if name not in others)


def _nearest(tensors: Tensors) -> list[ModelSpec]:
    """The networks that share most of their parameters with a file, the nearest first; none where none shares any.

    Names and shapes are compared under what stands around most names that any network has.
    """
    shapes = {spec: family_of(spec).shapes(spec) for spec in known_specs()}
    names = frozenset(chain.from_iterable(shapes.values()))
    whole = joined(tensors, names).tensors
    affix = _around_most(whole, names)
    inside = dict(_within(tensors, affix)) | dict(_within(whole, affix))
    likeness = {spec: _likeness(inside, wanted) for spec, wanted in shapes.items()}
    best = sorted((spec for spec in likeness if likeness[spec]), key=lambda spec: -likeness[spec])[:_MOST_NEAREST]
    return [spec for spec in best if likeness[spec] >= _NEAR_ENOUGH * likeness[best[0]]]


def _around_most(names: Iterable[str], known: frozenset[str]) -> Affix:
    found = Counter(affix for name in names for affix in affixes(name, known.__contains__))
    weights = [affix for affix in found if affix.role is not Role.STATE]
    return max(weights, key=lambda affix: (found[affix], affix == NONE), default=NONE)


def _within(tensors: Tensors, affix: Affix) -> Iterator[tuple[str, Shape]]:
    for name, tensor in tensors.items():
        if name.startswith(affix.before) and name.endswith(affix.after):
            yield name[len(affix.before) : len(name) - len(affix.after)], tensor.shape


def _likeness(found: Mapping[str, Shape], wanted: Mapping[str, Shape]) -> float:
    """What both have, as a part of what either has; from 0 to 1. A shape that differs counts a little."""
    same, alike = len(found.items() & wanted.items()), len(found.keys() & wanted.keys())
    return (same + alike / (1 + len(found) + len(wanted))) / (len(found) + len(wanted) - same)


def _first_odd(nearest: ModelSpec, found: Fit) -> str:
    """The first tensor of a file that the nearest network does not have so, or has and the file has not."""
    there = family_of(nearest).shapes(nearest)
    here = {name: tensor.shape for name, tensor in found.parameters.items()}
    here |= {tensor.name: tensor.shape for tensor in found.unexpected}
    # A tensor of another type is odd, too, although its shape fits.
    odd = next((name for name in (*here, *there) if here.get(name) != there.get(name)), "")
    if not odd:
        return f"nearest is {nearest.name}: {'; '.join(found.problems)}"
    in_file, in_network = (
        f"has the shape {shapes[odd]}" if odd in shapes else "is missing" for shapes in (here, there)
    )
    said = f"{printable(odd)} {in_file}, and in {nearest.name}, which is nearest, it {in_network}"
    return "; ".join([said, *found.layers])
