"""From the name of a class in a dataset to the network's output, without guessing."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hubtool.errors import UsageProblem
from hubtool.words import counted

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LabelSpace:
    """What the labels of a dataset have to fit.

    Attributes
    ----------
    num_classes
        Classes the network tells apart.
    class_names
        Names of classes in the order of the outputs, as the user gave them; None to sort the names.
    """

    num_classes: int
    class_names: Sequence[str] | None = None


def numbers_by_name(names: Iterable[str], space: LabelSpace, *, where: str, noun: str = "class") -> dict[str, int]:
    """The output of each class: its place in the user's list, or else among all sorted names.

    Names that are numbers are sorted as text too, as MindCV does it: 10 comes before 2. A warning says so, and where
    the user's list is shorter than the outputs, of which it then names the first.

    Parameters
    ----------
    where
        File or folder that the names come from.
    noun
        What one of them is.

    Raises
    ------
    UsageProblem
        There are not as many names as outputs and no list was given, or the list lacks a name or is too long.
    """
    found = sorted(set(names))
    if space.class_names is not None:
        listed = len(space.class_names)
        said = f"the class list has {counted(listed, 'name')}, the network {counted(space.num_classes, 'output')}"
        if listed > space.num_classes:
            raise UsageProblem(f"{said}: the labels would be wrong", hint="list the names of the outputs, one per line")
        if listed < space.num_classes:
            _log.warning(
                "%s: they are taken to name the first outputs; if an earlier name is missing, labels are wrong", said
            )
        numbers = {name: number for number, name in enumerate(space.class_names)}
        unknown = next((name for name in found if name not in numbers), None)
        if unknown is not None:
            raise UsageProblem(f"{where}: {noun} {unknown} is not in the class list")
        return numbers
    if len(found) != space.num_classes:
        plural = f"{noun}es" if noun.endswith("s") else f"{noun}s"
        raise UsageProblem(
            f"{where}: {len(found)} {noun if len(found) == 1 else plural} for a network with {space.num_classes} "
            "outputs: the labels would be wrong",
            hint="give the class names in the order of the outputs with --classes FILE",
        )
    if all(map(str.isdecimal, found)) and found != sorted(found, key=int):
        _log.warning(
            "%s: the names are numbers, sorted as text as MindCV does: %s; --classes FILE sets another order",
            where,
            ", ".join([*found[:3], "..."]),
        )
    return {name: number for number, name in enumerate(found)}


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
        counted = lowest == 1 and highest == space.num_classes
        raise UsageProblem(
            f"{where}: labels from {lowest} to {highest} for a network with {space.num_classes} outputs",
            hint="the labels start at 1, hubtool expects them to start at 0" if counted else "",
        )
    return list(labels)
