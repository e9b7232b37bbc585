"""The dataset that a card's `train-dataset` means, whatever layout it is kept in on this machine."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hubtool.card.datasets import IMAGENET, dataset_key, dataset_named
from hubtool.data.clutter import clutter_note
from hubtool.data.dataset import SampleDataset
from hubtool.data.guess import most_likely, what_is_there
from hubtool.data.labelspace import LabelSpace
from hubtool.data.layout import Layout, Split
from hubtool.data.layouts import cifar, flatfolder, imagefolder, imagetar, mnist, parquet
from hubtool.data.layouts.digits import Digits
from hubtool.data.locations import BUILT_IN, WHAT_TO_NAME
from hubtool.data.places import folders_in
from hubtool.data.samples import GREYS
from hubtool.data.split import Dataset, left_out_note
from hubtool.data.splitnames import TEST, VALIDATION
from hubtool.data.synsets import known_class_names
from hubtool.data.transform.defaults import default_recipe, rescales
from hubtool.errors import BrokenDataset, NotFound, UsageProblem
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

_ILSVRC_YEAR = re.compile(r"ILSVRC(20[0-9]{2})_")
_NAMED = 5
"""Files and folders that a warning names one by one."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SplitSource:
    """All that is needed to open a split, on this machine or another one: plain values.

    Attributes
    ----------
    dataset
        What messages call it, one of its names.
    path
        Where it is; None for a dataset that is built in.
    class_names
        Class names in the order of the network's outputs, as the user gave them; None to sort the names.
    num_classes
        Classes that the network's labels tell apart: its outputs without those that no label means.
    in_channels
        Colours of the images that the network takes.
    input_size
        Side of its square input, in pixels.
    """

    dataset: str
    path: Path | None
    class_names: tuple[str, ...] | None
    num_classes: int
    in_channels: int
    input_size: int


def open_split(source: SplitSource) -> Dataset:
    """The split that published figures are about: validation for ImageNet, test for CIFAR, MNIST and the digits.

    Images are prepared in MindCV's way with the dataset; the built-in digits have their own.

    Raises
    ------
    NotFound, UsageProblem
        The dataset is missing, its layout is unknown, or it is empty, broken or does not fit the network.
    MissingExtra
        A package that reads the dataset is not installed.
    """
    path = source.path
    if path is None:
        if dataset_key(source.dataset) not in BUILT_IN:
            raise NotFound(f"{source.dataset}: is not built in", hint="--data DATASET=PATH gives it")
        _require_fit(source, channels=GREYS, num_classes=Digits.num_classes)
        return Digits("test", source.input_size)
    if not path.exists():
        raise NotFound(f"{path}: does not exist", hint=WHAT_TO_NAME)
    layout = layout_of(path)
    try:
        split = layout.read(path, _label_space(source))
    except OSError as error:
        raise BrokenDataset(f"{error.filename or path}: cannot be read: {error.strerror or error}") from error
    _require_fit(source, channels=split.channels)
    _require_year(source, split)
    _log.info("%s: %s, %s", path, split.layout, counted(len(split.samples), "image"))
    if split.clutter:
        _log.warning("%s: passed over %s", path, clutter_note(split.clutter))
    if split.left_out:
        _log.warning("%s: skipped %s: %s", path, left_out_note(split.left_out), _named(split.left_out))
    if split.empty_classes:
        empty = counted(len(split.empty_classes), "class folder")
        _log.warning("%s: %s without an image: %s", path, empty, _named(split.empty_classes))
    recipe = default_recipe(source.dataset, source.input_size, split.channels)
    return SampleDataset(split, source.num_classes, recipe, rescale=rescales(source.dataset))


def _require_year(source: SplitSource, split: Split) -> None:
    """Refuse images of another year of ILSVRC than the dataset is of: there are as many of them, and of classes."""
    known = dataset_named(source.dataset)
    first = split.samples[0].name.rpartition("/")[2] if split.samples else ""
    match = _ILSVRC_YEAR.match(first)
    if known is IMAGENET and match and match[1] != "2012":
        raise UsageProblem(
            f"{source.path}: images of ILSVRC{match[1]}, such as {first}: {source.dataset} is that of ILSVRC2012",
            hint="get ILSVRC2012_img_val.tar",
        )


def _label_space(source: SplitSource) -> LabelSpace:
    """What the labels of a split have to fit, with all that is known of its dataset."""
    known = dataset_named(source.dataset)
    splits = (TEST, VALIDATION) if known and known.split == TEST else (VALIDATION, TEST)
    return LabelSpace(source.num_classes, source.class_names, known_class_names(source.dataset), splits)


def layout_of(path: Path) -> Layout:
    """The layout of what is at a path.

    Raises
    ------
    UsageProblem
        hubtool does not know its layout; the hint lists the known ones.
    BrokenDataset
        The system does not let it be looked at.
    """
    try:
        for layout in LAYOUTS:
            if layout.recognises(path):
                return layout
        undecoded = _undecoded(path)
        there, likely = what_is_there(path), most_likely(path)
    except OSError as error:
        raise BrokenDataset(f"{error.filename or path}: cannot be read: {error.strerror or error}") from error
    if undecoded:
        raise UsageProblem(
            f"{path}: no image but {left_out_note(undecoded)}", hint="get the images as they were published"
        )
    known = "; ".join(layout.name for layout in LAYOUTS)
    raise UsageProblem(
        f"{path}: no dataset of a layout that hubtool understands; there is {there}",
        hint=f"{likely}; understood are: {known}" if likely else f"understood are: {known}",
    )


def _named(names: Sequence[str]) -> str:
    return ", ".join(names[:_NAMED]) + (", ..." if len(names) > _NAMED else "")


def _undecoded(path: Path) -> list[str]:
    """Files of images that cannot be decoded, where those that can be would be looked for."""
    places = [place for place in (path, path / "val") if place.is_dir()]
    below = [place / name for place in places for name in folders_in(place)]
    return [name for folder in dict.fromkeys([*places, *below]) for name in imagefolder.undecoded_files(folder)]


def _require_fit(source: SplitSource, *, channels: int, num_classes: int | None = None) -> None:
    if source.in_channels != channels:
        raise UsageProblem(
            f"{source.dataset}: its images are read with {counted(channels, 'channel')}, "
            f"the network takes {counted(source.in_channels, 'channel')}"
        )
    if num_classes is not None and num_classes != source.num_classes:
        raise UsageProblem(f"{source.dataset}: {num_classes} classes for a network with {source.num_classes} outputs")
