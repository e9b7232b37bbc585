"""What stands in the place of operators that MindSpore does not export gives what MindSpore's own operators give."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from hubtool.network.mindcv.decompose import decomposed, repaired
from hubtool.network.mindspore import require_mindspore
from hubtool.network.onnx import require_onnx

pytestmark = pytest.mark.mindspore
mindspore = pytest.importorskip("mindspore")
pytest.importorskip("onnxruntime")
np = pytest.importorskip("numpy")
require_mindspore("tests")

from mindspore import Tensor, nn, ops  # noqa: E402

ZEROS = np.zeros((2, 4, 4, 4), "float32")
EDGES = [1e-30, 1e-12, 1e-7, 0.0, 2.9999998, 3, 3.0000002, 100, 1e9, 1e30]
LINE = np.concatenate([np.linspace(-12, 12, 200), EDGES, np.negative(EDGES)]).astype("float32").reshape(2, -1)
RANDOM = np.random.default_rng(0).normal(0, 1, (2, 4, 4, 4)).astype("float32")


class Function(nn.Cell):
    """Calls what it is given."""

    def __init__(self, function: Any):
        super().__init__()
        self.function = function

    def construct(self, x: Tensor) -> Tensor:
        return self.function(x)


class Unstacking(nn.Cell):
    """By the operator and by the function, as MindCV's networks do."""

    def __init__(self, axis: int):
        super().__init__()
        self.axis, self.parts = axis, ops.Unstack(axis)

    def construct(self, x: Tensor) -> Tensor:
        first, second, *_ = self.parts(x)
        parts = ops.unstack(x, axis=self.axis)
        return first - second * 2 + parts[1] * parts[0]


class Stacking(nn.Cell):
    """Of a list that is filled in a loop."""

    def construct(self, x: Tensor) -> Tensor:
        tensors = []
        for factor in (1, 2, 3):
            tensors.append(x * factor)  # noqa: PERF401
        return ops.stack(tensors, axis=1)


class Normalising(nn.Cell):
    """By an operator that is made in place."""

    def construct(self, x: Tensor) -> Tensor:
        return ops.L2Normalize(-1)(x)


class Augmented(nn.Cell):
    """Assigns with every operator that has a form in place."""

    def construct(self, x: Tensor) -> Tensor:
        y = x * 2
        y += x
        y *= x
        y -= 3.0
        y /= 7.0
        return y


class Resized(nn.Cell):
    """Bilinear, between aligned corners."""

    def __init__(self, *size: int):
        super().__init__()
        self.size = size

    def construct(self, x: Tensor) -> Tensor:
        return ops.interpolate(x, size=self.size, mode="bilinear", align_corners=True)


def exported(cell: Any, images: Any, folder: Path) -> Any:
    """The graph, repaired."""
    path = folder / "graph.onnx"
    with decomposed(cell):
        mindspore.export(cell, Tensor(np.zeros_like(images)), file_name=str(path), file_format="ONNX")
    return repaired(require_onnx("tests").load(str(path)))


def ran(graph: Any, images: Any) -> Any:
    import onnxruntime

    session = onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: images})[0]


def both(cell: Any, images: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Any, Any]:
    """What MindSpore's own operators give, and what the graph gives."""
    monkeypatch.chdir(folder)  # MindSpore leaves reports where it runs
    cell.set_train(False)
    expected = cell(Tensor(images)).asnumpy()
    graph = exported(cell, images, folder)
    return expected, ran(graph, images)


def perturbed(cell: Any) -> Any:
    """With a scale and a shift that are not those of a fresh cell."""
    random = np.random.default_rng(1)
    for parameter in cell.get_parameters():
        parameter.set_data(Tensor(random.normal(1, 0.5, parameter.shape).astype("float32")))
    return cell


