"""Networks in MindSpore, with or without weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hubtool.extras import require_mindspore
from hubtool.network.bit.fold import fold_weight_standardisation
from hubtool.network.bit.spec import Architecture


def build(architecture: Architecture) -> Any:
    """A `mindspore.nn.Cell` with random weights: images (N, C, H, W) float32 -> logits (N, classes) float32.

    Raises
    ------
    MissingExtra
        MindSpore is not installed.
    """
    require_mindspore("build a network")
    from hubtool.network.bit.cells import BiT

    return BiT(architecture)


def build_for_inference(architecture: Architecture, arrays: Mapping[str, Any], *, compiled: bool = False) -> Any:
    """A cell with weights whose kernels were standardised once: same logits, fewer operations, not trainable.

    Parameters
    ----------
    compiled
        For a cell that will run as a graph: see `hubtool.engine.mindspore.MindSporeEngine`.
    """
    require_mindspore("build a network")
    from mindspore import nn

    from hubtool.network.bit.cells import BiT, InferenceGroupNorm, group_norm

    cell = BiT(architecture, convolution=nn.Conv2d, norm=InferenceGroupNorm if compiled else group_norm)
    bind(cell, fold_weight_standardisation(arrays))
    cell.set_train(False)
    return cell


def bind(cell: Any, arrays: Mapping[str, Any]) -> None:
    """Set every parameter of a cell from the array of its name, as float32.

    The arrays have to be those of the cell's architecture: see `hubtool.network.layout.check_layout`.
    """
    from mindspore import Tensor

    for parameter in cell.get_parameters():
        parameter.set_data(Tensor(arrays[parameter.name].astype("float32")))
