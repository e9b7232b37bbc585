"""Outlines of graphs are kept among the compiled models, and so is that there is none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hubtool.engine.compiled import kept_models
from hubtool.engine.graphfile import KeptOutlines, graph_inputs
from hubtool.errors import CheckpointMismatch, EnvironmentProblem
from hubtool.network.mindcv.graph import _fill
from hubtool.network.onnx import GraphShape, Inline, require_onnx
from hubtool.network.outline import NoGraph
from hubtool.network.registry import find_spec
from hubtool.network.spec import Model
from tests.conftest import flip_byte

SPEC = find_spec("bit_digits")
INPUTS = {"outline": "some network", "side": 224}


class Maker:
    """Makes an outline, or raises; counts how often it is asked to."""

    def __init__(self, answer: bytes | BaseException):
        self.answer, self.calls = answer, 0

    def __call__(self) -> bytes:
        self.calls += 1
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer


def test_an_outline_is_made_once(tmp_path: Path) -> None:
    make = Maker(b"graph")
    for _ in range(3):
        assert KeptOutlines(tmp_path / "compiled").outline(INPUTS, make) == b"graph"
    assert make.calls == 1
    assert KeptOutlines(tmp_path / "compiled").outline({**INPUTS, "side": 256}, make) == b"graph"
    assert make.calls == 2
    assert len(kept_models(tmp_path)) == 2


def test_that_there_is_none_is_found_out_once(tmp_path: Path) -> None:
    make = Maker(NoGraph("MindSpore cannot export ünet to ONNX: make_list"))
    for _ in range(3):
        with pytest.raises(NoGraph, match="^MindSpore cannot export ünet to ONNX: make_list$"):
            KeptOutlines(tmp_path / "compiled").outline(INPUTS, make)
    assert make.calls == 1


@pytest.mark.parametrize("error", [EnvironmentProblem("ended without an answer"), KeyboardInterrupt()])
def test_what_may_go_better_the_next_time_is_not_kept(error: BaseException, tmp_path: Path) -> None:
    make = Maker(error)
    for _ in range(2):
        with pytest.raises(type(error)):
            KeptOutlines(tmp_path / "compiled").outline(INPUTS, make)
    make.answer = b"graph"
    assert KeptOutlines(tmp_path / "compiled").outline(INPUTS, make) == b"graph"
    assert make.calls == 3


def test_nothing_is_kept_without_a_folder() -> None:
    make = Maker(b"graph")
    assert [KeptOutlines(None).outline(INPUTS, make) for _ in range(2)] == [b"graph"] * 2
    assert make.calls == 2


def test_a_damaged_one_is_made_anew(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    make = Maker(b"graph")
    outlines = KeptOutlines(tmp_path / "compiled")
    outlines.outline(INPUTS, make)
    (kept,) = kept_models(tmp_path)
    flip_byte(kept.path / "outline.onnx")
    assert outlines.outline(INPUTS, make) == b"graph"
    assert make.calls == 2
    assert "not as it was written" in caplog.text


def test_compiled_models_are_told_apart_by_all_that_they_depend_on() -> None:
    model = Model(SPEC, Path("weights.ckpt"), "ab" * 32)
    asked = [
        (model, GraphShape(32)),
        (model, GraphShape(64)),
        (model, GraphShape(32, 8)),
        (replace(model, sha256="cd" * 32), GraphShape(32)),
        (replace(model, ema=True), GraphShape(32)),
        (replace(model, ema=False), GraphShape(32)),
        (replace(model, spec=replace(SPEC, name="another")), GraphShape(32)),
        (replace(model, spec=replace(SPEC, num_classes=11)), GraphShape(32)),
        (replace(model, spec=replace(SPEC, family="mindcv")), GraphShape(32)),  # its versions
    ]
    inputs = [graph_inputs(*question) for question in asked]
    assert all(one != other for number, one in enumerate(inputs) for other in inputs[:number])


def test_values_that_a_parameter_of_an_outline_cannot_hold_are_refused() -> None:
    np, onnx = pytest.importorskip("numpy"), require_onnx("test")
    end = onnx.helper.make_tensor_value_info("pos_embed1", onnx.TensorProto.FLOAT16, [2])
    graph = onnx.helper.make_graph([], "test", [end], [])
    with pytest.raises(CheckpointMismatch, match="^pos_embed1: values that the type of the parameter, float16, cannot"):
        _fill(onnx, graph, {"pos_embed1": np.array([1.0, 1e6], "float32")}, Inline())
