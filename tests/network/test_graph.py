"""The ONNX graph of BiT, piece by piece, against numpy in double precision."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from hubtool.network.bit.graph import INPUT, OUTPUT, bit_graph
from hubtool.network.bit.spec import NORM_EPSILON, NORM_GROUPS, bit_spec
from hubtool.network.onnx import Beside, GraphShape, Inline, require_onnx, with_metadata
from hubtool.network.registry import family_of
from hubtool.network.spec import ModelSpec

np = pytest.importorskip("numpy")
onnxruntime = pytest.importorskip("onnxruntime")

STEM = bit_spec("stem", units=(), width=64, num_classes=3)
"""A convolution, the pooling, one normalisation and the head."""
SMALL = bit_spec("small", units=(1, 1), width=32, num_classes=5, input_size=64)
BETA = 8.0
"""So large that nothing is cut off by the ReLU after a normalisation."""


def random_weights(spec: ModelSpec) -> dict[str, Any]:
    random = np.random.default_rng(0)
    shapes = family_of(spec).shapes(spec)
    return {name: random.normal(scale=0.5, size=shape).astype("float32") for name, shape in shapes.items()}


def stem_weights() -> dict[str, Any]:
    return random_weights(STEM) | {"gn.gamma": np.ones(64, "float32"), "gn.beta": np.full(64, BETA, "float32")}


def piece(model: Any, source: str, target: str) -> Any:
    """Runs the part of a graph from one feature map to another."""
    onnx = require_onnx("test")
    from onnx.utils import Extractor

    part = Extractor(onnx.shape_inference.infer_shapes(model)).extract_model([source], [target])
    session = onnxruntime.InferenceSession(part.SerializeToString())
    return lambda x: session.run([target], {source: x})[0]


def run(model: Any, images: Any) -> Any:
    given = model.SerializeToString() if not isinstance(model, Path) else str(model)
    return onnxruntime.InferenceSession(given).run([OUTPUT], {INPUT: images})[0]


def images(spec: ModelSpec, count: int) -> Any:
    shape = (count, spec.in_channels, spec.input_size, spec.input_size)
    return np.random.default_rng(1).normal(size=shape).astype("float32")


def exactly_normalised(x: Any) -> Any:
    """Group normalisation with gamma 1, in double precision."""
    groups = x.astype("float64").reshape(len(x), NORM_GROUPS, -1)
    centred = groups - groups.mean(2, keepdims=True)
    deviation = np.sqrt((centred**2).mean(2, keepdims=True) + NORM_EPSILON)
    return (centred / deviation).reshape(x.shape) + BETA


def by_mean_square(x: Any) -> Any:
    """The same in single precision, the variance as the mean square minus the squared mean."""
    groups = x.reshape(len(x), NORM_GROUPS, -1)
    mean = groups.mean(2, keepdims=True)
    variance = np.maximum((groups * groups).mean(2, keepdims=True) - mean * mean, 0)
    return ((groups - mean) / np.sqrt(variance + np.float32(NORM_EPSILON))).reshape(x.shape) + np.float32(BETA)


@pytest.mark.parametrize("side", [57, 224])
@pytest.mark.parametrize(
    ("mean", "most"),  # measured on maps of 15x15 and 56x56 pixels: 1.2e-6, 4.0e-6, 4.1e-5 and 3.5e-4
    [(0, 5e-6), (10, 2e-5), (100, 2e-4), (1000, 2e-3)],
)
def test_normalisation_keeps_its_digits_where_the_mean_is_large(side: int, mean: float, most: float) -> None:
    normalised = piece(
        bit_graph(STEM, stem_weights(), GraphShape(side), Inline()), source="max_pool/bordered", target="gn/relu"
    )
    random = np.random.default_rng(0)
    length = -(-side // 4)
    # Deviations about 1: channels of a group differ in their means, as those of a network do.
    x = mean + random.normal(size=(2, 64, length, length)) + random.normal(scale=0.5, size=(1, 64, 1, 1))
    x = x.astype("float32")
    wanted = exactly_normalised(x)
    error = np.abs(normalised(x) - wanted).max()
    assert error < most
    if mean >= 10:  # measured: 5e-5, 7e-3, 0.7
        assert np.abs(by_mean_square(x) - wanted).max() > 8 * error


@pytest.mark.parametrize("side", [1, 2, 3, 4, 5, 6, 7, 8, 30, 31, 32, 33, 224])
def test_pooled_maps_are_bordered_by_zeros(side: int) -> None:
    pooled = piece(
        bit_graph(STEM, stem_weights(), GraphShape(side), Inline()), source="conv1", target="max_pool/bordered"
    )
    length = (side + 1) // 2
    # Negative nearly everywhere, so that a border of minus infinity would show.
    x = np.random.default_rng(0).normal(-1, 0.7, (2, 64, length, length)).astype("float32")
    bordered = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(bordered, (3, 3), axis=(2, 3))[:, :, ::2, ::2]
    np.testing.assert_array_equal(pooled(x), windows.max((4, 5)))


def test_tensors_beside_the_graph_give_the_same_logits(tmp_path: Path) -> None:
    onnx = require_onnx("test")
    weights, shape = random_weights(SMALL), GraphShape(SMALL.input_size)
    with Beside(tmp_path / "tensors") as store:
        onnx.save_model(bit_graph(SMALL, weights, shape, store), tmp_path / "graph.onnx")
    onnx.checker.check_model(str(tmp_path / "graph.onnx"), full_check=True)
    assert (tmp_path / "graph.onnx").stat().st_size < (tmp_path / "tensors").stat().st_size / 10
    x = images(SMALL, 3)
    inline = run(bit_graph(SMALL, weights, shape, Inline()), x)
    assert np.abs(inline).max() > 0.1
    np.testing.assert_array_equal(run(tmp_path / "graph.onnx", x), inline)


def test_a_graph_for_any_batch_answers_as_one_for_a_fixed_batch() -> None:
    weights, x = random_weights(SMALL), images(SMALL, 3)
    side = SMALL.input_size
    free = bit_graph(SMALL, weights, GraphShape(side), Inline())
    fixed = bit_graph(SMALL, weights, GraphShape(side, batch=3), Inline())
    assert [inputs(model) for model in (free, fixed)] == [["N", 3, 64, 64], [3, 3, 64, 64]]
    wanted = run(fixed, x)
    np.testing.assert_allclose(run(free, x), wanted, rtol=0, atol=1e-5)
    np.testing.assert_allclose(run(free, x[:1]), wanted[:1], rtol=0, atol=1e-5)


def inputs(model: Any) -> list[int | str]:
    (only,) = model.graph.input
    return [dim.dim_value or dim.dim_param for dim in only.type.tensor_type.shape.dim]


def test_weights_of_other_types_are_those_in_single_precision() -> None:
    weights, shape = random_weights(SMALL), GraphShape(SMALL.input_size)
    half: Mapping[str, Any] = {name: array.astype("float16") for name, array in weights.items()}
    rounded = {name: array.astype("float32") for name, array in half.items()}
    x = images(SMALL, 1)
    np.testing.assert_array_equal(
        run(bit_graph(SMALL, half, shape, Inline()), x), run(bit_graph(SMALL, rounded, shape, Inline()), x)
    )


def test_metadata_is_read_by_the_runtime() -> None:
    model = bit_graph(SMALL, random_weights(SMALL), GraphShape(SMALL.input_size), Inline())
    session = onnxruntime.InferenceSession(with_metadata(model, {"a": "1", "ü": ""}).SerializeToString())
    assert session.get_modelmeta().custom_metadata_map == {"a": "1", "ü": ""}
