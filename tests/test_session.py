"""`hubtool.session`: the answers of a checkpoint from any engine."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import pytest

import hubtool
from hubtool.engine.compiled import kept_models
from hubtool.errors import CheckpointMismatch, EnvironmentProblem, NotFound, UsageProblem
from tests.conftest import CARDS, DIGITS_CHECKPOINT, edit

np = pytest.importorskip("numpy")

ENGINES = [
    pytest.param(
        name,
        marks=[
            pytest.mark.skipif(find_spec(name) is None, reason=f"{name} is not installed"),
            *([pytest.mark.mindspore] if name == "mindspore" else []),
        ],
    )
    for name in ("openvino", "onnxruntime", "mindspore")
]
GRAPH_ENGINES = ENGINES[:2]


@pytest.fixture
def opened(tmp_path: Path):
    """Opens the digits' network, in a cache of its own."""

    def session(**options):
        return hubtool.session("bit_digits", **{"cards": [CARDS], "cache": tmp_path / "cache", **options})

    return session


def noise(*shape: int):
    return np.random.default_rng(1).normal(size=shape).astype("float32")


@pytest.mark.parametrize("engine", ENGINES)
def test_every_engine_counts_what_the_card_says(opened, engine: str) -> None:
    pytest.importorskip("sklearn")
    from hubtool.data.layouts.digits import Digits

    test = Digits("test", 32)
    with opened(engine=engine) as session:
        assert (session.identity.name, session.identity.precision) == (engine, "float32")
        logits = session.logits(test.images)
    assert (logits.dtype, logits.shape) == (np.float32, (360, 10))
    assert int((logits.argmax(1) == test.labels).sum()) == 354


@pytest.mark.mindspore
@pytest.mark.parametrize("engine", GRAPH_ENGINES)
@pytest.mark.parametrize("count", [1, 3, 33, 64])
def test_engines_agree_on_any_number_of_images(opened, engine: str, count: int) -> None:
    images = noise(count, 1, 32, 32)
    with opened(engine="mindspore") as reference, opened(engine=engine) as session:
        assert np.abs(reference.logits(images) - session.logits(images)).max() <= 1e-4


def test_auto_takes_the_first_engine_that_is_installed(opened) -> None:
    installed = [name for name in ("openvino", "onnxruntime", "mindspore") if find_spec(name)]
    if not installed:
        pytest.skip("no engine is installed")
    with opened() as session:
        assert session.identity.name == installed[0]


@pytest.mark.parametrize("engine", GRAPH_ENGINES)
def test_a_network_is_compiled_once(opened, engine: str, tmp_path: Path) -> None:
    images = noise(2, 1, 32, 32)
    with opened(engine=engine) as session:
        first = session.logits(images)
    (kept,) = kept_models(tmp_path / "cache")
    written = {path: path.stat().st_mtime_ns for path in kept.path.iterdir() if path.suffix != ".json"}
    with opened(engine=engine) as session:
        assert (session.logits(images) == first).all()
    assert {path: path.stat().st_mtime_ns for path in written} == written


@pytest.mark.parametrize("engine", ENGINES)
def test_what_is_given_is_checked(opened, engine: str) -> None:
    images = noise(2, 1, 32, 32)
    with opened(engine=engine) as session:
        assert session.logits(images[:0]).shape == (0, 10)
        assert (session.logits(images.astype("float64")) == session.logits(images)).all()
        assert (session.logits(images.tolist()) == session.logits(images)).all()
        for shape in [(2, 3, 32, 32), (2, 1, 32, 31), (1, 32, 32), (32,), ()]:
            with pytest.raises(UsageProblem, match=r"bit_digits takes images of the shape \(N, 1, 32, 32\), not \("):
                session.logits(noise(*shape))
    session.close()
    with pytest.raises(ValueError, match="the session is closed"):
        session.logits(images)


