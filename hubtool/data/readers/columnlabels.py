"""Outputs from a column of labels in a typed table, where numbers may come with the names of their classes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hubtool.data.clutter import is_clutter_folder, shown
from hubtool.data.labelspace import LabelSpace, checked_numbers, labels_from, numbers_by_name
from hubtool.data.naming import numbers_in
from hubtool.data.synsets import are_synsets
from hubtool.errors import BrokenDataset, UsageProblem
from hubtool.words import some_of


def column_labels(
    values: Sequence[Any], names: Sequence[str] | None, space: LabelSpace, *, where: str | Path
) -> list[int]:
    """The output of each label.

    Parameters
    ----------
    values
        Whole numbers, also as floats or text, or names of classes.
    names
        Names of the classes by number, where the table has them.

    Raises
    ------
    BrokenDataset
        A label is missing, or neither a number nor a name.
    UsageProblem
        The labels do not fit the network, or count a hidden folder as a class.
    """
    if all(isinstance(value, str) for value in values):
        return labels_from(values, space, where=str(where))
    if not all(isinstance(value, int | float) and math.isfinite(value) and value == int(value) for value in values):
        raise BrokenDataset(f"{where}: labels that are missing, or neither numbers nor names")
    numbers = [int(value) for value in values]
    if names is None:
        return checked_numbers(numbers, space, where=str(where))
    return _named(numbers, names, space, str(where))


def _named(numbers: list[int], names: Sequence[str], space: LabelSpace, where: str) -> list[int]:
    """By the name where names tell the output, else by the number, if there are as many classes as outputs."""
    checked_numbers(numbers, LabelSpace(len(names)), where=where)
    if clutter := [name for name in names if is_clutter_folder(name)]:
        raise UsageProblem(
            f"{where}: a hidden or system folder is one of its classes: {some_of(shown(clutter))}: labels are shifted",
            hint="write the table again without it",
        )
    if space.class_names is not None or are_synsets(names) or numbers_in(names) is not None:
        outputs = numbers_by_name(names, space, where=where)
        return [outputs[names[number]] for number in numbers]
    if len(names) != space.num_classes:
        raise UsageProblem(
            f"{where}: labels of {len(names)} classes for a network with {space.num_classes} outputs: the labels would "
            "be wrong"
        )
    return checked_numbers(numbers, space, where=where)
