"""A graph for any number of images, from graphs for two numbers.

MindSpore writes the number of images into the constants of a graph: into shapes to reshape or broadcast to. Two graphs
of a network for different numbers show where. There the number is read from the images instead. What differs between
the graphs in any other way is not guessed at.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hubtool.extras import require
from hubtool.network.onnx import require_onnx
from hubtool.network.outline import NoGraph

BATCHES = (2, 3)
"""The numbers of images that the two graphs are for: other constants hardly stand in this proportion by chance."""
_COUNT = "images/count"
_N = "N"
_PURPOSE = "export to ONNX"
_MORE = "its graph depends on the number of images in more than shapes"


def batch_free(first: Any, second: Any, images: str) -> Any:
    """The first of two `ModelProto`s, for any number of images.

    Parameters
    ----------
    first, second
        Of one network, for `BATCHES` images; the first one is changed.
    images
        The name of their input.

    Raises
    ------
    NoGraph
        The graphs differ in something else than integers that are proportional to the number.
    """
    onnx, np = require_onnx(_PURPOSE), require("numpy", extra="eval", purpose=_PURPOSE)
    constants, others = _constants(first), _constants(second)
    if _structure(first, constants) != _structure(second, others):
        raise NoGraph(_MORE)
    counting = _Counting(images)
    for (name, tensor), other in zip(constants.items(), others.values(), strict=True):
        here, there = onnx.numpy_helper.to_array(tensor), onnx.numpy_helper.to_array(other)
        if here.dtype != there.dtype or not np.array_equal(here, there):
            counting.replace(name, here, there)
    counting.put_into(first.graph)
    for end in (*first.graph.input, *first.graph.output):
        if end.name == images or end in first.graph.output:
            end.type.tensor_type.shape.dim[0].dim_param = _N
    del first.graph.value_info[:]
    return first


def _constants(model: Any) -> dict[str, Any]:
    """The tensors of a graph by the names that its nodes use, in the order of their use."""
    graph = model.graph
    found = {tensor.name: tensor for tensor in graph.initializer}
    found |= {node.output[0]: node.attribute[0].t for node in graph.node if node.op_type == "Constant"}
    used = dict.fromkeys(name for node in graph.node for name in node.input if name in found)
    return {name: found[name] for name in used}


def _structure(model: Any, constants: Mapping[str, Any]) -> list[object]:
    """What two graphs of one network have in common: operators, attributes, and where their inputs come from."""
    places = {name: f"constant {number}" for number, name in enumerate(constants)}
    rows: list[object] = []
    for node in model.graph.node:
        if node.op_type == "Constant":
            continue
        for output in node.output:
            places[output] = f"result {len(places)}"
        attributes = sorted(attribute.SerializeToString() for attribute in node.attribute)
        rows.append((node.op_type, [places.get(name, name) for name in node.input], attributes))
    return rows


class _Counting:
    """Nodes that compute constants of a graph from the number of its images."""

    def __init__(self, images: str):
        self._onnx, self._np = require_onnx(_PURPOSE), require("numpy", extra="eval", purpose=_PURPOSE)
        self._images = images
        self._replaced: set[str] = set()
        self._nodes: list[Any] = []
        self._tensors: list[Any] = []

    def replace(self, name: str, here: Any, there: Any) -> None:
        """Compute the constant of this name, which has these values in the two graphs. Raises NoGraph."""
        np = self._np
        first, second = BATCHES
        if not here.dtype == there.dtype == np.int64 or here.shape != there.shape:
            raise NoGraph(_MORE)
        varies = here != there
        if (here[varies] * second != there[varies] * first).any() or (here[varies] % first).any():
            raise NoGraph(_MORE)
        self._replaced.add(name)
        slope = self._tensor(f"{name}/slope", np.where(varies, here // first, 0))
        base = self._tensor(f"{name}/base", np.where(varies, 0, here))
        self._nodes.append(self._node("Mul", [slope, _COUNT], f"{name}/part"))
        self._nodes.append(self._node("Add", [base, f"{name}/part"], name))

    def put_into(self, graph: Any) -> None:
        """Give a graph these nodes instead of the constants."""
        if not self._replaced:
            return
        kept = [node for node in graph.node if not (node.op_type == "Constant" and node.output[0] in self._replaced)]
        tensors = [tensor for tensor in graph.initializer if tensor.name not in self._replaced]
        tensors += [*self._tensors, self._onnx.numpy_helper.from_array(self._np.array(0, "int64"), f"{_COUNT}/axis")]
        count = [
            self._node("Shape", [self._images], f"{_COUNT}/shape"),
            self._node("Gather", [f"{_COUNT}/shape", f"{_COUNT}/axis"], _COUNT, axis=0),
        ]
        del graph.node[:], graph.initializer[:]
        graph.node.extend([*count, *self._nodes, *kept])
        graph.initializer.extend(tensors)

    def _tensor(self, name: str, array: Any) -> str:
        self._tensors.append(self._onnx.numpy_helper.from_array(array, name))
        return name

    def _node(self, operator: str, inputs: list[str], output: str, **attributes: Any) -> Any:
        return self._onnx.helper.make_node(operator, inputs, [output], **attributes)