@pytest.mark.parametrize("engine", GRAPH_ENGINES)
def test_the_size_is_that_of_the_card_or_the_one_asked_for(opened, engine: str, cards: Path) -> None:
    edit(cards / "bit_digits.md", "train-dataset: digits", "train-dataset: digits\n\neval-recipe:\n  image-size: 48")
    with opened(engine=engine, cards=[cards]) as session:
        assert session.logits(noise(1, 1, 48, 48)).shape == (1, 10)
    with opened(engine=engine, cards=[cards], image_size=40) as session:
        assert session.logits(noise(1, 1, 40, 40)).shape == (1, 10)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"engine": "torch"}, "engine is 'torch'"),
        ({"precision": "int8"}, "precision is 'int8'"),
        ({"batch_size": 0}, "batch_size is 0"),
        ({"image_size": -1}, "image_size is -1"),
    ],
)
def test_an_argument_that_means_nothing(opened, options: dict, said: str) -> None:
    with pytest.raises(UsageProblem, match=said):
        opened(**options)


@pytest.mark.parametrize("engine", GRAPH_ENGINES)
def test_a_device_that_is_not_here(opened, engine: str) -> None:
    with pytest.raises(EnvironmentProblem, match=f"{engine} has no device TOASTER here, only CPU"):
        opened(engine=engine, device="toaster")


def test_no_engine_at_all(opened, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("openvino", "onnxruntime", "mindspore"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(EnvironmentProblem) as caught:
        opened()
    for extra in ("eval", "onnxruntime", "mindspore"):
        assert f"pip install 'hubtool[{extra}]'" in caught.value.message


@pytest.mark.skipif(find_spec("onnxruntime") is None, reason="onnxruntime is not installed")
def test_an_engine_that_does_not_open_the_network_is_passed_over(
    opened, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class Core:
        available_devices = ("CPU",)

        def get_property(self, device: str, name: str) -> list[str]:
            return ["FP32"]

        def compile_model(self, *_: object) -> None:
            raise RuntimeError("no such instruction")

    monkeypatch.setitem(sys.modules, "openvino", SimpleNamespace(Core=Core, __version__="1.0-x"))
    with opened() as session:
        assert session.identity.name == "onnxruntime"
    assert "openvino cannot compile the network for CPU: no such instruction" in caplog.text
    with pytest.raises(EnvironmentProblem, match="no such instruction"):
        opened(engine="openvino")


@pytest.mark.skipif(find_spec("openvino") is None, reason="openvino is not installed")
def test_bfloat16_is_only_used_when_asked_for_and_where_the_processor_has_it(opened) -> None:
    import openvino

    from hubtool.engine.openvino import precisions

    with opened(engine="openvino") as session:
        expected = session.logits(noise(4, 1, 32, 32))
    if "bfloat16" not in precisions(openvino.Core(), "CPU"):
        with pytest.raises(EnvironmentProblem, match="CPU does not compute in bfloat16"):
            opened(engine="openvino", precision="bf16")
        return
    with opened(engine="openvino", precision="bf16") as session:
        assert session.identity.precision == "bfloat16"
        assert 0 < np.abs(session.logits(noise(4, 1, 32, 32)) - expected).max() < 0.5


def test_names_and_files_that_do_not_fit(opened, cards: Path) -> None:
    with pytest.raises(NotFound):
        hubtool.session("no_such_card", cards=[cards])
    edit(cards / "bit_digits.md", "model-name: bit_digits", "model-name: bit_resnet50")
    with pytest.raises(CheckpointMismatch, match="the weights of bit_digits, not of bit_resnet50"):
        hubtool.session(DIGITS_CHECKPOINT.name.partition("-")[0], cards=[cards])
    edit(cards / "bit_digits.md", "model-name: bit_resnet50", "model-name: other_net")
    with pytest.raises(UsageProblem, match="cannot build the network other_net"):
        hubtool.session("other_net", cards=[cards])
