from __future__ import annotations

import pytest

from hubtool.card.datasets import KNOWN_DATASETS, dataset_key, dataset_named, same_dataset
from hubtool.lint.vocabulary import unknown_datasets


@pytest.mark.parametrize(
    ("name", "key", "split", "images", "num_classes"),
    [
        ("ImageNet2012", "imagenet2012", "validation", 50_000, 1000),
        ("imagenet", "imagenet2012", "validation", 50_000, 1000),
        ("ImageNet-1K", "imagenet2012", "validation", 50_000, 1000),
        ("ILSVRC 2012", "imagenet2012", "validation", 50_000, 1000),
        ("ILSVRC/imagenet-1k", "imagenet2012", "validation", 50_000, 1000),
        ("IN1K", "imagenet2012", "validation", 50_000, 1000),
        ("ImageNet (ILSVRC2012)", "imagenet2012", "validation", 50_000, 1000),
        ("CIFAR10", "cifar10", "test", 10_000, 10),
        ("cifar-100", "cifar100", "test", 10_000, 100),
        ("mnist", "mnist", "test", 10_000, 10),
        ("Fashion_MNIST", "fashionmnist", "test", 10_000, 10),
        ("digits", "digits", "test", 360, 10),
    ],
)
def test_known_datasets(name: str, key: str, split: str, images: int, num_classes: int) -> None:
    known = dataset_named(name)
    assert known is not None
    assert (known.key, known.split, known.images, known.num_classes) == (key, split, images, num_classes)
    assert dataset_key(name) == key


@pytest.mark.parametrize(
    "name",
    [
        "ILSVRC2010",
        "ILSVRC",
        "ImageNet-100",
        "ImageNet-21K",
        "ImageNet-22K",
        "ImageNet-V2",
        "Tiny-ImageNet",
        "mini-ImageNet",
        "Permuted MNIST",
    ],
)
def test_datasets_of_nearly_the_same_name_are_others(name: str) -> None:
    assert dataset_named(name) is None
    assert not any(same_dataset(name, known.key) for known in KNOWN_DATASETS)


def test_datasets_that_are_not_in_the_table_are_known_by_their_key() -> None:
    assert dataset_named("my photographs") is None
    assert dataset_key("My Photographs") == dataset_key("my-photographs") == "myphotographs"
    assert same_dataset("MS COCO", "ms-coco")
    assert not same_dataset("数据一", "数据二")


def test_no_name_is_no_dataset() -> None:
    assert dataset_named(None) is dataset_named("") is None
    assert dataset_key(None) == ""
    assert same_dataset(None, "")
    assert not same_dataset(None, "ImageNet")


def test_no_two_datasets_share_a_name_and_the_linter_knows_all() -> None:
    names = [{dataset_key(name) for name in (known.key, *known.names)} for known in KNOWN_DATASETS]
    assert names == [{known.key} for known in KNOWN_DATASETS]
    assert [
        unknown_datasets(name)
        for known in KNOWN_DATASETS
        for name in (known.key, *known.names)
        if unknown_datasets(name)
    ] == []