@pytest.mark.parametrize("make", [nn.HSwish, nn.HSigmoid, lambda: nn.GELU(approximate=False), nn.GELU])
def test_activations(make: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected, given = both(Function(make()), LINE, tmp_path, monkeypatch)
    np.testing.assert_allclose(given, expected, rtol=5e-6, atol=5e-7)


@pytest.mark.parametrize(
    ("cell", "images"),
    [
        pytest.param(nn.GroupNorm(1, 4), RANDOM, id="group: one"),
        pytest.param(nn.GroupNorm(2, 4), RANDOM * 0.1 + 5, id="group: a mean far larger than the deviation"),
        pytest.param(nn.GroupNorm(1, 4), ZEROS, id="group: zeros"),
        pytest.param(nn.LayerNorm((4,), epsilon=1e-6), RANDOM * 100, id="layer"),
        pytest.param(nn.LayerNorm((4,), epsilon=1e-6), RANDOM * 1e-4, id="layer: small"),
        pytest.param(nn.LayerNorm((4,), epsilon=1e-6), ZEROS, id="layer: zeros"),
    ],
)
def test_normalisation(cell: Any, images: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected, given = both(perturbed(cell), images, tmp_path, monkeypatch)
    np.testing.assert_allclose(given, expected, rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Function(ops.LpNorm(axis=[1, 2], p=2, keep_dims=True)),
        lambda: Function(ops.L2Normalize(axis=-1, epsilon=1e-12)),
        Normalising,
    ],
    ids=["p", "l2", "l2 in place"],
)
def test_lengths_down_to_epsilon(make: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scales = np.array([0.0, 1e-20, 1e-13, 1e-7, 1e-6, 1e-3, 1.0, 1e15], "float32").reshape(-1, 1, 1, 1)
    expected, given = both(make(), RANDOM[:1] * scales, tmp_path, monkeypatch)
    np.testing.assert_allclose(given, expected, rtol=2e-6, atol=1e-36)


@pytest.mark.parametrize("cell", [Unstacking(0), Unstacking(2), Stacking(), Augmented()], ids=str)
def test_what_only_moves_or_adds_is_equal(cell: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected, given = both(cell, RANDOM, tmp_path, monkeypatch)
    assert given.shape == expected.shape
    np.testing.assert_allclose(given, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("size", [(4, 4), (3, 7), (8, 1)])
def test_bilinear_resizing(size: tuple[int, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected, given = both(Resized(*size), RANDOM, tmp_path, monkeypatch)
    np.testing.assert_allclose(given, expected, rtol=0, atol=2e-6)


def test_positions_of_a_map_are_those_of_mindcv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    xcit, edgenext = pytest.importorskip("mindcv.models.xcit"), pytest.importorskip("mindcv.models.edgenext")
    monkeypatch.chdir(tmp_path)
    for module in (xcit, edgenext):
        cell = perturbed(module.PositionalEncodingFourier(hidden_dim=8, dim=6))
        expected = cell(2, 7, 5).asnumpy()
        with decomposed(cell):
            given = cell(2, 7, 5).asnumpy()
        np.testing.assert_allclose(given, expected, rtol=0, atol=2e-5)


@pytest.mark.parametrize(("inside", "out"), [(4, 6), (4, 4)])
def test_shortcuts_into_the_first_channels(inside: int, out: int) -> None:
    rexnet = pytest.importorskip("mindcv.models.rexnet")
    cell = perturbed(nn.SequentialCell(rexnet.LinearBottleneck(inside, out, exp_ratio=2, stride=1, se_ratio=0.5)))
    cell.set_train(False)
    names = [parameter.name for parameter in cell.get_parameters()]
    expected = cell(Tensor(RANDOM)).asnumpy()
    with decomposed(cell):
        given = cell(Tensor(RANDOM)).asnumpy()
    assert type(cell[0]).__name__ == "PartialShortcut"
    assert [parameter.name for parameter in cell.get_parameters()] == names
    np.testing.assert_array_equal(given, expected)


def test_operators_are_replaced_where_a_network_has_them() -> None:
    mindcv = pytest.importorskip("mindcv")
    counted = {}
    for name in ("mobilenet_v3_small_100", "edgenext_xx_small"):
        cell = mindcv.create_model(name)
        names = [parameter.name for parameter in cell.get_parameters()]
        before = Counter(type(part).__name__ for _, part in cell.cells_and_names())
        with decomposed(cell):
            parts = [part for _, part in cell.cells_and_names()]
        functions = Counter(f.__name__ for part in parts for f in vars(part).values() if hasattr(f, "__code__"))
        assert [parameter.name for parameter in cell.get_parameters()] == names
        assert functions["hard_swish"] == before["HSwish"]
        assert functions["hard_sigmoid"] == before["HSigmoid"]
        assert functions["layer_norm"] == before["LayerNorm"] + before["ConvNextLayerNorm"]
        counted[name] = functions, Counter(type(part).__name__ for part in parts)["FourierPositions"]
    assert counted["mobilenet_v3_small_100"][0]["hard_swish"] > 10
    assert counted["edgenext_xx_small"][0]["layer_norm"] > 10
    assert counted["edgenext_xx_small"][1] == 1


def test_nothing_stays_changed_but_the_cell() -> None:
    from mindspore._extends.parse import resources

    before = dict(resources.parse_augassign_object_map), dict(vars(ops))
    with pytest.raises(KeyError), decomposed(Stacking()):
        raise KeyError
    assert (dict(resources.parse_augassign_object_map), dict(vars(ops))) == before


def test_a_network_with_the_operator_that_stands_for_another_is_refused() -> None:
    with pytest.raises(ValueError, match="Softsign"), decomposed(nn.SequentialCell(nn.Softsign())):
        pass


def test_constants_are_not_written_out_for_every_image() -> None:
    onnx = require_onnx("tests")
    helper, make = onnx.helper, onnx.numpy_helper.from_array
    same, other = np.zeros((2, 1, 3), "float32"), np.arange(6, dtype="float32").reshape(2, 1, 3)
    ends = [helper.make_tensor_value_info(name, 1, [2, length, 3]) for name, length in (("x", 1), ("y", 3))]
    joint = helper.make_node("Concat", ["same", "other", "x"], ["y"], axis=1)
    graph = helper.make_graph([joint], "joint", ends[:1], ends[1:], [make(same, "same"), make(other, "other")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)], ir_version=8)
    images = np.ones((2, 1, 3), "float32")
    expected = ran(model, images)
    changed = repaired(model)
    onnx.checker.check_model(changed, full_check=True)
    assert [node.op_type for node in changed.graph.node] == ["Expand", "Concat"]
    assert [list(tensor.dims) for tensor in changed.graph.initializer] == [[2, 1, 3], [1, 1, 3], [3]]
    np.testing.assert_array_equal(ran(changed, images), expected)
