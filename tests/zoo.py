"""Checkpoints of MindCV's networks with random weights, written by MindSpore in a process of its own.

Nobody publishes weights that tests may carry. Plain random ones show little: batch statistics that no image gave, or
scales that begin at zero, make a network that answers every image alike. So constant parameters are perturbed, batch
statistics are those of images, and the head is moved and scaled until logits differ as a trained network's do.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

_IMAGES = 4
_SPREAD = 2.0
"""Standard deviation of the logits of one image."""
_MOST = 20.0
"""No head is scaled by more: it would scale rounding, too."""


def zoo_checkpoint(name: str, folder: Path, num_classes: int = 1000, side: int = 224, seed: int = 0) -> Path:
    """Write `NAME.ckpt` into a folder; the same one whenever it is asked for.

    Parameters
    ----------
    name
        As MindCV's registry has it.
    side
        Height and width of the images that the statistics come from: those that the network takes.
    """
    path = folder / f"{name}.ckpt"
    command = [sys.executable, "-m", "tests.zoo", name, str(path), str(num_classes), str(side), str(seed)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=Path(__file__).parents[1])
    assert done.returncode == 0, done.stderr
    return path


def pictures(count: int, side: int, seed: int = 0) -> Any:
    """Images that differ as photographs do, in colours, contrast and coarse shapes: (count, 3, side, side) float32."""
    import numpy as np

    random = np.random.default_rng(seed)
    coarse = random.normal(size=(count, 3, 8, 8)).repeat(-(-side // 8), 2).repeat(-(-side // 8), 3)[..., :side, :side]
    colours = random.normal(size=(count, 3, 1, 1))
    contrast = random.uniform(0.3, 1.2, (count, 1, 1, 1))
    fine = random.normal(0, 0.3, (count, 3, side, side))
    return (colours + contrast * (coarse + fine)).astype("float32")


def create(name: str, num_classes: int) -> Any:
    """MindCV's own network, in evaluation mode, with its initial weights.

    Two networks that do not work as they are get what makes them do so, and nothing else; it is not hubtool's remedy.
    """
    import mindcv

    with _without_initialisation() if name.startswith("rexnet") else nullcontext():
        network = mindcv.create_model(name, num_classes=num_classes)
    if name.startswith("pvt_") and "v2" not in name:  # resizes its position embedding even to the size that it has
        network._get_pos_embed = lambda embedding, *_: embedding
    network.set_train(False)
    return network


@contextmanager
def _without_initialisation() -> Iterator[None]:
    """ReXNet reads weights that have no values yet."""
    from mindcv.models.rexnet import ReXNetV1

    own, ReXNetV1._initialize_weights = ReXNetV1._initialize_weights, lambda _: None
    try:
        yield
    finally:
        ReXNetV1._initialize_weights = own


def _write(name: str, path: str, num_classes: int, side: int, seed: int) -> None:
    import mindspore
    import numpy as np

    mindspore.set_seed(seed)
    random = np.random.default_rng(seed)
    network = create(name, num_classes)
    parameters = network.parameters_dict()
    for parameter in parameters.values():
        if parameter.requires_grad:
            _perturb(parameter, random)
    images = mindspore.Tensor(pictures(_IMAGES, side, seed))
    for _, cell in network.cells_and_names():
        if hasattr(cell, "moving_variance"):
            cell.register_forward_pre_hook(_take_statistics)
    logits = network(images).asnumpy()
    head = [one for one in parameters.values() if one.requires_grad and one.shape[:1] == (num_classes,)]
    biases = [one for one in head if len(one.shape) == 1]
    for bias in biases:
        _set(bias, bias.asnumpy() - logits.mean(0))
    logits = network(images).asnumpy()
    scale = min(_MOST, _SPREAD / logits.std(1).mean())
    for parameter in head:
        _set(parameter, parameter.asnumpy() * scale)
    entries = [{"name": key, "data": parameter} for key, parameter in parameters.items()]
    mindspore.save_checkpoint(entries, path)


def _perturb(parameter: Any, random: Any) -> None:
    values = parameter.asnumpy()
    if values.size > 1 and values.min() != values.max():
        return
    about_one = bool(values.size) and bool(values.ravel()[0] == 1)
    _set(parameter, random.uniform(0.8, 1.2, values.shape) if about_one else random.normal(0, 0.1, values.shape))


def _take_statistics(cell: Any, inputs: Any) -> None:
    features = inputs[0].asnumpy()
    axes = tuple(axis for axis in range(features.ndim) if axis != 1)
    _set(cell.moving_mean, features.mean(axes))
    _set(cell.moving_variance, features.var(axes) + 1e-3)


def _set(parameter: Any, values: Any) -> None:
    import mindspore

    parameter.set_data(mindspore.Tensor(values.astype(parameter.asnumpy().dtype)))


if __name__ == "__main__":
    _write(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:]))
