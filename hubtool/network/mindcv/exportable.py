"""Operators of MindSpore that its exporter to ONNX does not know, said in operators that it knows.

Formulas, with their epsilons, are those of MindSpore's kernels for CPU. MindSpore parses the source of the functions
that take tensors, so their statements are of the kinds that its parser takes.

Importing this module imports MindSpore: reach it through `hubtool.network.mindcv.decompose`.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from mindspore import Tensor, nn, ops

_SQRT_2 = math.sqrt(2)
_LINEAR = 2 * math.sqrt(2 / math.pi)
_CUBIC = _LINEAR * 0.044715
_interpolate = ops.interpolate
_erf = ops.Softsign()
"""ONNX has Erf, but the exporter does not know that. Softsign, which no network of MindCV has, stands in its place
until `hubtool.network.mindcv.decompose.repaired` renames it."""


def gelu(x: Tensor, approximate: str = "none") -> Tensor:
    """GELU (https://arxiv.org/abs/1606.08415): exact, by erf (CoaT, EdgeNeXt), or approximate, by tanh (others).

    By erf it is x / 2 * (1 + erf(x / sqrt(2))), which runtimes fuse. The exporter knows the approximation
    x / 2 * (1 + tanh(u)), u = sqrt(2 / pi) * (x + 0.044715 * x^3). Written as x * sigmoid(2 * u), which is the same,
    it needs fewer passes, and loses no digits where tanh is near -1.
    """
    if approximate == "tanh":
        return x * ops.sigmoid(x * (x * x * _CUBIC + _LINEAR))
    return x * (_erf(x / _SQRT_2) + 1.0) * 0.5


def hard_swish(primitive: Any) -> Callable[[Any], Any]:
    """Hard swish, x * min(max(x + 3, 0), 6) / 6 (https://arxiv.org/abs/1905.02244). MobileNetV3."""
    del primitive

    def hard_swish(x: Tensor) -> Any:
        return x * (ops.relu6(x + 3.0) / 6.0)

    return hard_swish


def hard_sigmoid(primitive: Any) -> Callable[[Any], Any]:
    """Hard sigmoid, min(max(x + 3, 0), 6) / 6. MobileNetV3."""
    del primitive

    def hard_sigmoid(x: Tensor) -> Any:
        return ops.relu6(x + 3.0) / 6.0

    return hard_sigmoid


def layer_norm(primitive: Any) -> Any:
    """(x - mean) / sqrt(variance + epsilon) * gamma + beta (https://arxiv.org/abs/1607.06450). All transformers.

    The exporter knows the operator, but writes it in a way that runtimes do not recognise; they do recognise this one.
    The variance is the mean square around the mean; only the first of the three results of the operator is given.
    """
    axis, epsilon = primitive.begin_norm_axis, primitive.epsilon
    if axis != -1 or primitive.begin_params_axis != -1:
        return primitive

    def layer_norm(x: Tensor, gamma: Tensor, beta: Tensor) -> Any:
        centred = x - x.mean(axis, keep_dims=True)
        variance = ops.square(centred).mean(axis, keep_dims=True)
        return centred / ops.sqrt(variance + epsilon) * gamma + beta, None, None

    return layer_norm


def group_norm(x: Tensor, num_groups: int, weight: Tensor, bias: Tensor, eps: float = 1e-5) -> Tensor:
    """Mean 0 and variance 1 of each image's groups of channels, then a scale and a shift by channel. PoolFormer.

    https://arxiv.org/abs/1803.08494. The variance is the mean square around the mean.
    """
    groups = ops.reshape(x, (x.shape[0], num_groups, -1))
    centred = groups - groups.mean(2, keep_dims=True)
    variance = ops.square(centred).mean(2, keep_dims=True)
    normal = ops.reshape(centred / ops.sqrt(variance + eps), x.shape)
    by_channel = (1, x.shape[1]) + (1,) * (x.ndim - 2)
    return normal * ops.reshape(weight, by_channel) + ops.reshape(bias, by_channel)


def p_norm(primitive: Any) -> Any:
    """The root of the sum of squares over some axes, at least epsilon. ConvNeXt V2 (https://arxiv.org/abs/2301.00808)."""
    axes, epsilon = tuple(primitive.axis), primitive.epsilon
    if primitive.p != 2 or not primitive.keep_dims:
        return primitive

    def p_norm(x: Tensor) -> Any:
        return ops.maximum(ops.sqrt(ops.square(x).sum(axes, keepdims=True)), epsilon)

    return p_norm


def l2_normalize(axis: int = 0, epsilon: float = 1e-4) -> Callable[[Any], Any]:
    """Length 1 along an axis, x / sqrt(max(sum of squares, epsilon)). EdgeNeXt, Swin V2."""

    def l2_normalize(x: Tensor) -> Any:
        return x / ops.sqrt(ops.maximum(ops.square(x).sum(axis, keepdims=True), epsilon))

    return l2_normalize


def unstack(x: Tensor, axis: int = 0) -> Any:
    """The parts of x along an axis, without that axis. ViT, XCiT."""
    return [ops.squeeze(part, axis) for part in ops.split(x, 1, axis)]


def unstack_along(axis: int) -> Callable[[Any], Any]:
    """The same with its axis given beforehand."""

    def unstack_along(x: Tensor) -> Any:
        return unstack(x, axis)

    return unstack_along


def stack(tensors: Any, axis: int = 0) -> Tensor:
    """Tensors side by side along a new axis; the exporter knows the operator, but not for a list. SKNet."""
    return ops.concat(tuple([ops.expand_dims(tensor, axis) for tensor in tensors]), axis)


def interpolate(
    x: Tensor,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: Any = None,
    recompute_scale_factor: Any = None,
) -> Tensor:
    """Bilinear resizing between aligned corners, which is a linear map of rows and one of columns. CrossViT, CoaT."""
    if mode == "bilinear" and align_corners and size is not None:
        rows, columns = bilinear(x.shape[-2], size[0]), bilinear(x.shape[-1], size[1])
        return ops.matmul(ops.matmul(rows, x), ops.transpose(columns, (1, 0)))
    return _interpolate(x, size, scale_factor, mode, align_corners, recompute_scale_factor)


@ops.constexpr
def bilinear(before: int, after: int) -> Tensor:
    """The map (after, before) from samples on a line to so many others on it; the ends stay where they are."""
    scale = (before - 1) / (after - 1) if after > 1 else 0.0
    at = np.arange(after) * scale
    return Tensor(np.maximum(0, 1 - np.abs(at[:, None] - np.arange(before))).astype("float32"))


class FourierPositions(nn.Cell):
    """Sines and cosines of the positions in a map, projected; constant for a size. XCiT, EdgeNeXt.

    Stands for MindCV's cells `PositionalEncodingFourier`, which count the positions of a map by operators on booleans.
    """

    def construct(self, batch: int, height: int, width: int) -> Tensor:
        positions = fourier_positions(height, width, self.hidden_dim, self.temperature, self.scale)
        projected = self.token_projection(positions)
        return ops.broadcast_to(projected, (batch, self.dim, height, width))


class PartialShortcut(nn.Cell):
    """A block whose input is added to the first channels of its output (https://arxiv.org/abs/2007.00992). ReXNet.

    MindCV's block writes into a part of a tensor, which is exported with the places of every image written out. Here
    the block computes without its shortcut, and the channels are put together again.
    """

    def __init__(self, block: Any):
        super().__init__(auto_prefix=False)
        block.use_shortcut = False
        self.block, self.channels = block, block.in_channels
        self.adds_all = block.in_channels == block.out_channels

    def construct(self, x: Tensor) -> Tensor:
        y = self.block(x)
        if self.adds_all:
            return y + x
        return ops.concat((y[:, : self.channels] + x, y[:, self.channels :]), 1)


@ops.constexpr
def fourier_positions(height: int, width: int, features: int, temperature: float, scale: float) -> Tensor:
    """(1, 2 * features, height, width): the features of the row, then those of the column.

    Position p of n counts from 1 and becomes p / (n + 1e-6) * scale. Features 2i and 2i + 1 are the sine and the cosine
    of this over temperature^(2i / features) (https://arxiv.org/abs/2005.12872, appendix A.4).
    """
    pairs = 2 * (np.arange(features) // 2) / features

    def line(count: int) -> Any:
        angles = (np.arange(count)[:, None] + 1) / (count + 1e-6) * scale / temperature**pairs
        angles[:, 0::2], angles[:, 1::2] = np.sin(angles[:, 0::2]), np.cos(angles[:, 1::2])
        return angles.T

    rows = np.broadcast_to(line(height)[:, :, None], (features, height, width))
    columns = np.broadcast_to(line(width)[:, None, :], (features, height, width))
    return Tensor(np.concatenate([rows, columns])[None].astype("float32"))


FUNCTIONS = {
    "L2Normalize": l2_normalize,
    "gelu": gelu,
    "group_norm": group_norm,
    "interpolate": interpolate,
    "stack": stack,
    "unstack": unstack,
}
"""What networks call by name, as attributes of `mindspore.ops`."""


def exportable(primitive: Any) -> Any:
    """What gives the same as an operator that a network keeps in an attribute; None where the operator may stay."""
    make = _OPERATORS.get(primitive.name)
    return None if make is None else make(primitive)


_OPERATORS: dict[str, Callable[[Any], Any]] = {
    "HSigmoid": hard_sigmoid,
    "HSwish": hard_swish,
    "L2Normalize": lambda primitive: l2_normalize(primitive.axis[0], primitive.epsilon),
    "LayerNorm": layer_norm,
    "LpNorm": p_norm,
    "Unstack": lambda primitive: unstack_along(primitive.axis),
}
