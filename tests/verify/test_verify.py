"""The steps of a verification, with the real network of the demo and sessions that cost nothing where answers do not matter."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from hubtool.card.catalogue import Catalogue
from hubtool.card.claimset import choose
from hubtool.data.locations import locations_from
from hubtool.engine import choose as engines
from hubtool.engine.protocol import Identity
from hubtool.errors import EnvironmentProblem
from hubtool.evaluation import gate
from hubtool.evidence.verdict import Verdict
from hubtool.verify.checks import Status
from hubtool.verify.plan import Plan
from hubtool.verify.predicted import files_for
from hubtool.verify.verify import verify
from hubtool.workspace import Workspace
from tests.conftest import Hubtool, edit
from tests.data import makers

LONG_AGO = 1_600_000_000
np = pytest.importorskip("numpy")
pytest.importorskip("sklearn")


class Zeros:
    """A session that answers 0 to every image; also the backend that opens it, and counts."""

    name = "zeros"
    identity = Identity("zeros", "1", "float32", "none")

    def __init__(self) -> None:
        self.opened = 0
        self.trouble: Exception | None = None

    def why_not(self, model, execution) -> str:
        if self.trouble:
            raise self.trouble
        return ""

    def open(self, model, execution, workload):
        self.opened += 1
        return self

    def logits(self, images):
        return np.tile(np.arange(10, 0, -1, dtype="float32"), (len(images), 1))

    def __enter__(self):
        return self

    def __exit__(self, *_) -> None:
        pass


@pytest.fixture
def zeros(monkeypatch: pytest.MonkeyPatch) -> Zeros:
    engine = Zeros()
    monkeypatch.setitem(engines.BACKENDS, "zeros", engine)
    monkeypatch.setattr(gate, "REFERENCE", "zeros")  # nothing to compare it with
    return engine


def copied(cards: Path, name: str, *changes: tuple[str, str]) -> None:
    """A card of another name about the checkpoint of the digits."""
    (cards / "hubtool.lock").unlink(missing_ok=True)
    path = Path(shutil.copy(cards / "bit_digits.md", cards / f"{name}.md"))
    for old, new in changes:
        edit(path, old, new)


def run(cards: Path, tmp_path: Path, *given: str, names=(), **options):
    dataset = {word.partition("=")[0] for word in given} | {"digits"}
    workspace = Workspace((cards,), tmp_path / "cache")
    plan = Plan(
        workspace, reproduce_eval=True, engine="zeros", locations=locations_from(given, None, dataset), **options
    )
    return verify(choose(Catalogue([cards]), names), plan)


def test_an_engine_that_does_not_load_costs_its_results_and_no_others(
    cards: Path, tmp_path: Path, zeros: Zeros
) -> None:
    zeros.trouble = EnvironmentProblem("libfoo.so is missing")
    results = {result.heading.name: result for result in run(cards, tmp_path)}
    digits = results["bit_digits"]
    assert (digits.checks[-1].status, digits.checks[-1].detail) == (Status.FAILED, "libfoo.so is missing")
    assert results["bit_resnet50"].error is None


def test_cards_that_spell_a_dataset_differently_share_an_evaluation(cards: Path, tmp_path: Path, zeros: Zeros) -> None:
    copied(cards, "twin", ("train-dataset: digits", "train-dataset: Digits"))
    first, second = run(cards, tmp_path, names=["bit_digits", "twin"])
    assert zeros.opened == 1
    assert first.run is second.run


def test_results_come_in_the_order_of_the_catalogue_broken_cards_too(cards: Path, tmp_path: Path, zeros: Zeros) -> None:
    copied(cards, "bit_z", ("author: hubtool", "author: [1"))
    copied(cards, "bit_e", ("author: hubtool", "author: [1"))
    names = [
        result.heading.place if result.claim_set is None else result.heading.name for result in run(cards, tmp_path)
    ]
    assert names[0] == "bit_digits"
    assert Path(names[1]).stem == "bit_e"
    assert Path(names[-1]).stem == "bit_z"


def test_the_first_problem_is_the_last_thing_done(cards: Path, tmp_path: Path, zeros: Zeros) -> None:
    """The second card's file is neither fetched nor evaluated, once a figure of the first is wrong."""
    copied(cards, "second")
    other = cards / "assets" / "other.ckpt"
    checkpoint = next((cards / "assets").glob("bit_digits-*.ckpt"))
    shutil.copy(checkpoint, other)
    edit(cards / "second.md", f"assets/{checkpoint.name}", "assets/other.ckpt")
    (result,) = run(cards, tmp_path, names=["bit_digits", "second"], fail_fast=True)
    assert {claim.verdict for claim in result.claims} == {Verdict.MISMATCH}
    assert zeros.opened == 1
    assert not list((tmp_path / "cache").rglob("other.ckpt"))


