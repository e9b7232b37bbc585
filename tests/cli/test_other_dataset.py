"""A row about another dataset than the card is judged on that dataset, or not at all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import Hubtool, edit
from tests.data import makers

pytestmark = pytest.mark.mindspore
IMAGES = 20
ROW = """## Results

| Model      | Dataset | Top-1 (%) | Download |
| ---------- | ------- | --------- | -------- |
| bit_digits | digits  | 98.33     |          |
| bit_digits | MNIST   | 45.00     | [weights](assets/bit_digits-5082903c.ckpt) |

"""


@pytest.fixture
def with_a_row_about_mnist(cards: Path) -> Path:
    card = cards / "bit_digits.md"
    before, _, after = card.read_text(encoding="utf-8").partition("## Results")
    rest = after.partition("\n## ")[2]
    card.write_text(f"{before}{ROW}\n## {rest}" if rest else f"{before}{ROW}", encoding="utf-8")
    return cards


def claims(hubtool: Hubtool, cards: Path, *options: str) -> dict[str | None, dict]:
    """The top-1 claims by what the result is about: the front matter, or a row's dataset."""
    done = hubtool("--cards", cards, "verify", "bit_digits", "--reproduce-eval", "--json", *options)
    assert done.code in {0, 1}, done.err
    found = {}
    for result in json.loads(done.out)["results"]:
        (top1,) = [claim for claim in result["claims"] if claim["metric"] == "top1"]
        found[(result["variant"], top1["published"])] = top1
    return found


def test_it_is_not_run_until_that_dataset_is_given(hubtool: Hubtool, with_a_row_about_mnist: Path) -> None:
    found = claims(hubtool, with_a_row_about_mnist)
    assert found[None, 98.33]["verdict"] == "reproduced"
    row = found["bit_digits", 45.0]
    assert (row["verdict"], row["measured"]) == ("not-run", None)
    assert "MNIST was not given: hubtool verify" in row["reason"]
    assert "--data mnist=PATH" in row["reason"]


def test_it_is_judged_there(hubtool: Hubtool, with_a_row_about_mnist: Path, tmp_path: Path) -> None:
    labels = [number % 10 for number in range(IMAGES)]
    root = makers.write_mnist(tmp_path / "mnist", makers.pixels(IMAGES, 1, 28), labels)
    found = claims(hubtool, with_a_row_about_mnist, "--data", f"mnist={root}", "--evidence", str(tmp_path / "evidence"))
    assert (found[None, 98.33]["verdict"], found[None, 98.33]["images"]) == ("reproduced", 360)
    row = found["bit_digits", 45.0]
    assert row["images"] == row["dataset_images"] == IMAGES
    assert row["verdict"] in {"mismatch", "reproduced"}
    assert "the MNIST test split has 10,000 images" in row["reason"]
    evidence = sorted(path.name for path in (tmp_path / "evidence").iterdir())
    assert evidence == ["bit_digits-5082903c.intoto.json", "bit_digits-bit_digits-mnist-5082903c.intoto.json"]


def test_a_row_that_names_the_card_s_dataset_in_other_words_is_about_it(hubtool: Hubtool, cards: Path) -> None:
    edit(cards / "bit_digits.md", "train-dataset: digits", "train-dataset: Digits")
    assert claims(hubtool, cards)[None, 98.33]["verdict"] == "reproduced"
