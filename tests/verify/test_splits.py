"""Which split claims are evaluated on, and which claims share one."""

from __future__ import annotations

import pickle
import shutil
from pathlib import Path

import pytest

from hubtool.card.catalogue import Catalogue
from hubtool.card.claimset import ClaimSet, choose
from hubtool.data.locations import locations_from
from hubtool.errors import UsageProblem
from hubtool.network.bit import family
from hubtool.network.bit.spec import bit_spec
from hubtool.verify.plan import Plan
from hubtool.verify.splits import Splits
from hubtool.workspace import Workspace
from tests.conftest import edit
from tests.data import makers

pytest.importorskip("sklearn")


def claims(cards: Path, model: str, **shape: int) -> ClaimSet:
    """The demo card's front matter, about another network."""
    family._BY_KEY[model] = bit_spec(model, units=(1, 1, 1), width=32, input_size=32, **shape)
    shutil.copy(cards / "bit_digits.md", cards / f"{model}.md")
    edit(cards / f"{model}.md", "model-name: bit_digits", f"model-name: {model}")
    return choose(Catalogue([cards]), [str(cards / f"{model}.md")]).claim_sets[0]


@pytest.fixture(autouse=True)
def _known_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(family, "_BY_KEY", dict(family._BY_KEY))


def plan(cards: Path, cache: Path, dataset: str, *given: str) -> Plan:
    return Plan(Workspace((cards,), cache), reproduce_eval=True, locations=locations_from(given, None, [dataset]))


def test_networks_that_take_other_colours_do_not_share_a_split(cards: Path, tmp_path: Path) -> None:
    grey = claims(cards, "grey", num_classes=10, in_channels=1)
    colour = claims(cards, "colour", num_classes=10, in_channels=3)
    splits, digits = Splits(), plan(cards, tmp_path, "digits")
    assert splits.open(splits.of(grey, digits)).name == "digits (test split)"
    with pytest.raises(UsageProblem, match="read with 1 channel, the network takes 3 channels"):
        splits.of(colour, digits)


def test_networks_that_ask_the_same_of_a_dataset_share_it(cards: Path, tmp_path: Path) -> None:
    root = makers.write_mnist(tmp_path / "mnist", makers.pixels(4, 1, 28), [1, 2, 3, 4])
    edit(cards / "bit_digits.md", "train-dataset: digits", "train-dataset: mnist")
    one, other = (claims(cards, name, num_classes=10, in_channels=1) for name in ("one", "other"))
    wide = claims(cards, "wide", num_classes=12, in_channels=1)
    splits, mnist = Splits(), plan(cards, tmp_path, "mnist", f"mnist={root}")
    assert splits.of(one, mnist) == splits.of(other, mnist)
    assert splits.open(splits.of(one, mnist)) is splits.open(splits.of(other, mnist))
    with pytest.raises(UsageProblem, match="10 classes"):
        splits.of(wide, mnist)


def test_a_plan_and_the_images_it_gives_can_be_sent_to_another_process(cards: Path, tmp_path: Path) -> None:
    digits = plan(cards, tmp_path, "digits")
    assert pickle.loads(pickle.dumps(digits)) == digits
    images = Splits().of(claims(cards, "grey", num_classes=10, in_channels=1), digits)
    assert pickle.loads(pickle.dumps(images)) == images
