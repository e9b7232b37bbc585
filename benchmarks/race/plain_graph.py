"""BiT as an ONNX graph the plain way: GroupNormalization as opset 21 has it, one node for each line of the paper."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hubtool.network.bit.fold import fold_weight_standardisation
from hubtool.network.bit.spec import NORM_EPSILON, NORM_GROUPS, options_of
from hubtool.network.spec import ModelSpec


def plain_graph(spec: ModelSpec, weights: Mapping[str, Any], batch: int) -> bytes:
    """A serialised model: images (batch, C, H, W) float32 -> logits (batch, classes)."""
    return _Graph(fold_weight_standardisation(spec, weights)).model(spec, batch).SerializeToString()


class _Graph:
    def __init__(self, weights: Mapping[str, Any]):
        self._weights = weights
        self._nodes: list[Any] = []
        self._constants: list[Any] = []

    def model(self, spec: ModelSpec, batch: int) -> Any:
        import numpy as np
        from onnx import TensorProto, helper

        pads = self._constant("pads", np.array([0, 0, 1, 1, 0, 0, 1, 1], np.int64))
        x = self._node("Pad", self._convolution("images", "conv1", stride=2), pads)
        x = self._node("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2])
        for stage, units in enumerate(options_of(spec).units, 1):
            for unit in range(units):
                x = self._block(x, f"layer{stage}.{unit}", stride=2 if stage > 1 and unit == 0 else 1)
        x = self._node("GlobalAveragePool", self._normalised(x, "gn"))
        x = self._convolution(x, "classifier", bias=True)
        self._node("Flatten", x, output="logits")
        pixels = [batch, spec.in_channels, spec.input_size, spec.input_size]
        graph = helper.make_graph(
            self._nodes,
            spec.name,
            [helper.make_tensor_value_info("images", TensorProto.FLOAT, pixels)],
            [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [batch, spec.num_classes])],
            self._constants,
        )
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)

    def _block(self, x: str, name: str, stride: int) -> str:
        first = self._normalised(x, f"{name}.gn1")
        projects = f"{name}.down_sample.0.weight" in self._weights
        shortcut = self._convolution(first, f"{name}.down_sample.0", stride=stride) if projects else x
        y = self._normalised(self._convolution(first, f"{name}.conv1"), f"{name}.gn2")
        y = self._normalised(self._convolution(y, f"{name}.conv2", stride=stride), f"{name}.gn3")
        return self._node("Add", self._convolution(y, f"{name}.conv3"), shortcut)

    def _convolution(self, x: str, name: str, *, stride: int = 1, bias: bool = False) -> str:
        inputs = [self._weight(f"{name}.weight"), *([self._weight(f"{name}.bias")] if bias else [])]
        side = self._weights[f"{name}.weight"].shape[2]
        return self._node("Conv", x, *inputs, kernel_shape=[side] * 2, strides=[stride] * 2, pads=[side // 2] * 4)

    def _normalised(self, x: str, name: str) -> str:
        scale, shift = self._weight(f"{name}.gamma"), self._weight(f"{name}.beta")
        x = self._node("GroupNormalization", x, scale, shift, num_groups=NORM_GROUPS, epsilon=NORM_EPSILON)
        return self._node("Relu", x)

    def _weight(self, name: str) -> str:
        return self._constant(name, self._weights[name])

    def _constant(self, name: str, array: Any) -> str:
        from onnx import numpy_helper

        self._constants.append(numpy_helper.from_array(array, name))
        return name

    def _node(self, operator: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        from onnx import helper

        name = output or f"{operator.lower()}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(operator, list(inputs), [name], name=name, **attributes))
        return name
