"""The fastest engine evaluates, if its logits are those of another."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from hubtool.data.split import Batch
from hubtool.engine.choose import AUTO, BACKENDS
from hubtool.engine.protocol import BFLOAT16, Execution, Workload
from hubtool.errors import CheckpointMismatch, EnvironmentProblem
from hubtool.evaluation.gate import GATE_IMAGES, choose
from hubtool.evaluation.parity import BOUND, parity
from hubtool.network.bit.family import BitFamily
from hubtool.network.outline import NoGraph
from hubtool.network.registry import find_spec
from hubtool.network.spec import Model
from tests.weights import random_model

pytest.importorskip("openvino")
pytest.importorskip("onnxruntime")
WORKLOAD = Workload(images=100, side=32, batch_size=32)


class Noise:
    """A split of random images, which counts those that are asked for."""

    name, num_classes = "noise", 10

    def __init__(self, size: int = 100):
        self.names = [f"{number}.png" for number in range(size)]
        self.labels = [0] * size
        self.asked: list[int] = []

    def __len__(self) -> int:
        return len(self.names)

    def batches(self, indices: Sequence[int], batch_size: int):
        self.asked += indices
        for start in range(0, len(indices), batch_size):
            part = indices[start : start + batch_size]
            images = [np.random.default_rng(index).normal(0, 1, (1, 32, 32)) for index in part]
            yield Batch(np.stack(images).astype("float32"), np.zeros(len(part), int))


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    spec = find_spec("bit_digits")
    assert spec is not None
    return random_model(spec, tmp_path_factory.mktemp("weights"))


@pytest.fixture
def without_mindspore(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(BACKENDS, "mindspore")


class Changed:
    """A store of a graph's tensors in which one kernel is 1 % off."""

    def __init__(self, store: Any, name: str):
        self._store, self._name = store, name

    def put(self, name: str, array: Any) -> Any:
        if name == self._name:
            signs = np.random.default_rng(0).choice([-1, 1], array.shape)
            array = (array * (1 + 0.01 * signs)).astype("float32")
        return self._store.put(name, array)


def change(monkeypatch: pytest.MonkeyPatch, kernel: str) -> None:
    """From now on graphs that are built in this process have one kernel that is 1 % off."""
    graph = BitFamily.graph

    def changed(self, spec, weights, shape, store, outlines):
        return graph(self, spec, weights, shape, Changed(store, kernel), outlines)

    monkeypatch.setattr(BitFamily, "graph", changed)


def chosen(model: Model, engine: str = AUTO, execution: Execution | None = None, split: Noise | None = None):
    split = split or Noise()
    found = choose(engine, model, execution or Execution(), WORKLOAD, split, range(len(split)))
    found.session.close()
    return found


@pytest.mark.mindspore
def test_the_fastest_engine_is_compared_with_the_reference(model: Model) -> None:
    pytest.importorskip("mindspore")
    split = Noise()
    found = chosen(model, split=split)
    assert found.session.identity.name == "openvino"
    assert found.notes == ()
    assert found.parity is not None
    assert found.parity.reference.startswith("mindspore ")
    assert (found.parity.images, found.parity.same_top1, found.parity.same_top5) == (64, 64, 64)
    assert found.parity.max_abs_difference <= found.parity.bound
    assert split.asked == list(range(GATE_IMAGES)), "each of the first images is prepared once, and no other"


@pytest.mark.mindspore
def test_the_reference_is_not_compared(model: Model) -> None:
    pytest.importorskip("mindspore")
    split = Noise()
    found = chosen(model, "mindspore", split=split)
    assert (found.parity, found.notes, split.asked) == (None, (), [])


def test_without_the_reference_another_engine_takes_its_place(model: Model, without_mindspore: None) -> None:
    found = chosen(model)
    assert found.session.identity.name == "openvino"
    assert found.parity is not None
    assert found.parity.reference.startswith("onnxruntime ")


def test_a_graph_that_mindspore_exported_is_proven_by_mindspore_alone(
    model: Model, without_mindspore: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BitFamily, "graph_source", "mindspore")
    with pytest.raises(EnvironmentProblem, match="mindspore exported its graph, and does not answer for comparison"):
        chosen(model, "openvino")


