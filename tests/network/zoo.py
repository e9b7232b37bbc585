"""MindCV's own cells, random weights for them, and images: what the family `mindcv` is compared with."""

from __future__ import annotations

import csv
from typing import Any

from hubtool.network.registry import family_of
from hubtool.network.spec import ModelSpec
from tests.conftest import REPOSITORY

CARDS = REPOSITORY / "tests/network/zoo_cards.csv"


def names_of_cards() -> list[str]:
    """The networks of the hub's 47 cards, but BiT."""
    with CARDS.open(encoding="utf-8", newline="") as file:
        return [row["network"] for row in csv.DictReader(file)]


def random_weights(spec: ModelSpec, seed: int = 0) -> dict[str, Any]:
    """Random parameters under which a network's logits stay in range, index tables aside, which are 0."""
    import numpy as np

    random = np.random.default_rng(seed)
    family, weights = family_of(spec), {}
    dtypes = family.dtypes(spec)
    for name, shape in family.shapes(spec).items():
        dtype = dtypes.get(name, "float32")
        if dtype == "int32":
            values = np.zeros(shape)
        elif name.endswith(("gamma", "moving_variance")):
            values = random.uniform(0.5, 1.5, shape)
        else:
            fan_in = max(1, int(np.prod(shape[1:])))
            values = random.normal(size=shape, scale=fan_in**-0.5 if len(shape) > 1 else 0.1)
        weights[name] = values.astype(dtype)
    return weights


def random_images(spec: ModelSpec, count: int = 1) -> Any:
    """Images (N, C, H, W) as a network sees them, float32."""
    import numpy as np

    shape = (count, spec.in_channels, spec.input_size, spec.input_size)
    return np.random.default_rng(7).normal(size=shape).astype("float32")


def logits(cell: Any, images: Any) -> Any:
    """What a cell answers."""
    import mindspore

    return cell(mindspore.Tensor(images)).asnumpy()
