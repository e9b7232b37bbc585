from __future__ import annotations

import io
import json
import os
from importlib.util import find_spec
from pathlib import Path

import pytest
from rich.console import Console

from hubtool.engine.installed import State, engine_state, engine_states
from hubtool.engine.speed import speeds
from hubtool.network.registry import spec_named
from hubtool.network.sample import random_model
from hubtool.report.doctor import examine
from hubtool.report.findings import speed_view
from tests.conftest import CARDS, REPOSITORY, Hubtool

ENGINES = ("openvino", "onnxruntime", "mindspore")


def test_doctor_tells_what_there_is(hubtool: Hubtool) -> None:
    result = hubtool("doctor", "--json")
    assert result.code == 0
    document = json.loads(result.out)
    findings = {finding["name"]: finding for finding in document["findings"]}
    assert findings.keys() >= {"hubtool", "processor", *ENGINES, "onnx", "numpy", "scikit-learn", "cards", "cache"}
    assert findings["cache"]["status"] == "ok"
    assert tuple(document["engines"]) == ENGINES
    for name, engine in document["engines"].items():
        assert engine["status"] == findings[name]["status"]
        if find_spec(name):
            assert engine["version"] in findings[name]["detail"]
            assert "float32" in engine["devices"]["CPU"]
            assert "CPU computes in float32" in findings[name]["detail"]
        else:
            assert (engine["version"], engine["devices"]) == (None, {})
    assert document["speed"] == []


def test_doctor_prints_a_table(hubtool: Hubtool, light: str) -> None:
    hubtool.environment["PYTHONPATH"] = light
    result = hubtool("doctor")
    assert (result.code, result.out.startswith("hubtool")) == (0, True)


def fakes(folder: Path, **contents: str) -> str:
    """A search path on which engines are modules with that content: doctor loads them in processes of their own."""
    for name in ENGINES:
        (folder / "light" / name).mkdir(parents=True)
        (folder / "light" / name / "__init__.py").write_text(contents.get(name, LIGHT[name]))
    return os.pathsep.join([str(folder / "light"), str(REPOSITORY)])


LIGHT = {
    "openvino": """
class Core:
    available_devices = ["CPU", "GPU.0"]
    def get_property(self, device, name):
        return ["FP32", "BF16"] if device == "CPU" else ["FP32"]
""",
    "onnxruntime": """
print("a library that prints")
def get_available_providers():
    return ["CUDAExecutionProvider", "AzureExecutionProvider", "CPUExecutionProvider"]
""",
    "mindspore": """
class nn:
    class Cell:
        pass
def get_context(key):
    return "Ascend"
""",
}


@pytest.fixture
def light(tmp_path: Path) -> str:
    """Engines that load at once."""
    return fakes(tmp_path)


def test_engines_tell_their_devices_and_what_these_compute_in(monkeypatch: pytest.MonkeyPatch, light: str) -> None:
    monkeypatch.setenv("PYTHONPATH", light)
    versions = dict.fromkeys(ENGINES, "2.8.0")
    states = engine_states(versions)
    assert {name: state.devices for name, state in states.items()} == {
        "openvino": {"CPU": ["float32", "bfloat16"], "GPU.0": ["float32"]},
        "onnxruntime": {"CUDA": ["float32"], "CPU": ["float32"]},
        "mindspore": {"Ascend": ["float32"]},
    }
    assert states["openvino"].detail == "2.8.0, CPU computes in float32 and bfloat16; GPU.0 computes in float32"
    assert {state.status for state in states.values()} == {"ok"}


@pytest.mark.parametrize("name", ENGINES)
def test_an_engine_that_does_not_load_is_broken_and_the_others_are_not(
    hubtool: Hubtool, tmp_path: Path, name: str
) -> None:
    if find_spec(name) is None:
        pytest.skip(f"{name} is not installed")
    hubtool.environment["PYTHONPATH"] = fakes(tmp_path, **{name: "raise ImportError('libfoo.so is missing')"})
    result = hubtool("doctor")
    assert result.code == 6
    assert result.out.count("does not load: ImportError: libfoo.so is missing") == 1
    assert result.out.count("broken") == 1


