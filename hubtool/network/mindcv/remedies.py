"""What MindCV's networks need on this MindSpore, applied from outside.

Each remedy says what is wrong, what it changes, and where it stops being needed. None outlasts the call that needs it,
or reaches beyond the cell it was made for.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

_PUBLISHED_CLASSES = {"mobilenet_v1": 1001}
"""Outputs of published networks, by the begin of their names, where they are not MindCV's default.

MobileNet v1 was trained with the 1,001 outputs of TensorFlow's weights, and labels 0 to 999: output 1,000 means none.
"""
_DEFAULT_CLASSES = 1000


def classes_of(name: str) -> int:
    """Outputs of a network as published."""
    return next((count for start, count in _PUBLISHED_CLASSES.items() if name.startswith(start)), _DEFAULT_CLASSES)


def spare_outputs(name: str) -> int:
    """How many of them, the last ones, no label means."""
    return classes_of(name) - _DEFAULT_CLASSES


def create_for_weights(name: str, num_classes: int) -> Any:
    """As `create`, for whoever sets every parameter: where MindCV's constructor allows it, none is computed before."""
    from mindspore.nn.utils import no_init_parameters

    try:
        with no_init_parameters():
            return create(name, num_classes)
    except RuntimeError:  # some constructors compute with their parameters: ConvNeXt, ConViT, EdgeNeXt
        return create(name, num_classes)


def create(name: str, num_classes: int) -> Any:
    """The cell of MindCV's network of that name, with what it needs to be built and run."""
    import mindcv

    with _ready_initialisers():
        cell = mindcv.create_model(name, num_classes=num_classes)
    if name.startswith("pvt_") and not name.startswith("pvt_v2"):
        _keep_position_embeddings(cell)
    return cell


@contextmanager
def without_values() -> Iterator[None]:
    """Cells built meanwhile have zeros where MindCV's initialisers would have computed values."""
    from mindspore.common.initializer import Initializer

    compute = Initializer.__call__
    Initializer.__call__ = lambda _, array: array.fill(0)
    try:
        yield
    finally:
        Initializer.__call__ = compute


@contextmanager
def _ready_initialisers() -> Iterator[None]:
    """ReXNet's constructor reshapes what an initialiser returns, which MindSpore 2.8 refuses before it has values.

    Meanwhile the initialisers that its module asks for return tensors with values; they are drawn as MindCV says. Not
    needed once MindCV gives its bias initialiser the shape of the bias.
    """
    from mindcv.models import rexnet

    own = rexnet.init
    rexnet.init = SimpleNamespace(
        HeUniform=own.HeUniform, initializer=lambda *arguments: own.initializer(*arguments).init_data()
    )
    try:
        yield
    finally:
        rexnet.init = own


def _keep_position_embeddings(cell: Any) -> None:
    """PVT resizes its position embeddings by an operator that MindSpore 2.8 has not, also to the size they have.

    This cell takes them as they are at the size it was made for, where that is what the resizing gives, and refuses
    another size. Not needed once MindCV resizes by `ops.interpolate`.
    """
    cell._get_pos_embed = _embedding_of_same_size


def _embedding_of_same_size(pos_embed: Any, ph: int, pw: int, height: int, width: int) -> Any:
    if height != ph or width != pw:
        raise ValueError("PVT takes images of the size it was made for only: MindSpore cannot resize its embeddings")
    return pos_embed
