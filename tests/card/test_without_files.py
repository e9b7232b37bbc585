"""Cards of models that are only code, and values that say none."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from hubtool.card.parse import parse_card
from hubtool.card.record import Card
from hubtool.lint.engine import check_card
from hubtool.lint.rule import Facts
from tests.conftest import CARDS, Hubtool, edit

VALID = (CARDS / "bit_digits.md").read_text(encoding="utf-8")
ASSET = re.compile(r"asset:\n(?:\s*- .*\n|  .*\n)+")
NO_ASSET = ["", "asset:\n", "asset: []\n", "asset: N/A\n", "asset: none\n", "asset: null\n", "asset: ~\n", "asset: -\n"]


def read(text: str) -> Card:
    parsed = parse_card(text, Path("net.md"))
    assert parsed.card is not None, parsed.problems
    return parsed.card


@pytest.mark.parametrize("asset", NO_ASSET)
def test_a_card_without_files_has_a_record_and_an_info(asset: str) -> None:
    text, count = ASSET.subn(asset, VALID)
    assert count == 1
    assert read(text).assets == ()
    found = check_card(parse_card(text, Path("bit_digits.md")), Facts(), frozenset({"HT201", "HT202", "HT412"}))
    assert [(one.code, one.severity.value) for one in found] == [("HT412", "info")]


@pytest.mark.parametrize("asset", ["asset: weights\n", "asset: {a: b}\n", "asset:\n- text\n"])
def test_a_wrong_list_of_files_is_still_an_error(asset: str) -> None:
    parsed = parse_card(ASSET.sub(asset, VALID), Path("net.md"))
    assert parsed.card is None
    assert {problem.kind for problem in parsed.problems} == {"field-value"}


@pytest.mark.parametrize(
    "written", ["N/A", "n/a", "N·A", "n.a.", "NA", "none", "None", "null", "~", "-", "\u2014", "", "''", "无", "TBD"]
)
def test_a_dataset_that_is_none(written: str) -> None:
    text = VALID.replace("train-dataset: digits", f"train-dataset: {written}")
    assert text != VALID
    assert read(text).train_dataset is None
    assert check_card(parse_card(text, Path("net.md")), Facts(), frozenset({"HT202", "HT209"})) == []


@pytest.mark.parametrize("written", ["NABirds", "ImageNet | CIFAR-10", "NoneSuch", "Nantes"])
def test_a_dataset_that_only_looks_like_none(written: str) -> None:
    assert read(VALID.replace("train-dataset: digits", f"train-dataset: {written}")).train_dataset == written


@pytest.fixture
def code_only(cards: Path) -> Path:
    card = cards / "bit_digits.md"
    text = ASSET.sub("", card.read_text(encoding="utf-8"))
    card.write_text(text.partition("\n## ")[0] + "\n", encoding="utf-8")
    edit(card, "train-dataset: digits", "train-dataset: N/A")
    return cards


def test_commands_on_a_card_without_files(hubtool: Hubtool, code_only: Path) -> None:
    verified = hubtool("verify", "--cards", code_only, "bit_digits", "--json")
    (result,) = json.loads(verified.out)["results"]
    assert (verified.code, verified.err) == (0, "")
    assert result["asset"] == {"path": None, "sha256": None}
    assert ("asset", "skipped", "no file is linked") in [
        (check["level"], check["status"], check["detail"]) for check in result["checks"]
    ]
    shown = hubtool("show", "--cards", code_only, "bit_digits", "--json")
    assert json.loads(shown.out)["assets"] == []
    assert "no file" in hubtool("show", "--cards", code_only, "bit_digits").out
    assert "bit_digits" in hubtool("list", "--cards", code_only).out
    pulled = hubtool("pull", "--cards", code_only, "bit_digits")
    assert (pulled.code, pulled.out) == (3, "")
    assert "links no file" in pulled.err
    locked = hubtool("lock", "--cards", code_only, "bit_digits")
    assert (locked.code, "no file is linked" in locked.err) == (0, True)


@pytest.mark.parametrize("network", ["bit_digits", "net_that_nobody_builds"])
def test_why_the_figures_of_a_card_without_files_are_not_evaluated(
    hubtool: Hubtool, code_only: Path, network: str
) -> None:
    card = code_only / "bit_digits.md"
    edit(card, "model-name: bit_digits", f"model-name: {network}")
    table = f"\n## Results\n\n| Model | Top-1 |\n|-|-|\n| {network} | 98.33 |\n"
    card.write_text(card.read_text(encoding="utf-8") + table, encoding="utf-8")
    (result,) = json.loads(hubtool("verify", "--cards", code_only, network, "--json").out)["results"]
    assert {claim["reason"] for claim in result["claims"]} == {"no file is linked"}


def test_a_card_without_files_does_not_end_other_pulls(hubtool: Hubtool, code_only: Path) -> None:
    (code_only / "bit_digits.md").rename(code_only / "codeonly.md")
    edit(code_only / "codeonly.md", "model-name: bit_digits", "model-name: codeonly")
    (code_only / "bit_digits.md").write_text(VALID, encoding="utf-8")
    pulled = hubtool("pull", "--cards", code_only, "codeonly", "bit_digits")
    assert pulled.code == 3
    assert "codeonly.md: the card links no file" in pulled.err
    assert "bit_digits" in pulled.out
