"""Outputs of classes whose names are listed, by the user or by hubtool; names that do not fit are named."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from hubtool.data.clutter import shown
from hubtool.data.naming import alike, look_alikes, numbers_in
from hubtool.data.synsets import are_synsets, synset_in
from hubtool.errors import UsageProblem
from hubtool.words import counted, some_of

CLASSES_HINT = "give the class names in the order of the outputs with --classes FILE"
"""What to do about names whose order is not certain."""
_SUBSET = 0.5
"""With at most this part of the known classes, the others were hardly lost: it is a subset, such as Imagenette."""
_log = logging.getLogger(__name__)


def numbers_by_list(found: list[str], listed: Sequence[str], outputs: int, where: str, noun: str) -> dict[str, int]:
    """The places of names in the user's list, and of all others in it.

    Blanks around a name do not matter, nor does whether its characters are composed or decomposed. A warning says so
    where the list is shorter than the outputs, of which it then names the first.

    Raises
    ------
    UsageProblem
        The list lacks a name, or is longer than the outputs.
    """
    said = f"the class list has {counted(len(listed), 'name')}, the network {counted(outputs, 'output')}"
    if len(listed) > outputs:
        raise UsageProblem(f"{said}: the labels would be wrong", hint="list the names of the outputs, one per line")
    if len(listed) < outputs:
        _log.warning(
            "%s: they are taken to name the first outputs; if an earlier name is missing, labels are wrong", said
        )
    exact = {name: number for number, name in enumerate(listed)}
    twins = set(look_alikes(listed))
    loose = {alike(name): number for name, number in exact.items() if name not in twins}
    numbers = {name: exact.get(name, loose.get(alike(name))) for name in found}
    unknown = [name for name, number in numbers.items() if number is None]
    if unknown:
        raise UsageProblem(
            f"{where}: {noun} {shown(unknown)[0]} is not in the class list"
            + (f", nor are {len(unknown) - 1:,} more" if len(unknown) > 1 else ""),
            hint="the list holds the names as the dataset has them, in the order of the outputs",
        )
    return exact | {name: number for name, number in numbers.items() if number is not None}


def numbers_of_known(found: list[str], expected: Sequence[str], where: str, noun: str) -> dict[str, int]:
    """The places among the names that a dataset's classes are known to have.

    A small part of them is a subset, and a warning says so; if most of them are there, the others are missing.

    Raises
    ------
    UsageProblem
        Names are missing or foreign: both are listed.
    """
    outputs = len(expected)
    numbers = numbers_in(found)
    if numbers is not None and sorted(numbers) == list(range(outputs)) and not are_synsets(found):
        return dict(zip(found, numbers, strict=True))
    synsets = {name: synset_in(name) or name for name in found}
    places = {name: number for number, name in enumerate(expected)}
    missing = sorted(places.keys() - synsets.values())
    foreign = [name for name in found if synsets[name] not in places]
    if not missing and len(found) == outputs:
        return {name: places[synset] for name, synset in synsets.items()}
    if found and not foreign and len(found) <= outputs * _SUBSET:
        _log.warning("%s: a subset, %d of the %d classes of ILSVRC2012", where, len(found), outputs)
        return {name: places[synset] for name, synset in synsets.items()}
    first = misfit(found, outputs, where, noun)
    if len(found) == outputs:
        first = f"{where}: {outputs:,} {plural(noun)}, but not those of ILSVRC2012: the labels would be wrong"
    parts = [f"missing are {len(missing):,} of its synsets: {some_of(missing)}"] if missing else []
    if foreign:
        odd_first = sorted(foreign, key=lambda name: bool(synset_in(name)))
        parts.append(f"foreign to it are {len(foreign):,}: {some_of(shown(odd_first))}")
    if not foreign and len(found) > outputs:
        twice = [name for name in found if name not in places]
        parts.append(f"twice there are {some_of(shown(twice))}")
    raise UsageProblem("; ".join([first, *parts]), hint=CLASSES_HINT)


def misfit(found: Sequence[str], outputs: int, where: str, noun: str) -> str:
    """That there are not as many names as outputs, for a message."""
    return f"{where}: {counted_nouns(found, noun)} for a network with {outputs} outputs: the labels would be wrong"


def counted_nouns(names: Sequence[str], noun: str) -> str:
    """How many names there are: `2 class folders`."""
    return f"{len(names)} {noun if len(names) == 1 else plural(noun)}"


def plural(noun: str) -> str:
    """As in `classes`."""
    return f"{noun}es" if noun.endswith("s") else f"{noun}s"