def test_an_engine_that_ends_the_process_is_broken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PYTHONPATH", fakes(tmp_path, openvino="import os; os.abort()"))
    state = engine_state("openvino", {"openvino": "1.0"})
    assert (state.status, state.hint) == ("broken", "pip install 'hubtool[eval]'")
    assert state.detail.startswith("1.0 does not load: ")


@pytest.mark.parametrize("name", ENGINES)
def test_an_engine_that_is_not_installed_says_which_command_installs_it(name: str) -> None:
    state = engine_state(name, {})
    extra = "eval" if name == "openvino" else name
    assert (state.status, state.hint) == ("missing", f"pip install 'hubtool[{extra}]'")


def test_every_engine_that_works_is_measured_and_one_that_fails_says_why(tmp_path: Path) -> None:
    pytest.importorskip("numpy")
    states = {name: State("ok", "", devices={"CPU": ["float32"]}) for name in ENGINES if find_spec(name)}
    states["openvino"] = State("ok", "", devices={"toaster": ["float32"]})
    states["mindspore"] = State("missing", "")
    spec = spec_named("bit_digits")
    measured = list(speeds(states, random_model(spec, tmp_path), 8, seconds=0))
    assert [speed.engine for speed in measured] == ["openvino", *(["onnxruntime"] if find_spec("onnxruntime") else [])]
    failed, *worked = [speed.to_json() for speed in measured]
    assert (failed["device"], failed["images"], failed["images_per_second"]) == ("toaster", 0, None)
    assert failed["problem"]
    for speed in worked:
        assert (speed["images"], speed["problem"]) == (8, None)
        assert speed["images_per_second"] > 0
    console = Console(file=io.StringIO(), width=200)
    for shown in speed_view(measured, spec, 8):
        console.print(shown)
    text = console.file.getvalue()
    assert "bit_digits with random weights, 32x32 pixels, batches of 8" in text
    assert str(failed["problem"]) in text
    assert text.count("failed") == 1


@pytest.mark.slow
def test_doctor_measures_when_it_is_asked(hubtool: Hubtool) -> None:
    pytest.importorskip("numpy")
    result = hubtool("doctor", "--measure", "--json", timeout=900)
    assert result.code == 0
    document = json.loads(result.out)
    wanted = [
        (name, precision)
        for name, engine in document["engines"].items()
        for precisions in engine["devices"].values()
        for precision in precisions
    ]
    assert [(speed["engine"].partition(" ")[0], speed["precision"]) for speed in document["speed"]] == wanted
    assert all(speed["images_per_second"] > 0 for speed in document["speed"])


def test_a_cache_that_cannot_be_used_is_broken(hubtool: Hubtool, light: str, tmp_path: Path) -> None:
    hubtool.environment["PYTHONPATH"] = light
    (tmp_path / "file").touch()
    result = hubtool("doctor", "--cache", tmp_path / "file" / "cache")
    assert result.code == 6
    assert "--cache" in result.out


def test_no_cards_are_broken(tmp_path: Path) -> None:
    findings = examine([tmp_path / "none"], tmp_path, {})
    assert [f.status for f in findings if f.name == "cards"] == ["broken"]
    assert [f.status for f in examine([CARDS], tmp_path, {}) if f.name == "cards"] == ["ok"]


@pytest.mark.parametrize(
    ("version", "status"), [("2.9.0", "slow"), ("2.10.0", "slow"), ("2.2.14", "broken"), ("3.0.0", "slow")]
)
def test_versions_of_mindspore(version: str, status: str) -> None:
    state = engine_state("mindspore", {"mindspore": version, "numpy": "1.26.4"})
    assert (state.status, state.hint) == (status, "pip install 'hubtool[mindspore]'")


def test_a_mindspore_beside_numpy_2_is_broken_and_its_absence_is_no_fault() -> None:
    state = engine_state("mindspore", {"mindspore": "2.8.0", "numpy": "2.3.1"})
    assert (state.status, state.hint) == ("broken", "pip install 'numpy<2'")
    assert engine_state("mindspore", {"numpy": "2.3.1"}).status == "missing"
