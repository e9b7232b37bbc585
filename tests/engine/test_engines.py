"""Every engine gives the logits of MindSpore, in the precision that it says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hubtool.engine.apart import SessionApart
from hubtool.engine.choose import BACKENDS, backend_named
from hubtool.engine.cores import Division, division
from hubtool.engine.openvino import OpenVinoBackend
from hubtool.engine.protocol import BFLOAT16, FLOAT32, Execution, Workload
from hubtool.errors import CorruptCheckpoint, EnvironmentProblem
from hubtool.network.registry import find_spec
from hubtool.network.spec import Model
from tests.weights import random_model

pytest.importorskip("openvino")
pytest.importorskip("onnxruntime")
GRAPH_ENGINES = ("openvino", "onnxruntime")
WORKLOAD = Workload(images=22, side=32, batch_size=11)
IMAGES = np.random.default_rng(1).normal(0, 1, (22, 1, 32, 32)).astype("float32")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    spec = find_spec("bit_digits")
    assert spec is not None
    return random_model(spec, tmp_path_factory.mktemp("weights"))


@pytest.fixture(scope="module")
def expected(model: Model):
    """What MindSpore answers, in a process of its own."""
    pytest.importorskip("mindspore")
    session = SessionApart("mindspore", model, Execution(), WORKLOAD)
    yield session.logits(IMAGES)
    session.close()


@pytest.mark.mindspore
@pytest.mark.parametrize("engine", GRAPH_ENGINES)
@pytest.mark.parametrize("sizes", [(22,), (11, 11), (9, 13), (1, 3, 18)])
def test_batches_of_any_size_get_the_reference_s_logits(
    engine: str, sizes: tuple[int, ...], model: Model, expected
) -> None:
    batches = np.split(IMAGES, np.cumsum(sizes)[:-1])
    with backend_named(engine).open(model, Execution(), WORKLOAD) as session:
        logits = np.concatenate([session.logits(batch) for batch in batches])
    assert logits.dtype == np.float32
    np.testing.assert_allclose(logits, expected, atol=1e-4)


@pytest.mark.parametrize("engine", GRAPH_ENGINES)
def test_float32_is_what_runs_unless_something_else_is_asked_for(engine: str, model: Model) -> None:
    with backend_named(engine).open(model, Execution(), WORKLOAD) as session:
        assert (session.identity.name, session.identity.precision) == (engine, FLOAT32)
        assert dict(session.identity.options)["chunk"] == str(division(WORKLOAD.batch_size).chunk)


def test_bfloat16_is_what_runs_when_it_is_asked_for_and_logits_show_it(model: Model) -> None:
    engine, execution = OpenVinoBackend(), Execution(BFLOAT16)
    if reason := engine.why_not(model, execution):
        pytest.skip(reason)
    with engine.open(model, execution, WORKLOAD) as narrow, engine.open(model, Execution(), WORKLOAD) as wide:
        assert narrow.identity.precision == BFLOAT16
        difference = np.abs(narrow.logits(IMAGES) - wide.logits(IMAGES)).max()
    assert 1e-4 < difference < 1


@pytest.mark.parametrize("engine", ["onnxruntime", "mindspore"])
def test_engines_without_bfloat16_say_so(engine: str, model: Model) -> None:
    assert "float32, not in bfloat16" in backend_named(engine).why_not(model, Execution(BFLOAT16))


@pytest.mark.parametrize("engine", GRAPH_ENGINES)
def test_devices_are_called_by_any_case_and_others_are_refused_with_those_that_are_there(
    engine: str, model: Model
) -> None:
    assert backend_named(engine).why_not(model, Execution(device="cpu")) == ""
    reason = backend_named(engine).why_not(model, Execution(device="quantum"))
    assert reason.startswith(f"{engine} has no device QUANTUM here, only ")
    assert "CPU" in reason


@pytest.mark.mindspore
@pytest.mark.parametrize("exact", [False, True])
def test_the_engine_that_others_are_compared_with_is_not_compiled(exact: bool, model: Model) -> None:
    pytest.importorskip("mindspore")
    many = Workload(images=10_000, side=model.spec.input_size, batch_size=4, exact=exact)
    with SessionApart("mindspore", model, Execution(), many) as session:
        assert session.identity.options == (("compiled", str(not exact)),)


@pytest.mark.mindspore
def test_mindspore_refuses_a_device_that_it_does_not_have(model: Model) -> None:
    pytest.importorskip("mindspore")
    with pytest.raises(EnvironmentProblem, match="cannot use the device Ascend"):
        SessionApart("mindspore", model, Execution(device="ascend"), WORKLOAD)


@pytest.mark.parametrize("engine", GRAPH_ENGINES)
def test_the_second_time_a_compiled_model_is_read(
    engine: str, model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workload = Workload(22, 32, 11, tmp_path)
    with backend_named(engine).open(model, Execution(), workload) as session:
        first = session.logits(IMAGES)
    monkeypatch.setattr(f"hubtool.engine.{engine}.write_graph", None)  # what makes it anew would fail
    with backend_named(engine).open(model, Execution(), workload) as session:
        assert np.array_equal(session.logits(IMAGES), first)


@pytest.mark.parametrize("engine", sorted(BACKENDS))
def test_a_session_that_is_closed_answers_nobody(engine: str, model: Model) -> None:
    if reason := backend_named(engine).why_not(model, Execution()):
        pytest.skip(reason)
    session = backend_named(engine).open(model, Execution(), WORKLOAD)
    session.close()
    with pytest.raises((ValueError, AttributeError, TypeError)):
        session.logits(IMAGES)


@pytest.mark.parametrize(
    ("batch_size", "cores", "expected"),
    [
        (32, 2, Division(4, 2, 2)),
        (32, 8, Division(4, 8, 8)),
        (32, 16, Division(2, 16, 16)),
        (32, 64, Division(1, 32, 64)),
        (1, 2, Division(1, 1, 2)),
        (5, 1, Division(4, 1, 1)),
    ],
)
def test_cores_share_a_batch(batch_size: int, cores: int, expected: Division) -> None:
    assert division(batch_size, cores) == expected


class TestApart:
    """Sessions in processes of their own."""

    def test_gives_the_answers_of_the_engine(self, model: Model) -> None:
        with backend_named("onnxruntime").open(model, Execution(), WORKLOAD) as session:
            here = session.logits(IMAGES)
        apart = SessionApart("onnxruntime", model, Execution(), WORKLOAD)
        try:
            assert apart.identity == session.identity
            assert np.array_equal(apart.logits(IMAGES), here)
        finally:
            apart.close()

    def test_what_is_raised_there_is_raised_here(self, model: Model, tmp_path: Path) -> None:
        damaged = tmp_path / "damaged.ckpt"
        damaged.write_bytes(model.weights.read_bytes()[:-9])
        with pytest.raises(CorruptCheckpoint, match=str(damaged)):
            SessionApart("onnxruntime", Model(model.spec, damaged, model.sha256), Execution(), WORKLOAD)

    def test_a_process_that_dies_is_named(self, model: Model) -> None:
        apart = SessionApart("onnxruntime", model, Execution(), WORKLOAD)
        apart.apart.process.kill()
        with pytest.raises(EnvironmentProblem, match="onnxruntime ended without an answer"):
            apart.logits(IMAGES)
        apart.close()

    def test_ends_when_nobody_asks_any_more(self, model: Model) -> None:
        apart = SessionApart("onnxruntime", model, Execution(), WORKLOAD)
        apart.apart.questions.close()  # as when the process that asks was killed
        assert apart.apart.process.wait(timeout=60) == 0
        apart.apart.process.stdin = None
        apart.close()
