from __future__ import annotations

import json
from pathlib import Path

import pytest

from hubtool.engine.installed import mindspore_state
from hubtool.report.doctor import examine
from tests.conftest import CARDS, Hubtool


def test_doctor_tells_what_there_is(hubtool: Hubtool) -> None:
    result = hubtool("doctor", "--json")
    assert result.code == 0
    findings = {finding["name"]: finding for finding in json.loads(result.out)["findings"]}
    assert findings.keys() >= {"hubtool", "processor", "mindspore", "numpy", "scikit-learn", "cards", "cache"}
    assert findings["cache"]["status"] == "ok"


def test_doctor_prints_a_table(hubtool: Hubtool, light: str) -> None:
    hubtool.environment["PYTHONPATH"] = light
    result = hubtool("doctor")
    assert (result.code, result.out.startswith("hubtool")) == (0, True)


@pytest.fixture
def light(tmp_path: Path) -> str:
    """A search path on which MindSpore is a package that loads at once: examine imports it in a process."""
    (tmp_path / "light" / "mindspore").mkdir(parents=True)
    (tmp_path / "light" / "mindspore" / "__init__.py").touch()
    return str(tmp_path / "light")


def test_a_mindspore_that_does_not_load_is_broken(hubtool: Hubtool, tmp_path: Path) -> None:
    (tmp_path / "mindspore").mkdir()
    (tmp_path / "mindspore" / "__init__.py").write_text("raise ImportError('libfoo.so is missing')")
    hubtool.environment["PYTHONPATH"] = str(tmp_path)
    result = hubtool("doctor")
    assert result.code == 6
    assert "does not load: ImportError: libfoo.so is missing" in result.out


def test_a_cache_that_cannot_be_used_is_broken(hubtool: Hubtool, light: str, tmp_path: Path) -> None:
    hubtool.environment["PYTHONPATH"] = light
    (tmp_path / "file").touch()
    result = hubtool("doctor", "--cache", tmp_path / "file" / "cache")
    assert result.code == 6
    assert "--cache" in result.out


def test_no_cards_are_broken(monkeypatch: pytest.MonkeyPatch, light: str, tmp_path: Path) -> None:
    monkeypatch.setenv("PYTHONPATH", light)
    findings = examine([tmp_path / "none"], tmp_path)
    assert [f.status for f in findings if f.name == "cards"] == ["broken"]
    assert [f.status for f in examine([CARDS], tmp_path) if f.name == "cards"] == ["ok"]


@pytest.mark.parametrize(
    ("version", "status"), [("2.9.0", "slow"), ("2.10.0", "slow"), ("2.2.14", "broken"), ("3.0.0", "slow")]
)
def test_versions_of_mindspore(version: str, status: str) -> None:
    state = mindspore_state({"mindspore": version, "numpy": "1.26.4"})
    assert (state.status, state.hint) == (status, "pip install 'hubtool[mindspore]'")


def test_a_mindspore_beside_numpy_2_is_broken_and_its_absence_is_no_fault() -> None:
    state = mindspore_state({"mindspore": "2.8.0", "numpy": "2.3.1"})
    assert (state.status, state.hint) == ("broken", "pip install 'numpy<2'")
    assert mindspore_state({"numpy": "2.3.1"}).status == "missing"
