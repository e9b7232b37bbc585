"""Checkpoints with random weights, written without MindSpore."""

from __future__ import annotations

import hashlib
import math
from pathlib import Path

import numpy as np

from hubtool.network.bit.spec import HEAD, parameter_shapes
from hubtool.network.spec import Model, ModelSpec
from tests.checkpoint.proto import entry


def random_checkpoint(spec: ModelSpec) -> bytes:
    """A checkpoint of a BiT network, the same one whenever it is asked for; features neither vanish nor explode."""
    random = np.random.default_rng(0)
    entries = []
    for name, shape in parameter_shapes(spec).items():
        if name.endswith(".gamma"):
            array = random.uniform(0.5, 1.5, shape)
        elif len(shape) == 1:
            array = random.normal(0, 0.1, shape)
        else:
            array = random.normal(0, 1 / math.sqrt(math.prod(shape[1:])), shape)
        array = array * (10 if name.startswith(HEAD) else 1)
        entries.append(entry(name, list(shape), "Float32", array.astype("float32").tobytes()))
    return b"".join(entries)


def random_model(spec: ModelSpec, folder: Path) -> Model:
    """A network with such a checkpoint, in a folder."""
    path = folder / f"{spec.name}.ckpt"
    path.write_bytes(random_checkpoint(spec))
    return Model(spec, path, hashlib.sha256(path.read_bytes()).hexdigest())
