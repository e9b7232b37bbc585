from __future__ import annotations

import numpy as np
import pytest

from hubtool.data.layouts import digits
from hubtool.data.layouts.digits import TRAIN_IMAGES, Digits

datasets = pytest.importorskip("sklearn.datasets")


def test_the_split_is_fixed_and_complete() -> None:
    train, test = Digits("train", 32), Digits("test", 32)
    assert (len(train), len(test)) == (1437, 360)
    target = datasets.load_digits().target
    assert np.concatenate([train.labels, test.labels]).tolist() == target.tolist()


def test_images_are_enlarged_bilinearly_and_scaled() -> None:
    original = datasets.load_digits().images[TRAIN_IMAGES]
    image = Digits("test", 32).images[0, 0]
    assert image.shape == (32, 32)
    assert image.dtype == np.float32
    assert -1 <= image.min() <= image.max() <= 1
    assert np.allclose(Digits("test", 8).images[0, 0], original / 8 - 1)
    # Pixel 5 of 32 has its centre at 5.5/4 - 0.5 = 0.875 of the original's pixels.
    assert np.isclose(image[0, 5], (0.125 * original[0, 0] + 0.875 * original[0, 1]) / 8 - 1)
    assert np.isclose(image[0, 0], original[0, 0] / 8 - 1)


def test_batches_keep_the_order_asked_for() -> None:
    data = Digits("test", 8)
    batches = list(data.batches([5, 3, 8], batch_size=2))
    assert [len(batch.labels) for batch in batches] == [2, 1]
    assert np.concatenate([batch.labels for batch in batches]).tolist() == data.labels[[5, 3, 8]].tolist()
    assert (batches[1].images[0] == data.images[8]).all()


def test_names_tell_the_place_in_the_file() -> None:
    names = Digits("test", 8).names
    assert (names[0], names[-1], len(set(names))) == ("digits/0001437", "digits/0001796", 360)


@pytest.mark.parametrize("file", ["datasets/data/digits.csv.gz", "moved/elsewhere.csv.gz"])
def test_images_are_those_of_scikit_learn_wherever_it_keeps_them(monkeypatch: pytest.MonkeyPatch, file: str) -> None:
    monkeypatch.setattr(digits, "_FILE", file)
    images, labels = digits._all_digits()
    loaded = datasets.load_digits()
    assert (images == loaded.images).all()
    assert (labels == loaded.target).all()
    assert (images.dtype, labels.dtype) == (np.uint8, np.int32)
