from __future__ import annotations

from pathlib import Path

import pytest

from hubtool.card.catalogue import Catalogue
from hubtool.card.claimset import choose, claim_sets
from hubtool.card.parse import read_card
from hubtool.card.record import Card
from tests.conftest import edit


def card(path: Path) -> Card:
    parsed = read_card(path)
    assert parsed.card is not None
    return parsed.card


def test_two_claims_about_two_files_are_two_subjects(cards: Path) -> None:
    subjects = claim_sets(card(cards / "bit_resnet50_imagenet2012.md"))
    found = [(s.network_name, s.asset.digest.hex, [m.value for m in s.claims], s.params_m) for s in subjects]
    assert found == [
        ("bit_resnet50", "77dcaf0f", [76.85, 93.24], 25.55),
        ("bit_resnet50", "1e4795a4", [76.81, 93.17], 25.55),
        ("bit_resnet50x3", "a960f91f", [80.63, 95.12], 217.31),
        ("bit_resnet101", "2efa9106", [77.93, 93.75], 44.54),
    ]


def test_a_row_that_repeats_the_front_matter_is_no_subject_of_its_own(cards: Path) -> None:
    (subject,) = claim_sets(card(cards / "bit_digits.md"))
    assert subject.variant is None
    assert subject.params_m == 0.5


def test_a_row_that_contradicts_the_front_matter_is(cards: Path) -> None:
    path = cards / "bit_digits.md"
    edit(path, "| 98.33     |", "| 99.33     |")
    front, row = claim_sets(card(path))
    assert (front.claims[0].value, row.claims[0].value) == (98.33, 99.33)
    assert row.asset is front.asset
    assert row.asset.digest.kind == "full"


@pytest.mark.parametrize(
    ("index", "fetch"),
    [(0, "hubtool pull bit_resnet50"), (1, "an evaluation fetches it"), (2, "hubtool pull bit_resnet50x3")],
)
def test_how_to_fetch(cards: Path, index: int, fetch: str) -> None:
    assert claim_sets(card(cards / "bit_resnet50_imagenet2012.md"))[index].how_to_fetch == fetch


def test_the_name_of_a_line_about_two_datasets_stands_for_both(cards: Path) -> None:
    path = cards / "bit_resnet50_imagenet2012.md"
    edit(path, "| Top-1 (%) | Top-5 (%) |", "| Top-1 (%) | CIFAR-10 Top-1 |")
    found = choose(Catalogue([cards]), ["bit_resnet101"]).claim_sets
    assert [(one.dataset, [claim.value for claim in one.claims]) for one in found] == [
        ("ImageNet2012", [77.93]),
        ("CIFAR-10", [93.75]),
    ]
