"""From the name of a class in a dataset to the network's output, without guessing."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from hubtool.data.clutter import shown
from hubtool.data.naming import intruders, numbers_in, odd_names, ordered
from hubtool.data.synsets import are_synsets, synset_in
from hubtool.errors import UsageProblem
from hubtool.words import counted, some_of

_log = logging.getLogger(__name__)
_WHOLE = re.compile(r"([+-]?[0-9]{1,9})(?:\.0*)?")
_CLASSES_HINT = "give the class names in the order of the outputs with --classes FILE"


@dataclass(frozen=True, slots=True)
class LabelSpace:
    """What the labels of a dataset have to fit.

    Attributes
    ----------
    num_classes
        Classes the network tells apart.
    class_names
        Names of classes in the order of the outputs, as the user gave them; None to sort the names.
    known_names
        The names of the dataset's classes in that order, where hubtool knows them: then no others are accepted, for a
        network that has as many outputs.
    splits
        The splits that figures of the dataset are about, the best one first.
    """

    num_classes: int
    class_names: Sequence[str] | None = None
    known_names: Sequence[str] | None = None
    splits: Sequence[str] = ("validation", "test")

    @property
    def expected_names(self) -> Sequence[str] | None:
        """The names that the classes must have; None where any will do."""
        known = self.known_names
        return known if self.class_names is None and known and len(known) == self.num_classes else None

    def preferring(self, split: str) -> LabelSpace:
        """The same with a split as the best one, where figures can be about it."""
        if split not in self.splits:
            return self
        return replace(self, splits=(split, *(other for other in self.splits if other != split)))


def numbers_by_name(names: Iterable[str], space: LabelSpace, *, where: str, noun: str = "class") -> dict[str, int]:
    """The output of each class: its place in the user's list, or else among all names in their order.

    That order is the one of the numbers where names are numbered throughout, otherwise that of text. A warning says so
    where the two differ, and where the user's list is shorter than the outputs, of which it then names the first.

    Parameters
    ----------
    where
        File or folder that the names come from.
    noun
        What one of them is.

    Raises
    ------
    UsageProblem
        There are not as many names as outputs and no list was given, or the list lacks a name or is too long; one is
        no class of the dataset, or looks like none; or the names are numbered in part only. Odd names are listed.
    """
    found = sorted(set(names))
    if space.class_names is not None:
        return _numbers_by_list(found, space.class_names, space.num_classes, where, noun)
    if space.expected_names is not None:
        return _numbers_of_known(found, space.expected_names, where, noun)
    if len(found) != space.num_classes:
        odd = odd_names(found)
        listed = f"; unlike the others: {some_of(shown(odd))}" if odd else ""
        raise UsageProblem(_misfit(found, space.num_classes, where, noun) + listed, hint=_CLASSES_HINT)
    if odd := intruders(found):
        raise UsageProblem(
            f"{where}: {_counted(odd, noun)} unlike the others: {some_of(shown(odd))}: if one is no class, the labels "
            "would be wrong",
            hint=f"remove what is no class, or {_CLASSES_HINT}",
        )
    return {name: number for number, name in enumerate(_in_order(found, where, noun))}


def checked_numbers(labels: Sequence[int], space: LabelSpace, *, where: str) -> list[int]:
    """Labels that already are numbers of outputs.

    Raises
    ------
    UsageProblem
        One is not below the number of outputs, or a class list was given, which would number them differently.
    """
    if space.class_names is not None:
        raise UsageProblem(
            f"{where}: the labels are numbers of outputs, a class list does not apply to them",
            hint="drop --classes, or use a dataset whose labels are names",
        )
    lowest, highest = min(labels, default=0), max(labels, default=0)
    if lowest == -1:
        raise UsageProblem(f"{where}: label -1: the split has no labels", hint="use the validation split")
    if lowest < 0 or highest >= space.num_classes:
        from_one = lowest == 1 and highest == space.num_classes
        raise UsageProblem(
            f"{where}: labels from {lowest} to {highest} for a network with {space.num_classes} outputs",
            hint="the labels start at 1, hubtool expects them to start at 0" if from_one else "",
        )
    return list(labels)


def labels_from(values: Sequence[str], space: LabelSpace, *, where: str) -> list[int]:
    """Labels as a table has them: numbers of outputs (`3`, `003`, `3.0`) where all are whole, else names of classes.

    Numbers that are all in the user's list of classes are names. Names that a dataset's classes are known to have need
    not be all of them: they tell the output. Raises UsageProblem, as the other functions do.
    """
    listed = space.class_names is not None and set(space.class_names).issuperset(values)
    numbers = None if listed else whole_numbers(values)
    if numbers is not None:
        return checked_numbers(numbers, space, where=where)
    if not listed and any(map(_is_number, values)) and all(map(_is_number, values)):
        odd = next(value for value in values if whole_numbers([value]) is None)
        raise UsageProblem(f"{where}: label {odd} is not a whole number", hint="labels are numbers from 0, or names")
    known = {name: number for number, name in enumerate(space.expected_names or ())}
    if values and known.keys() >= set(values):
        return [known[value] for value in values]
    by_name = numbers_by_name(values, space, where=where)
    return [by_name[value] for value in values]


def whole_numbers(values: Sequence[str]) -> list[int] | None:
    """The numbers that texts mean; None if one means none, or no whole one."""
    matches = [_WHOLE.fullmatch(value) for value in values]
    return [int(match[1]) for match in matches if match] if all(matches) else None


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True


def _numbers_by_list(found: list[str], listed: Sequence[str], outputs: int, where: str, noun: str) -> dict[str, int]:
    said = f"the class list has {counted(len(listed), 'name')}, the network {counted(outputs, 'output')}"
    if len(listed) > outputs:
        raise UsageProblem(f"{said}: the labels would be wrong", hint="list the names of the outputs, one per line")
    if len(listed) < outputs:
        _log.warning(
            "%s: they are taken to name the first outputs; if an earlier name is missing, labels are wrong", said
        )
    numbers = {name: number for number, name in enumerate(listed)}
    unknown = next((name for name in found if name not in numbers), None)
    if unknown is not None:
        raise UsageProblem(f"{where}: {noun} {shown([unknown])[0]} is not in the class list")
    return numbers


def _numbers_of_known(found: list[str], expected: Sequence[str], where: str, noun: str) -> dict[str, int]:
    """The places among the names that a dataset's classes are known to have, or which names do not fit."""
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
    first = _misfit(found, outputs, where, noun)
    if len(found) == outputs:
        first = f"{where}: {outputs:,} {_plural(noun)}, but not those of ILSVRC2012: the labels would be wrong"
    parts = [f"missing are {len(missing):,} of its synsets: {some_of(missing)}"] if missing else []
    if foreign:
        odd_first = sorted(foreign, key=lambda name: bool(synset_in(name)))
        parts.append(f"foreign to it are {len(foreign):,}: {some_of(shown(odd_first))}")
    if not foreign and len(found) > outputs:
        twice = [name for name in found if name not in places]
        parts.append(f"twice there are {some_of(shown(twice))}")
    raise UsageProblem("; ".join([first, *parts]), hint=_CLASSES_HINT)


def _in_order(found: list[str], where: str, noun: str) -> list[str]:
    order = ordered(found)
    if order is None:
        raise UsageProblem(
            f"{where}: {_plural(noun)} that are numbered in part, or several alike: their order is not certain",
            hint=_CLASSES_HINT,
        )
    if order.by_number:
        _log.warning(
            "%s: the names are numbered, outputs are in the order of the numbers, not of text: %s; --classes FILE sets "
            "another order",
            where,
            ", ".join([*shown(order.names[:3]), "..."]),
        )
    if order.doubtful:
        _log.warning(
            "%s: outputs are in the order of the names as text: %s comes before %s; --classes FILE sets another order",
            where,
            *shown(order.doubtful),
        )
    return order.names


def _misfit(found: Sequence[str], outputs: int, where: str, noun: str) -> str:
    return f"{where}: {_counted(found, noun)} for a network with {outputs} outputs: the labels would be wrong"


def _counted(names: Sequence[str], noun: str) -> str:
    return f"{len(names)} {noun if len(names) == 1 else _plural(noun)}"


def _plural(noun: str) -> str:
    return f"{noun}es" if noun.endswith("s") else f"{noun}s"