class Told:
    """Progress that keeps what it is told."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def task(self, name: str, total: int | None, unit: str):
        self.said.append(name)
        return SimpleNamespace(advance=lambda _: None, finish=lambda: self.said.append(f"end of {name}"))


def test_whoever_waits_is_told_what_for(model: Model, without_mindspore: None) -> None:
    told = Told()
    choose(AUTO, model, Execution(), WORKLOAD, Noise(8), range(8), told).session.close()
    waits = ["openvino prepares bit_digits", "onnxruntime, for comparison"]
    assert told.said == [said for name in waits for said in (name, f"end of {name}")]


def test_one_engine_alone_has_no_reference(
    model: Model, without_mindspore: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(BACKENDS, "onnxruntime")
    found = chosen(model)
    assert found.parity is None
    assert found.notes == ("no reference: openvino is the only engine that can run it",)


@pytest.mark.parametrize(
    "kernel", ["conv1.weight", "layer1.0.conv2.weight", "layer3.0.conv1.weight", "classifier.weight"]
)
def test_a_graph_with_one_kernel_that_is_one_percent_off_is_refused(
    model: Model, without_mindspore: None, monkeypatch: pytest.MonkeyPatch, kernel: str
) -> None:
    change(monkeypatch, kernel)  # here; the other engine answers from another process
    with pytest.raises(
        EnvironmentProblem, match="openvino .* was refused: .*its logits differ .*onnxruntime"
    ) as refused:
        chosen(model, "openvino")
    assert "64" in refused.value.message
    with pytest.raises(EnvironmentProblem, match=r"openvino .* was refused.*onnxruntime .* was refused"):
        chosen(model)


@pytest.mark.mindspore
def test_when_graphs_are_off_the_reference_evaluates_and_the_result_says_why(
    model: Model, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    pytest.importorskip("mindspore")
    change(monkeypatch, "layer2.0.conv3.weight")
    found = chosen(model)
    assert found.session.identity.name == "mindspore"
    assert [note.partition(" ")[0] for note in found.notes] == ["openvino", "onnxruntime"]
    assert all("was refused" in note for note in found.notes)
    assert [record.message for record in caplog.records] == list(found.notes)


@pytest.mark.mindspore
def test_a_network_that_turns_out_to_have_no_graph_is_evaluated_by_the_reference(
    model: Model, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    pytest.importorskip("mindspore")

    def none(self, spec, weights, shape, store, outlines):
        raise NoGraph("MindSpore cannot export bit_digits to ONNX: PadV3")

    monkeypatch.setattr(BitFamily, "graph", none)
    split = Noise()
    found = chosen(model, split=split)
    assert found.session.identity.name == "mindspore"
    assert found.notes == ("MindSpore cannot export bit_digits to ONNX: PadV3",), "once, not for each engine"
    assert [record.message for record in caplog.records] == list(found.notes)
    assert split.asked == [], "nothing is prepared for a comparison that is not made"
    with pytest.raises(NoGraph, match="PadV3"):
        chosen(model, "onnxruntime")


@pytest.mark.slow
@pytest.mark.parametrize(
    "kernel", ["conv1.weight", "layer2.3.conv2.weight", "layer3.5.conv1.weight", "layer4.2.conv3.weight"]
)
def test_so_is_one_of_a_large_network(
    tmp_path: Path, without_mindspore: None, monkeypatch: pytest.MonkeyPatch, kernel: str
) -> None:
    spec = find_spec("bit_resnet50")
    assert spec is not None
    model = random_model(spec, tmp_path)
    split = Colours(8)
    assert choose("openvino", model, Execution(), COLOURS, split, range(8)).parity is not None
    change(monkeypatch, kernel)
    with pytest.raises(EnvironmentProblem, match="was refused"):
        choose("openvino", model, Execution(), COLOURS, split, range(8))


COLOURS = Workload(images=8, side=224, batch_size=8)


class Colours(Noise):
    """Random images of the size of photographs."""

    def batches(self, indices: Sequence[int], batch_size: int):
        images = np.random.default_rng(0).normal(0, 1, (len(indices), 3, 224, 224)).astype("float32")
        yield Batch(images, np.zeros(len(indices), int))


def test_another_precision_is_compared_and_not_refused(model: Model, without_mindspore: None) -> None:
    execution = Execution(BFLOAT16)
    if reason := BACKENDS["openvino"].why_not(model, execution):
        pytest.skip(reason)
    found = chosen(model, execution=execution)
    assert found.session.identity.precision == BFLOAT16
    assert found.parity is not None
    assert found.parity.reference.startswith("onnxruntime ")
    assert found.parity.max_abs_difference > found.parity.bound
    assert len(found.parity.changed) == 64 - found.parity.same_top1


def test_one_engine_s_other_precision_is_compared_with_its_float32(
    model: Model, without_mindspore: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    execution = Execution(BFLOAT16)
    if reason := BACKENDS["openvino"].why_not(model, execution):
        pytest.skip(reason)
    monkeypatch.delitem(BACKENDS, "onnxruntime")
    found = chosen(model, execution=execution)
    assert found.parity is not None
    assert found.parity.reference.startswith("openvino ")
    assert found.parity.reference.endswith(" float32")


class TestParity:
    EXPECTED = np.array([[0.0, 1.0, 2.0, 3.0, 4.0, 5.0], [5.0, 4.0, 3.0, 2.0, 1.0, 0.0]], "float32")

    def test_counts_classes_that_changed_places(self) -> None:
        found = self.EXPECTED.copy()
        found[0, [4, 5]] = found[0, [5, 4]]
        measured = parity("other", self.EXPECTED, found, ["a", "b"])
        assert (measured.same_top1, measured.same_top5, measured.changed) == (1, 1, ("a",))
        assert measured.max_abs_difference == 1
        assert not measured.is_equal

    def test_the_bound_grows_with_the_logits(self) -> None:
        assert parity("other", self.EXPECTED / 10, self.EXPECTED / 10, ["a", "b"]).bound == BOUND
        assert parity("other", self.EXPECTED, self.EXPECTED, ["a", "b"]).bound == pytest.approx(5 * BOUND)

    @pytest.mark.parametrize("value", [math.nan, math.inf])
    def test_answers_that_are_not_finite_are_never_equal(self, value: float) -> None:
        found = self.EXPECTED.copy()
        found[1, 2] = value
        measured = parity("other", self.EXPECTED, found, ["a", "b"])
        assert not measured.is_equal
        assert "not finite" in measured.sentence
        assert measured.to_json()["max_abs_difference"] is None

    def test_a_reference_that_is_not_finite_is_the_network_s_fault(self) -> None:
        broken = np.full_like(self.EXPECTED, math.nan)
        with pytest.raises(CheckpointMismatch, match="not finite"):
            parity("other", broken, broken, ["a", "b"])
