"""The wheel as a user installs it: elsewhere, and without extras."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from tests.conftest import DIGITS_CHECKPOINT
from tests.packaging.installed import Installed

pytestmark = pytest.mark.packaging


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


def test_without_extras_cards_and_files_work(plain: Installed) -> None:
    packages = plain.python("-m", "pip", "list").stdout
    assert "mindspore" not in packages
    assert "numpy" not in packages
    assert plain.hubtool("validate").stdout == "2 cards: no problem\n"
    assert "bit_resnet101" in plain.hubtool("list").stdout
    assert json.loads(plain.hubtool("show", "bit_digits", "--json").stdout)["model_name"] == "bit_digits"
    pulled = plain.hubtool("pull", "bit_digits")
    assert pulled.returncode == 0
    assert Path(pulled.stdout.strip()).read_bytes() == DIGITS_CHECKPOINT.read_bytes()
    assert plain.python("-m", "hubtool", "--version").stdout.startswith("hubtool ")


def test_without_extras_the_rest_names_the_extra(plain: Installed) -> None:
    verified = plain.hubtool("verify", "bit_digits", "--reproduce-eval", "--json")
    assert verified.returncode == 0
    (result,) = json.loads(verified.stdout)["results"]
    assert {claim["verdict"] for claim in result["claims"]} == {"not-run"}
    assert "pip install 'hubtool[" in result["claims"][0]["reason"]
    reported = plain.hubtool("verify", "--report", "out.html")
    assert (reported.returncode, reported.stdout) == (6, "")
    assert "pip install 'hubtool[report]'" in reported.stderr
    recipe = plain.packages / "hubtool" / "_packaged" / "cards" / "recipes" / "bit_digits.yaml"
    trained = plain.hubtool("train", recipe)
    assert (trained.returncode, trained.stdout) == (6, "")
    assert "pip install 'hubtool[mindspore]'" in trained.stderr
    loaded = plain.python("-c", "import hubtool; hubtool.load('bit_digits')")
    assert "MissingExtra: mindspore is needed to build a network" in loaded.stderr
    doctor = plain.hubtool("doctor")
    assert doctor.returncode == 0
    assert "pip install 'hubtool[mindspore]'" in doctor.stdout
