"""Datasets that everyone has in the same form: their names, and the split that published figures are about."""

from __future__ import annotations

from dataclasses import dataclass

from hubtool.card.names import name_key
from hubtool.words import counted


@dataclass(frozen=True, slots=True)
class KnownDataset:
    """A dataset, and the split of it that figures are about.

    Attributes
    ----------
    key
        What it goes by in `--data KEY=PATH` and HUBTOOL_DATA_KEY; also one of its names.
    title
        As in `the ImageNet-1k validation split`.
    names
        How cards write it. Case and punctuation do not matter.
    num_classes
        Number of classes.
    split
        Name of the split that figures are about.
    images
        Number of images in that split.
    """

    key: str
    title: str
    names: tuple[str, ...]
    num_classes: int
    split: str
    images: int

    def note(self, images: int) -> str:
        """What to say when a figure of this dataset was measured on so many images; empty when that is all of them."""
        if images == self.images:
            return ""
        return f"the {self.title} {self.split} split has {counted(self.images, 'image')}"


IMAGENET = KnownDataset(
    "imagenet2012",
    "ImageNet-1k",
    (
        *("ImageNet2012", "ImageNet", "ImageNet-1K", "ILSVRC2012"),
        *(
            "ImageNet-2012-1K",
            "ImageNet-1000",
            "IN-1K",
            "ImageNet ILSVRC2012",
            "ILSVRC2012 ImageNet",
            "ILSVRC/imagenet-1k",
        ),
    ),
    num_classes=1000,
    split="validation",
    images=50_000,
)
MNIST = KnownDataset("mnist", "MNIST", ("MNIST",), num_classes=10, split="test", images=10_000)
DIGITS = KnownDataset("digits", "digits", ("Digits",), num_classes=10, split="test", images=360)
KNOWN_DATASETS = (
    IMAGENET,
    KnownDataset("cifar10", "CIFAR-10", ("CIFAR-10",), num_classes=10, split="test", images=10_000),
    KnownDataset("cifar100", "CIFAR-100", ("CIFAR-100",), num_classes=100, split="test", images=10_000),
    MNIST,
    KnownDataset("fashionmnist", "Fashion-MNIST", ("Fashion-MNIST",), num_classes=10, split="test", images=10_000),
    DIGITS,
)
"""ImageNet-21K, ImageNet-V2 and Tiny-ImageNet are other datasets than ImageNet: they must never be among its names."""

_BY_NAME = {name_key(name): known for known in KNOWN_DATASETS for name in (known.key, *known.names)}


def dataset_named(name: str | None) -> KnownDataset | None:
    """The dataset that a name means, as a card or a user writes it; None for one that is not in the table."""
    return _BY_NAME.get(name_key(name or ""))


def dataset_key(name: str | None) -> str:
    """The same text for every name of one dataset: `imagenet2012` for ImageNet-1K; for other datasets, the name's key.

    Empty where the name is, see `hubtool.card.names.name_key`.
    """
    known = dataset_named(name)
    return known.key if known else name_key(name or "")


def keys_of(name: str) -> tuple[str, ...]:
    """The keys of all names that mean the same dataset, the one of `dataset_key` first."""
    known = dataset_named(name)
    names = (known.key, *known.names) if known else (name,)
    return tuple(dict.fromkeys(map(name_key, names)))


def same_dataset(one: str | None, other: str | None) -> bool:
    """Whether two names mean one dataset; no name means only the same as no name."""
    return dataset_key(one) == dataset_key(other)
