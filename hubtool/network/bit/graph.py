"""A BiT network as an ONNX graph, from operators that every runtime is fast at.

Kernels are standardised beforehand, so convolutions are plain. Group normalisation is written out: the operator of that
name is slow or missing in CPU runtimes, and its statistics over a reshaped feature map cost a change of layout.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hubtool.extras import require
from hubtool.network.bit.fold import standardised
from hubtool.network.bit.spec import HEAD, NORM_EPSILON, NORM_GROUPS, options_of, standardised_kernels
from hubtool.network.onnx import GraphBuilder, GraphShape, TensorStore
from hubtool.network.spec import ModelSpec

INPUT, OUTPUT = "images", "logits"
_PIXELS = (2, 3)
"""The axes of height and width in (N, C, H, W)."""


def bit_graph(spec: ModelSpec, weights: Mapping[str, Any], shape: GraphShape, store: TensorStore) -> Any:
    """The `ModelProto` of a BiT network: `images` (N, in_channels, side, side) float32 -> `logits` (N, num_classes).

    Parameters
    ----------
    weights
        Parameters as published: name -> array; looked up one at a time.
    store
        Where the graph keeps them.

    Raises
    ------
    MissingExtra
        onnx is not installed.
    """
    return _BitGraph(spec, weights, shape, store).model()


class _BitGraph:
    """One graph under construction; every method takes the name of a feature map and gives that of the next."""

    def __init__(self, spec: ModelSpec, weights: Mapping[str, Any], shape: GraphShape, store: TensorStore):
        self._np = require("numpy", extra="eval", purpose="build a graph")
        self._spec, self._weights, self._shape = spec, weights, shape
        self._standardised = standardised_kernels(spec)
        self._graph = GraphBuilder(store)

    def model(self) -> Any:
        """The whole network."""
        spec, side = self._spec, self._shape.side
        x = self._max_pool(self._convolution(INPUT, "conv1", stride=2, padding=3))
        for stage, units in enumerate(options_of(spec).units):
            for unit in range(units):
                x = self._block(x, f"layer{stage + 1}.{unit}", stride=2 if stage and not unit else 1, projects=not unit)
        x = self._mean(self._activated(x, "gn"), _PIXELS, "pool")
        x = self._convolution(x, HEAD)
        self._graph.node("Flatten", [x], OUTPUT, axis=1)
        inputs, outputs = {INPUT: (spec.in_channels, side, side)}, {OUTPUT: (spec.num_classes,)}
        return self._graph.model(spec.name, inputs, outputs, self._shape.batch)

    def _block(self, x: str, block: str, *, stride: int, projects: bool) -> str:
        """Norm and ReLU before each of the three convolutions; the shortcut starts before them, or after the first."""
        activated = self._activated(x, f"{block}.gn1")
        shortcut = self._convolution(activated, f"{block}.down_sample.0", stride=stride) if projects else x
        residual = self._convolution(activated, f"{block}.conv1")
        residual = self._activated(residual, f"{block}.gn2")
        residual = self._convolution(residual, f"{block}.conv2", stride=stride, padding=1)
        residual = self._convolution(self._activated(residual, f"{block}.gn3"), f"{block}.conv3")
        return self._graph.node("Add", [residual, shortcut], block)

    def _convolution(self, x: str, name: str, *, stride: int = 1, padding: int = 0) -> str:
        """A convolution; only the head has a bias."""
        kernel = self._weights[f"{name}.weight"].astype("float32", copy=False)
        if f"{name}.weight" in self._standardised:
            kernel = standardised(kernel)
        inputs = [x, self._graph.tensor(f"{name}.weight", kernel)]
        if name == HEAD:
            inputs.append(self._graph.tensor(f"{name}.bias", self._vector(f"{name}.bias")))
        attributes = {"kernel_shape": kernel.shape[2:], "strides": [stride] * 2, "pads": [padding] * 4}
        return self._graph.node("Conv", inputs, name, **attributes)

    def _max_pool(self, x: str) -> str:
        """3x3 with stride 2 over a map bordered by zeros.

        Operators border the map by minus infinity. The windows that reach over an edge get their zero afterwards, which
        spares a copy of the largest map of the network.
        """
        before = (self._shape.side - 1) // 2 + 1
        after = (before - 1) // 2 + 1
        least = self._np.full((1, 1, after, after), self._np.finfo("float32").min, "float32")
        reaching_over = [0, -1] if before % 2 else [0]
        least[:, :, reaching_over] = least[:, :, :, reaching_over] = 0
        pooled = self._graph.node("MaxPool", [x], "max_pool", kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4)
        return self._graph.node("Max", [pooled, self._graph.tensor("max_pool.border", least)], "max_pool/bordered")

    def _activated(self, x: str, name: str) -> str:
        """ReLU of the group normalisation of (N, C, H, W), computed as x * scale + shift.

        Both come from the statistics of each channel, which are put together to those of its group: its mean is the
        mean of the means, its variance the mean of the variances plus the variance of the means (the law of total
        variance; channels of a map have equally many pixels). The variance of a channel is taken around its mean, in a
        second pass: a mean square minus a squared mean loses all digits where the mean is large, and is no faster.
        """
        graph, groups = self._graph, NORM_GROUPS
        gamma, beta = self._vector(f"{name}.gamma"), self._vector(f"{name}.beta")
        grouped = (1, groups, len(gamma) // groups)
        per_group, per_map = graph.integers(0, groups, -1), graph.integers(0, len(gamma), 1, 1)

        map_mean = self._mean(x, _PIXELS, f"{name}/map_mean")
        centred = graph.node("Sub", [x, map_mean], f"{name}/centred")
        square = graph.node("Mul", [centred, centred], f"{name}/square")
        map_variance = self._mean(square, _PIXELS, f"{name}/map_variance")

        means = graph.node("Reshape", [map_mean, per_group], f"{name}/means")
        variances = graph.node("Reshape", [map_variance, per_group], f"{name}/variances")
        mean = self._mean(means, (2,), f"{name}/mean")
        apart = graph.node("Sub", [means, mean], f"{name}/apart")
        between = graph.node("Mul", [apart, apart], f"{name}/between")
        variance = self._mean(graph.node("Add", [variances, between], f"{name}/both"), (2,), f"{name}/variance")

        epsilon = graph.tensor("epsilon", self._np.array(NORM_EPSILON, "float32"))
        deviation = graph.node("Sqrt", [graph.node("Add", [variance, epsilon], f"{name}/safe")], f"{name}/deviation")
        scale = graph.node(
            "Div", [graph.tensor(f"{name}.gamma", gamma.reshape(grouped)), deviation], f"{name}/group_scale"
        )
        moved = graph.node("Mul", [mean, scale], f"{name}/moved")
        shift = graph.node("Sub", [graph.tensor(f"{name}.beta", beta.reshape(grouped)), moved], f"{name}/group_shift")

        scaled = graph.node("Mul", [x, graph.node("Reshape", [scale, per_map], f"{name}/scale")], f"{name}/scaled")
        normalised = graph.node("Add", [scaled, graph.node("Reshape", [shift, per_map], f"{name}/shift")], name)
        return graph.node("Relu", [normalised], f"{name}/relu")

    def _mean(self, x: str, axes: tuple[int, ...], name: str) -> str:
        return self._graph.node("ReduceMean", [x, self._graph.integers(*axes)], name, keepdims=1)

    def _vector(self, name: str) -> Any:
        return self._weights[name].astype("float32", copy=False)
