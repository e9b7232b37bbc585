"""Graphs for any number of images, made of graphs for two numbers."""

from __future__ import annotations

from typing import Any

import pytest

from hubtool.network.mindcv.batchfree import BATCHES, batch_free
from hubtool.network.onnx import require_onnx
from hubtool.network.outline import NoGraph

np = pytest.importorskip("numpy")
onnxruntime = pytest.importorskip("onnxruntime")
onnx = require_onnx("test")


def graph(count: int, shape: list[int], *, constant_node: bool = False, more: Any = None, axis: int = 1) -> Any:
    """Images (count, 4) -> a reshape, `more` added to it if given -> a softmax over an axis."""
    helper = onnx.helper
    constant = onnx.numpy_helper.from_array(np.array(shape, "int64"), "shape")
    nodes, tensors, last = [], [], "reshaped"
    if constant_node:
        nodes.append(helper.make_node("Constant", [], ["shape"], value=constant))
    else:
        tensors.append(constant)
    nodes.append(helper.make_node("Reshape", ["images", "shape"], ["reshaped"]))
    if more is not None:
        tensors.append(onnx.numpy_helper.from_array(more, "more"))
        nodes.append(helper.make_node("Add", ["reshaped", "more"], ["sum"]))
        last = "sum"
    nodes.append(helper.make_node("Softmax", [last], ["logits"], axis=axis))
    ends = [
        [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, size)]
        for name, size in (("images", [count, 4]), ("logits", [count * 4 // shape[-1], shape[-1]]))
    ]
    made = helper.make_graph(nodes, "test", *ends, tensors)
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 11)], ir_version=6)


def rows(count: int) -> Any:
    """(count, 4) float32, each row another."""
    return np.arange(count * 4, dtype="float32").reshape(count, 4)


@pytest.mark.parametrize("constant_node", [False, True])
@pytest.mark.parametrize("width", [2, 4])
def test_a_shape_follows_the_number_of_images(width: int, constant_node: bool) -> None:
    made = batch_free(*(graph(n, [n * 4 // width, width], constant_node=constant_node) for n in BATCHES), "images")
    onnx.checker.check_model(made, full_check=True)
    session = onnxruntime.InferenceSession(made.SerializeToString())
    for count in (1, 3, 8):
        images = np.random.default_rng(count).normal(size=(count, 4)).astype("float32")
        (found,) = session.run(None, {"images": images})
        powers = np.exp(images.reshape(-1, width))
        np.testing.assert_allclose(found, powers / powers.sum(1, keepdims=True), rtol=1e-6)


def test_a_graph_that_says_nothing_of_the_number_stays_as_it_is() -> None:
    made = batch_free(*(graph(n, [-1, 4]) for n in BATCHES), "images")
    assert [node.op_type for node in made.graph.node] == ["Reshape", "Softmax"]
    assert made.graph.input[0].type.tensor_type.shape.dim[0].dim_param == "N"


@pytest.mark.parametrize(
    "pair",
    [
        (graph(2, [2, 4]), graph(3, [4, 3])),
        (graph(2, [2, 4]), graph(3, [3, 4], more=np.zeros(4, "float32"))),
        (graph(2, [2, 4], more=rows(2)), graph(3, [3, 4], more=rows(3))),
        (graph(2, [2, 4], more=np.full(4, 2, "float32")), graph(3, [3, 4], more=np.full(4, 3, "float32"))),
        (graph(2, [2, 4], axis=1), graph(3, [3, 4], axis=0)),
    ],
    ids=["not in proportion", "another operator", "a tensor with different rows", "not a whole number", "an attribute"],
)
def test_nothing_else_is_guessed_at(pair: tuple[Any, Any]) -> None:
    with pytest.raises(NoGraph, match="depends on the number of images in more than shapes"):
        batch_free(*pair, "images")
