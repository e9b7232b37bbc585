"""The wheel as a user installs it: elsewhere, and without extras."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.conftest import DIGITS_CHECKPOINT, REPOSITORY

pytestmark = pytest.mark.packaging


def run(*args: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("HUBTOOL_")}
    environment |= {"HOME": str(cwd), "PIP_DISABLE_PIP_VERSION_CHECK": "1", "COLUMNS": "160"}
    return subprocess.run([*map(str, args)], cwd=cwd, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    built = run(sys.executable, "-m", "pip", "wheel", "--no-deps", "-q", "-w", folder, REPOSITORY, cwd=folder)
    assert built.returncode == 0, built.stderr
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def plain(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a virtual environment with hubtool and no extra in it."""
    folder = tmp_path_factory.mktemp("plain")
    assert run(sys.executable, "-m", "venv", folder / "venv", cwd=folder).returncode == 0
    installed = run(folder / "venv" / "bin" / "python", "-m", "pip", "install", "-q", wheel, cwd=folder)
    assert installed.returncode == 0, installed.stderr
    return folder


def test_cards_schemas_and_types_are_in_the_wheel(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {
        "hubtool/py.typed",
        "hubtool/report/templates/verification.html.j2",
        "hubtool/_packaged/schemas/card.schema.json",
        "hubtool/_packaged/cards/bit_digits.md",
        "hubtool/_packaged/cards/recipes/bit_digits.yaml",
        f"hubtool/_packaged/cards/assets/{DIGITS_CHECKPOINT.name}",
    } <= names
    assert not any(name.startswith("tests/") for name in names)


def test_without_extras_cards_and_files_work(plain: Path) -> None:
    hubtool = plain / "venv" / "bin" / "hubtool"
    packages = run(plain / "venv" / "bin" / "python", "-m", "pip", "list", cwd=plain).stdout
    assert "mindspore" not in packages
    assert "numpy" not in packages
    assert run(hubtool, "validate", cwd=plain).stdout == "2 cards: no problem\n"
    assert "bit_resnet101" in run(hubtool, "list", cwd=plain).stdout
    assert json.loads(run(hubtool, "show", "bit_digits", "--json", cwd=plain).stdout)["model_name"] == "bit_digits"
    pulled = run(hubtool, "pull", "bit_digits", cwd=plain)
    assert pulled.returncode == 0
    assert Path(pulled.stdout.strip()).read_bytes() == DIGITS_CHECKPOINT.read_bytes()
    assert run(plain / "venv" / "bin" / "python", "-m", "hubtool", "--version", cwd=plain).stdout.startswith("hubtool ")


def test_without_extras_the_rest_names_the_extra(plain: Path) -> None:
    hubtool = plain / "venv" / "bin" / "hubtool"
    verified = run(hubtool, "verify", "bit_digits", "--reproduce-eval", "--json", cwd=plain)
    assert verified.returncode == 0
    (result,) = json.loads(verified.stdout)["results"]
    assert {claim["verdict"] for claim in result["claims"]} == {"not-run"}
    assert "pip install 'hubtool[" in result["claims"][0]["reason"]
    reported = run(hubtool, "verify", "--report", "out.html", cwd=plain)
    assert (reported.returncode, reported.stdout) == (6, "")
    assert "pip install 'hubtool[report]'" in reported.stderr
    recipe = plain / "venv" / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}"
    recipe = recipe / "site-packages" / "hubtool" / "_packaged" / "cards" / "recipes" / "bit_digits.yaml"
    trained = run(hubtool, "train", recipe, cwd=plain)
    assert (trained.returncode, trained.stdout) == (6, "")
    assert "pip install 'hubtool[mindspore]'" in trained.stderr
    loaded = run(plain / "venv" / "bin" / "python", "-c", "import hubtool; hubtool.load('bit_digits')", cwd=plain)
    assert "MissingExtra: mindspore is needed to build a network" in loaded.stderr
    doctor = run(hubtool, "doctor", cwd=plain)
    assert doctor.returncode == 0
    assert "pip install 'hubtool[mindspore]'" in doctor.stdout
