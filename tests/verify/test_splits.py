"""Which split a subject is evaluated on, and which subjects share one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from hubtool.asset.cache import Cache
from hubtool.card.catalogue import Catalogue
from hubtool.card.claimset import Subject, choose
from hubtool.data.locations import locations_from
from hubtool.errors import UsageProblem
from hubtool.network import registry
from hubtool.network.bit.spec import Architecture
from hubtool.verify.plan import Plan
from hubtool.verify.splits import Splits
from tests.conftest import edit
from tests.data import makers

pytest.importorskip("sklearn")


def subject(cards: Path, model: str, **shape: int) -> Subject:
    """The demo card's front matter, about another network."""
    network = Architecture(model, units=(1, 1, 1), width=32, input_size=32, **shape)
    registry._BY_KEY[model] = network
    shutil.copy(cards / "bit_digits.md", cards / f"{model}.md")
    edit(cards / f"{model}.md", "model-name: bit_digits", f"model-name: {model}")
    (found,) = choose(Catalogue([cards]), [str(cards / f"{model}.md")])[:1]
    assert isinstance(found, Subject)
    return found


@pytest.fixture(autouse=True)
def _known_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_BY_KEY", dict(registry._BY_KEY))


def test_networks_that_take_other_colours_do_not_share_a_split(cards: Path, tmp_path: Path) -> None:
    grey = subject(cards, "grey", num_classes=10, in_channels=1)
    colour = subject(cards, "colour", num_classes=10, in_channels=3)
    splits = Splits(Plan(Cache(tmp_path), reproduce_eval=True, locations=locations_from([], None, ["digits"])))
    assert splits.of(grey).name == "digits (test split)"
    with pytest.raises(UsageProblem, match="read with 1 channel, the network takes 3 channels"):
        splits.of(colour)


def test_networks_that_ask_the_same_of_a_dataset_share_it(cards: Path, tmp_path: Path) -> None:
    root = makers.write_mnist(tmp_path / "mnist", makers.pixels(4, 1, 28), [1, 2, 3, 4])
    edit(cards / "bit_digits.md", "train-dataset: digits", "train-dataset: mnist")
    one, other = (subject(cards, name, num_classes=10, in_channels=1) for name in ("one", "other"))
    wide = subject(cards, "wide", num_classes=12, in_channels=1)
    locations = locations_from([f"mnist={root}"], None, ["mnist"])
    splits = Splits(Plan(Cache(tmp_path), reproduce_eval=True, locations=locations))
    assert splits.of(one) is splits.of(other)
    with pytest.raises(UsageProblem, match="10 classes"):
        splits.of(wide)
