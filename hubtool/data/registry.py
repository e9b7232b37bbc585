"""The dataset that a card's `train-dataset` means, on this machine."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hubtool.data.dataset import Dataset
from hubtool.data.digits import Digits
from hubtool.data.imagefolder import ImageFolder
from hubtool.data.recipe import EvalRecipe

BUILT_IN = {"digits"}


@dataclass(frozen=True, slots=True)
class DataLocations:
    """Where the user keeps datasets.

    Attributes
    ----------
    folders
        Path by dataset key (see `dataset_key`).
    class_names
        Class folder names in the order of the network's outputs, or None to sort the folders.
    """

    folders: Mapping[str, Path] = field(default_factory=dict)
    class_names: Sequence[str] | None = None

    def knows(self, dataset: str) -> bool:
        """Whether a dataset is built in or was given."""
        key = dataset_key(dataset)
        return key in BUILT_IN or key in self.folders


def dataset_key(name: str) -> str:
    """A dataset's name, case and punctuation aside: `ImageNet-2012` and `imagenet2012` are one."""
    return re.sub(r"[^a-z0-9]", "", name.casefold())


def open_evaluation_split(dataset: str, locations: DataLocations, outputs: int, image_size: int) -> Dataset:
    """The split that published figures are about: test for the digits, val for image folders.

    Parameters
    ----------
    dataset
        As the card names it; `locations.knows` it.
    outputs, image_size
        Of the network: number of classes, and side of its square input in pixels.

    Raises
    ------
    NotFound, UsageProblem
        The folder is not there, is empty, or does not fit the network.
    MissingExtra
        A package that reads the dataset is not installed.
    """
    key = dataset_key(dataset)
    if key in locations.folders:
        recipe = EvalRecipe(image_size=image_size)
        return ImageFolder(locations.folders[key], outputs, recipe, locations.class_names)
    return Digits("test", image_size)