def test_weights_that_change_after_they_were_verified_are_not_run(
    cards: Path, tmp_path: Path, zeros: Zeros, monkeypatch: pytest.MonkeyPatch
) -> None:
    def why_not(model, execution) -> str:  # between the look at the files and the evaluation
        model.weights.chmod(0o644)
        model.weights.write_bytes(model.weights.read_bytes()[::-1])
        return ""

    monkeypatch.setattr(zeros, "why_not", why_not)
    (result,) = run(cards, tmp_path, names=["bit_digits"])
    assert result.exit_code(strict=False) == 5
    assert "changed since it was verified" in result.checks[-1].detail
    assert zeros.opened == 0


def test_an_eval_recipe_is_about_the_dataset_of_the_card(cards: Path, tmp_path: Path, zeros: Zeros) -> None:
    root = makers.write_mnist(tmp_path / "mnist", makers.pixels(4, 1, 28), [1, 2, 3, 4])
    edit(cards / "bit_digits.md", "train-dataset: digits", "train-dataset: digits\n\neval-recipe:\n\n  crop-pct: 0.9")
    text = (cards / "bit_digits.md").read_text().partition("## Results")[0]
    row = "## Results\n\n| Model | Dataset | Top-1 (%) | Download |\n| --- | --- | --- | --- |\n"
    asset = next((cards / "assets").glob("bit_digits-*.ckpt")).name
    (cards / "bit_digits.md").write_text(f"{text}{row}| bit_digits | MNIST | 5.0 | [w](assets/{asset}) |\n")
    front, other = run(cards, tmp_path, f"mnist={root}", names=["bit_digits"])
    assert front.checks[-1].detail.endswith("are prepared in one way only")
    assert other.recipe is not None
    assert (other.recipe.crop_pct, other.recipe.image_size) == (1.0, 32)


def test_predictions_of_one_file_on_two_datasets_are_two_files(cards: Path, tmp_path: Path, zeros: Zeros) -> None:
    root = makers.write_mnist(tmp_path / "mnist", makers.pixels(4, 1, 28), [1, 2, 3, 4])
    copied(cards, "twin", ("train-dataset: digits", "train-dataset: mnist"))
    results = run(cards, tmp_path, f"mnist={root}", names=["bit_digits", "twin"])
    files = dict(files_for(tmp_path / "p.csv", results))
    assert sorted(path.name for path in files) == ["p-bit_digits-5082903c.csv", "p-bit_digits-mnist-5082903c.csv"]
    assert sorted(evaluation.counts.images for evaluation in files.values()) == [4, 360]


def test_looking_at_a_file_of_the_cache_counts_as_using_it(hubtool: Hubtool, cards: Path) -> None:
    assert hubtool("--cards", cards, "pull", "bit_digits").code == 0
    checkpoint = next((cards / "assets").glob("bit_digits-*.ckpt"))
    edit(cards / "bit_digits.md", f"assets/{checkpoint.name}", f"https://weights.example/{checkpoint.name}")
    (note,) = (Path(hubtool.environment["HUBTOOL_CACHE"]) / "sha256").glob("*.json")
    os.utime(note, (LONG_AGO, LONG_AGO))
    assert hubtool("--cards", cards, "inspect", "bit_digits", "--no-statistics").code == 0
    assert note.stat().st_mtime > LONG_AGO
