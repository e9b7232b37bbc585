"""Networks with random weights in a file, for measurements that need no trained ones."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from hubtool.asset.intact import hash_file
from hubtool.checkpoint.convert import convert
from hubtool.checkpoint.reader import Checkpoint
from hubtool.checkpoint.safetensors import Safetensors, encode_header
from hubtool.checkpoint.tensors import Extent, TensorInfo
from hubtool.extras import require
from hubtool.files import environment_errors
from hubtool.network.registry import family_of
from hubtool.network.spec import Model, ModelSpec, Shape

_ITEM_BYTES = 4


def random_model(spec: ModelSpec, folder: Path) -> Model:
    """A network whose random weights are written into a folder, the same ones every time.

    Raises
    ------
    MissingExtra
        numpy is not installed.
    EnvironmentProblem
        The folder cannot be written.
    """
    np = require("numpy", extra="eval", purpose="make random weights")
    random = np.random.default_rng(0)
    shapes = family_of(spec).shapes(spec)
    source, target = folder / f"{spec.name}.safetensors", folder / f"{spec.name}.ckpt"
    with environment_errors(folder):
        with source.open("xb") as stream:
            stream.write(encode_header([_described(name, shape) for name, shape in shapes.items()], {}))
            for name, shape in shapes.items():
                stream.write(_values(random, name, shape).astype("<f4").tobytes())
        convert(Safetensors(source), target, Checkpoint.format)
        source.unlink()
    return Model(spec, target, hash_file(target))


def _described(name: str, shape: Shape) -> TensorInfo:
    return TensorInfo(name, "float32", shape, (Extent(0, _ITEM_BYTES * math.prod(shape)),))


def _values(random: Any, name: str, shape: Shape) -> Any:
    """Kernels that neither blow up nor fade what goes through them; factors are about one, what is added about zero."""
    if len(shape) == 1:
        return random.uniform(0.5, 1.5, shape) if name.endswith("gamma") else random.normal(0, 0.2, shape)
    return random.normal(0, 1 / math.sqrt(math.prod(shape[1:])), shape)
