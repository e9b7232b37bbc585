"""From the name of a class in a dataset to the network's output, without guessing."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from hubtool.data.classlists import CLASSES_HINT, counted_nouns, misfit, numbers_by_list, numbers_of_known, plural
from hubtool.data.clutter import shown
from hubtool.data.naming import (
    alike,
    intruders,
    look_alikes,
    odd_names,
    order_depends_on_encoding,
    ordered,
)
from hubtool.errors import UsageProblem
from hubtool.words import some_of

_log = logging.getLogger(__name__)
_WHOLE = re.compile(r"([+-]?[0-9]{1,9})(?:\.0*)?")
_BACKGROUND_HINT = (
    "the network may have a background class before the 1,000: list it and the synsets, in this order, with --classes "
    "FILE"
)


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

    @property
    def has_background(self) -> bool:
        """Whether the network has one output more than the dataset is known to have classes."""
        return bool(self.known_names) and self.num_classes == len(self.known_names or ()) + 1

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
        no class of the dataset, or looks like none; two look the same; or the names are numbered in part only. Odd
        names are listed.
    """
    found = sorted(set(names))
    if space.class_names is not None:
        return numbers_by_list(found, space.class_names, space.num_classes, where, noun)
    if twins := look_alikes(found):
        raise UsageProblem(
            f"{where}: {plural(noun)} that only differ in blanks or in how their characters are encoded: "
            f"{', '.join(map(ascii, twins[:4]))}",
            hint="put the images of one class in one place",
        )
    if space.expected_names is not None:
        return numbers_of_known(found, space.expected_names, where, noun)
    if len(found) != space.num_classes:
        odd, first = odd_names(found), misfit(found, space.num_classes, where, noun)
        if space.has_background:
            raise UsageProblem(first, hint=_BACKGROUND_HINT)
        listed = f"; unlike the others: {some_of(shown(odd))}" if odd else ""
        raise UsageProblem(first + listed, hint=CLASSES_HINT)
    if odd := intruders(found):
        raise UsageProblem(
            f"{where}: {counted_nouns(odd, noun)} unlike the others: {some_of(shown(odd))}: if one is no class, the "
            "labels would be wrong",
            hint=f"remove what is no class, or {CLASSES_HINT}",
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
    if lowest == 0 and space.has_background:
        _log.warning(
            "%s: labels from %d to %d for a network with %s outputs: if output 0 is a background class, all of them "
            "are wrong by one",
            *(where, lowest, highest, f"{space.num_classes:,}"),
        )
    if lowest == 1:
        _log.warning("%s: no label is 0: if the labels are counted from 1, all of them are wrong by one", where)
    return list(labels)


def labels_from(values: Sequence[str], space: LabelSpace, *, where: str) -> list[int]:
    """Labels as a table has them: numbers of outputs (`3`, `003`, `3.0`) where all are whole, else names of classes.

    Numbers that are all in the user's list of classes are names. Names that a dataset's classes are known to have need
    not be all of them: they tell the output. Raises UsageProblem, as the other functions do.
    """
    values = [alike(value) for value in values]
    listed = space.class_names is not None and {alike(name) for name in space.class_names}.issuperset(values)
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


def _in_order(found: list[str], where: str, noun: str) -> list[str]:
    order = ordered(found)
    if order is None:
        raise UsageProblem(
            f"{where}: {plural(noun)} that are numbered in part, or several alike: their order is not certain",
            hint=CLASSES_HINT,
        )
    if order.by_number:
        _log.warning(
            "%s: the names are numbered, outputs are in the order of the numbers, not of text: %s; --classes FILE sets "
            "another order",
            where,
            ", ".join([*shown(order.names[:3]), "..."]),
        )
    elif order_depends_on_encoding(order.names):
        _log.warning(
            "%s: outputs are in the order of the names as text, and composed and decomposed characters (NFC, NFD) "
            "order them differently; --classes FILE sets another order",
            where,
        )
    if order.doubtful:
        _log.warning(
            "%s: outputs are in the order of the names as text: %s comes before %s; --classes FILE sets another order",
            where,
            *shown(order.doubtful),
        )
    return order.names
