"""The dataset that a card's `train-dataset` means, whatever layout it is kept in on this machine."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from hubtool.data import cifar, flatfolder, imagefolder, imagetar, mnist, parquet
from hubtool.data.classes import Expected
from hubtool.data.dataset import Dataset, left_out_note
from hubtool.data.defaults import default_recipe, rescales
from hubtool.data.digits import CLASSES as DIGIT_CLASSES
from hubtool.data.digits import Digits
from hubtool.data.layout import Layout
from hubtool.data.locations import DataLocations
from hubtool.data.recipe import EvalRecipe
from hubtool.data.samples import GREYS, SampleDataset
from hubtool.errors import BrokenDataset, UsageProblem
from hubtool.words import counted

LAYOUTS = (
    mnist.LAYOUT,
    cifar.LAYOUT,
    parquet.LAYOUT,
    imagefolder.LAYOUT,  # before flat folders: images beside the class folders do not count, as in MindCV
    flatfolder.LAYOUT,
    imagetar.LAYOUT,
)
"""Every way to keep a dataset that hubtool understands, in the order in which they are tried."""

_NAMED = 5
"""Files and folders that a warning names one by one."""
_log = logging.getLogger(__name__)


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


def open_evaluation_split(
    dataset: str, locations: DataLocations, network: NetworkInput, recipe: EvalRecipe | None = None
) -> Dataset:
    """The split that published figures are about: validation for ImageNet, test for CIFAR, MNIST and the digits.

    Parameters
    ----------
    dataset
        As the card names it; `locations.knows` it.
    network
        What the network takes and tells apart.
    recipe
        How images become the network's input; None for MindCV's way with the dataset. The built-in digits have their
        own.

    Raises
    ------
    NotFound, UsageProblem
        Nothing is there, its layout is unknown, it is empty, broken or does not fit the network.
    MissingExtra
        A package that reads the dataset is not installed.
    """
    path = locations.path_of(dataset)
    if path is None:
        _require_fit(dataset, network, channels=GREYS, classes=DIGIT_CLASSES)
        return Digits("test", network.image_size)
    layout = layout_of(path)
    try:
        split = layout.read(path, Expected(network.num_classes, locations.class_names))
    except OSError as error:
        raise BrokenDataset(f"{error.filename or path}: cannot be read: {error.strerror or error}") from error
    _require_fit(dataset, network, channels=split.channels)
    _log.info("%s: %s, %s", path, split.layout, counted(len(split.samples), "image"))
    if split.left_out:
        _log.warning("%s: left out: %s: %s", path, left_out_note(split.left_out), _named(split.left_out))
    if split.empty_classes:
        empty = counted(len(split.empty_classes), "class folder")
        _log.warning("%s: %s without an image: %s", path, empty, _named(split.empty_classes))
    recipe = recipe or default_recipe(dataset, network.image_size, split.channels)
    return SampleDataset(split, network.num_classes, recipe, rescale=rescales(dataset))


def layout_of(path: Path) -> Layout:
    """The layout of what lies at a path.

    Raises
    ------
    UsageProblem
        It is none that hubtool understands; the hint lists those.
    BrokenDataset
        The system does not let it be looked at.
    """
    try:
        for layout in LAYOUTS:
            if layout.recognises(path):
                return layout
        undecoded = _undecoded(path)
    except OSError as error:
        raise BrokenDataset(f"{error.filename or path}: cannot be read: {error.strerror or error}") from error
    if undecoded:
        raise UsageProblem(
            f"{path}: no image but {left_out_note(undecoded)}", hint="get the images as they were published"
        )
    known = "; ".join(layout.name for layout in LAYOUTS)
    raise UsageProblem(f"{path}: no dataset of a layout that hubtool understands", hint=f"understood are: {known}")


def _named(names: Sequence[str]) -> str:
    return ", ".join(names[:_NAMED]) + (", ..." if len(names) > _NAMED else "")


def _undecoded(path: Path) -> list[str]:
    """Files of images that cannot be decoded, where those that can be would be looked for."""
    places = [place for place in (path, path / "val") if place.is_dir()]
    below = [folder for place in places for folder in sorted(place.iterdir()) if folder.is_dir()]
    return [name for folder in dict.fromkeys([*places, *below]) for name in imagefolder.undecoded_files(folder)]


def _require_fit(dataset: str, network: NetworkInput, *, channels: int, classes: int | None = None) -> None:
    if network.in_channels != channels:
        raise UsageProblem(
            f"{dataset}: its images are read with {counted(channels, 'channel')}, "
            f"the network takes {counted(network.in_channels, 'channel')}"
        )
    if classes is not None and classes != network.num_classes:
        raise UsageProblem(f"{dataset}: {classes} classes for a network with {network.num_classes} outputs")
