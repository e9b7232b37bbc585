"""How images are preprocessed when nobody says: as MindCV's `create_transforms` does it for the same dataset."""

from __future__ import annotations

from hubtool.card.datasets import dataset_key
from hubtool.data.samples import COLOURS
from hubtool.data.transform.spec import EvalRecipe
from hubtool.errors import UsageProblem

_WHITE = 255
_CIFAR_MEAN, _CIFAR_STD = (0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010)
_MNIST_MEAN, _MNIST_STD = (0.1307,), (0.3081,)
_SMALL = {
    "cifar10": (_CIFAR_MEAN, _CIFAR_STD),
    "cifar100": (_CIFAR_MEAN, _CIFAR_STD),
    "mnist": (_MNIST_MEAN, _MNIST_STD),
}
"""Small square images that are enlarged as they are, by `dataset_key`: mean and standard deviation from 0 to 1."""


def rescales(dataset: str) -> bool:
    """Whether MindCV divides the pixels of a dataset by 255 before it normalises them."""
    return dataset_key(dataset) in _SMALL


def default_recipe(dataset: str, image_size: int, channels: int) -> EvalRecipe:
    """MindCV's recipe for a dataset: of its own for CIFAR and MNIST, else that of ImageNet.

    Parameters
    ----------
    dataset
        As the card names it.
    channels
        Of its images.

    Raises
    ------
    UsageProblem
        MindCV has none for grey images of this name.
    """
    small = _SMALL.get(dataset_key(dataset))
    if small and len(small[0]) == channels:
        mean, std = (tuple(value * _WHITE for value in values) for values in small)
        return EvalRecipe(image_size, crop_pct=1.0, mean=mean, std=std)
    if channels != COLOURS:
        raise UsageProblem(f"{dataset}: no preprocessing is known for its grey images", hint="only mnist has a default")
    return EvalRecipe(image_size)
