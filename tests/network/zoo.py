"""Files of weights of MindCV's networks, random weights, images and answers: what the family `mindcv` is compared with."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hubtool.checkpoint.formats import open_weights
from hubtool.checkpoint.safetensors import encode_header
from hubtool.checkpoint.tensors import Extent, TensorFile, TensorInfo
from hubtool.network.registry import family_of
from hubtool.network.spec import ModelSpec, Shape
from tests.conftest import REPOSITORY

CARDS = REPOSITORY / "tests/network/zoo_cards.csv"
_ITEM_BYTES = {"float32": 4, "int32": 4, "float16": 2}


def names_of_cards() -> list[str]:
    """The networks of the hub's 47 cards, but BiT."""
    with CARDS.open(encoding="utf-8", newline="") as file:
        return [row["network"] for row in csv.DictReader(file)]


def file_of(folder: Path, shapes: Mapping[str, Shape], dtypes: Mapping[str, str]) -> TensorFile:
    """`net.safetensors` with zeros that take no room on the disk."""
    tensors = []
    for name, shape in shapes.items():
        dtype = dtypes.get(name, "float32")
        tensors.append(TensorInfo(name, dtype, shape, (Extent(0, _ITEM_BYTES[dtype] * math.prod(shape)),)))
    path = folder / "net.safetensors"
    header = encode_header(tensors, {})
    path.write_bytes(header)
    with path.open("r+b") as file:
        file.truncate(len(header) + sum(tensor.nbytes for tensor in tensors))
    return open_weights(path)


def saved(folder: Path, spec: ModelSpec) -> TensorFile:
    """A network's parameters, all of them 0."""
    family = family_of(spec)
    return file_of(folder, family.shapes(spec), family.dtypes(spec))


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
