"""The dataset that a card's `train-dataset` means, on this machine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from hubtool.card.names import name_key
from hubtool.data.dataset import Dataset
from hubtool.data.digits import Digits
from hubtool.data.imagefolder import ImageFolder
from hubtool.data.recipe import EvalRecipe
from hubtool.errors import NotFound, UsageProblem

BUILT_IN = {"digits"}
_COLOURS = 3


class NetworkInput(Protocol):
    """What a dataset has to know of a network."""

    @property
    def num_classes(self) -> int:
        """Outputs of the head."""

    @property
    def in_channels(self) -> int:
        """Colours of an image."""

    @property
    def image_size(self) -> int:
        """Side of the square input, in pixels."""


@dataclass(frozen=True, slots=True)
class DataLocations:
    """Where the user keeps datasets.

    Attributes
    ----------
    folders
        Path by dataset key (see `hubtool.card.names.name_key`).
    class_names
        Class folder names in the order of the network's outputs, or None to sort the folders.
    """

    folders: Mapping[str, Path] = field(default_factory=dict)
    class_names: Sequence[str] | None = None

    def knows(self, dataset: str) -> bool:
        """Whether a dataset is built in or was given."""
        key = name_key(dataset)
        return key in BUILT_IN or key in self.folders


def locations_from(given: Sequence[str], classes: Path | None, claimed: Iterable[str]) -> DataLocations:
    """Locations from `DATASET=PATH` words and a file of class names.

    Parameters
    ----------
    claimed
        The datasets that the cards in question name: a location of any other is a mistake.

    Raises
    ------
    UsageProblem
        A word is not of that form, names another dataset, or the file is not a list of names.
    NotFound
        A path does not exist.
    """
    known = {name_key(name): name for name in claimed}
    folders = {}
    for word in given:
        name, equals, path = word.partition("=")
        if not (name and equals and path):
            raise UsageProblem(f"--data {word}: not DATASET=PATH", hint="such as --data imagenet2012=/data/imagenet")
        if name_key(name) not in known:
            named = ", ".join(known.values()) or "no dataset"
            raise UsageProblem(f"--data {word}: no card asked for is about {name}", hint=f"they name {named}")
        if not Path(path).exists():
            raise NotFound(f"--data {word}: {path} does not exist", hint="name the folder that holds val/")
        folders[name_key(name)] = Path(path)
    return DataLocations(folders, _class_names(classes) if classes else None)


def _class_names(path: Path) -> list[str]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise NotFound(f"--classes {path}: no such file", hint="one class folder name a line") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageProblem(f"--classes {path}: {error}", hint="one class folder name a line, UTF-8") from error
    names = [line.strip() for line in lines if line.strip()]
    if len(set(names)) != len(names):
        raise UsageProblem(f"--classes {path}: a name stands in it twice")
    return names


def open_evaluation_split(dataset: str, locations: DataLocations, network: NetworkInput) -> Dataset:
    """The split that published figures are about: test for the digits, val for image folders.

    Parameters
    ----------
    dataset
        As the card names it; `locations.knows` it.
    network
        What the network takes and tells apart.

    Raises
    ------
    NotFound, UsageProblem
        The folder is not there, is empty, or does not fit the network.
    MissingExtra
        A package that reads the dataset is not installed.
    """
    key = name_key(dataset)
    if key in locations.folders:
        if network.in_channels != _COLOURS:
            raise UsageProblem(
                f"{dataset}: image folders are read in colour, the network takes {network.in_channels} channel"
            )
        recipe = EvalRecipe(image_size=network.image_size)
        return ImageFolder(locations.folders[key], network.num_classes, recipe, locations.class_names)
    return Digits("test", network.image_size)
