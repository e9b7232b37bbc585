from __future__ import annotations

from pathlib import Path

import pytest

from hubtool.card.cardfiles import card_files
from hubtool.card.catalogue import Catalogue
from hubtool.errors import AmbiguousName, CardError, NotFound
from tests.conftest import CARDS, edit

VALID = (CARDS / "bit_resnet50_imagenet2012.md").read_text(encoding="utf-8")


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    """A hub in folders owner/version: net in three versions, and on two datasets."""
    for place, version in [
        ("owner/1.9/net_a", "1.9"),
        ("owner/1.10/net_a", "1.10"),
        ("owner/1.10/net_b", "1.10"),
        ("owner/1.2/solo", "1.2"),
    ]:
        name = "solo" if place.endswith("solo") else "net"
        text = VALID.replace("model-name: bit_resnet50", f"model-name: {name}").replace(
            "version: 2.5", f"version: {version}"
        )
        path = tmp_path / f"{place}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "uid", "variant"),
    [
        ("bit_resnet50", "mindspore/2.5/bit_resnet50_imagenet2012", None),
        ("BiT_ResNet50", "mindspore/2.5/bit_resnet50_imagenet2012", None),
        ("bit_resnet50_imagenet2012", "mindspore/2.5/bit_resnet50_imagenet2012", None),
        ("mindspore/2.5/bit_resnet50_imagenet2012", "mindspore/2.5/bit_resnet50_imagenet2012", None),
        (str(CARDS / "bit_digits.md"), "hubtool/1.0/bit_digits", None),
        ("bit_resnet50x3", "mindspore/2.5/bit_resnet50_imagenet2012", "bit_resnet50x3"),
        ("bit_resnet101", "mindspore/2.5/bit_resnet50_imagenet2012", "bit_resnet101"),
    ],
)
def test_names_that_stand_for_something(name: str, uid: str, variant: str | None) -> None:
    match = Catalogue([CARDS]).resolve(name)
    assert (match.card.uid, match.variant.model if match.variant else None) == (uid, variant)


@pytest.mark.parametrize(
    ("name", "uid"),
    [
        ("net_a", "owner/1.10/net_a"),
        ("owner/1.9/net_a", "owner/1.9/net_a"),
        ("solo", "owner/1.2/solo"),
    ],
)
def test_the_newest_version_is_meant(hub: Path, name: str, uid: str) -> None:
    assert Catalogue([hub]).resolve(name).card.uid == uid


def test_an_ambiguous_name_lists_the_candidates(hub: Path) -> None:
    with pytest.raises(AmbiguousName) as caught:
        Catalogue([hub]).resolve("net")
    assert "owner/1.10/net_a" in caught.value.hint
    assert "owner/1.10/net_b" in caught.value.hint
    assert "1.9" not in caught.value.hint


def test_an_unknown_name_offers_close_ones() -> None:
    with pytest.raises(NotFound) as caught:
        Catalogue([CARDS]).resolve("bit_resnet51")
    assert "bit_resnet50" in caught.value.hint


def test_an_invalid_card_is_named_with_the_place_of_its_first_error(cards: Path) -> None:
    edit(cards / "bit_digits.md", "model-version: 1.0", "model-version: new")
    catalogue = Catalogue([cards])
    with pytest.raises(CardError, match=r"bit_digits\.md:\d+:16: `model-version`"):
        catalogue.resolve("bit_digits")
    with pytest.raises(CardError):
        catalogue.resolve(str(cards / "bit_digits.md"))
    assert [card.model_name for card in catalogue.cards] == ["bit_resnet50"]


def test_an_invalid_card_is_not_passed_over_for_an_older_version(hub: Path) -> None:
    edit(hub / "owner/1.10/net_a.md", "fine-tunable: True", "fine-tunable: perhaps")
    with pytest.raises(CardError, match=r"1\.10/net_a\.md"):
        Catalogue([hub]).resolve("net_a")
    edit(hub / "owner/1.2/solo.md", "fine-tunable: True", "fine-tunable: perhaps")
    with pytest.raises(CardError, match=r"solo\.md"):
        Catalogue([hub]).resolve("solo")


def test_cards_of_two_branches_are_no_versions_of_each_other(hub: Path) -> None:
    for branch in ("gpu", "ascend"):
        target = hub / "lab" / branch / "1.1" / "twin.md"
        target.parent.mkdir(parents=True)
        target.write_text(VALID)
    with pytest.raises(AmbiguousName) as caught:
        Catalogue([hub]).resolve("twin")
    assert "lab/gpu/1.1/twin" in caught.value.hint


def test_the_shortest_name_is_the_model_name_unless_several_cards_have_it(hub: Path) -> None:
    catalogue = Catalogue([hub])
    names = {card.uid: catalogue.shortest_name(card) for card in catalogue.cards}
    assert names["owner/1.2/solo"] == "solo"
    assert names["owner/1.10/net_b"] == "owner/1.10/net_b"


def test_missing_folders_and_files() -> None:
    with pytest.raises(NotFound):
        Catalogue([Path("no/such/folder")]).resolve("bit_digits")
    with pytest.raises(NotFound):
        Catalogue([CARDS]).resolve("no/such/card.md")


def test_which_files_are_cards(tmp_path: Path) -> None:
    for name, text in [
        ("b.md", "x"),
        ("a.md", "x"),
        ("README.md", "# about this hub\n"),
        ("sub/README.md", "# card\n---\na: 1\n---\n"),
        (".hidden/c.md", "x"),
        ("notes.txt", "x"),
    ]:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    found = [path.relative_to(tmp_path).as_posix() for path in card_files(tmp_path)]
    assert found == ["a.md", "b.md", "sub/README.md"]
