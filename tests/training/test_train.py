"""Training through the command line, from the recipe to the figures of the card."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from hubtool.checkpoint.reader import Checkpoint
from hubtool.network.layout import check_layout
from hubtool.network.registry import find_spec
from tests.conftest import CARDS, Hubtool

pytestmark = pytest.mark.mindspore
RECIPE = CARDS / "recipes" / "bit_digits.yaml"


def test_a_short_run_writes_a_checkpoint_that_says_what_it_is(hubtool: Hubtool, tmp_path: Path) -> None:
    recipe = tmp_path / "short.yaml"
    recipe.write_text(
        RECIPE.read_text().replace("epochs: 14", "epochs: 1").replace("warmup_epochs: 2", "warmup_epochs: 0")
    )
    run = hubtool("train", recipe, "--to", tmp_path / "out")
    assert run.code == 0
    path, evaluation, digest = run.out.splitlines()
    checkpoint = Path(path)
    sha256 = hashlib.sha256(checkpoint.read_bytes()).hexdigest()
    assert list((tmp_path / "out").iterdir()) == [checkpoint]
    assert checkpoint.name == f"bit_digits-{sha256[:8]}.ckpt"
    assert digest == f"asset-sha256: {sha256}"
    assert evaluation.startswith("evaluation: top1acc")
    check_layout(Checkpoint(checkpoint), find_spec("bit_digits"))
    assert checkpoint.stat().st_mode & 0o777 == 0o644


def test_a_folder_that_cannot_be_written_and_a_network_that_does_not_fit(hubtool: Hubtool, tmp_path: Path) -> None:
    recipe = tmp_path / "wrong.yaml"
    recipe.write_text(RECIPE.read_text().replace("network: bit_digits", "network: bit_resnet50"))
    run = hubtool("train", recipe)
    assert (run.code, run.out) == (2, "")
    assert "bit_resnet50 does not fit digits" in run.err
    recipe.write_text(RECIPE.read_text().replace("batch_size: 64", "batch_size: 1438"))
    run = hubtool("train", recipe)
    assert (run.code, run.out) == (2, "")
    assert "batch_size 1438 is more than the 1,437 training images" in run.err


@pytest.mark.slow
def test_training_again_lands_within_a_point_of_the_card(hubtool: Hubtool, tmp_path: Path) -> None:
    run = hubtool("train", RECIPE, "--to", tmp_path, "--json", "-q", timeout=1200)
    assert run.code == 0
    outcome = json.loads(run.out)
    assert outcome["images"] == 360
    assert abs(100 * outcome["correct"]["top1"] / 360 - 98.33) <= 1
    assert abs(100 * outcome["correct"]["top5"] / 360 - 100) <= 1
