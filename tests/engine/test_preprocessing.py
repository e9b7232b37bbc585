"""Who says how images are prepared: the dataset, MindCV, the card, the user."""

from __future__ import annotations

from pathlib import Path

import pytest

from hubtool.card.claimset import ClaimSet, claim_sets
from hubtool.card.parse import parse_card
from hubtool.data.transform.spec import KEYS, EvalRecipe
from hubtool.engine.preprocessing import foreseen, preprocessing, usual_recipe
from hubtool.errors import UsageProblem
from hubtool.network.registry import find_spec
from tests.network.test_claimed import MINDCV, text

CONVNEXT, SWIN, BIT = (find_spec(name) for name in ("convnext_tiny", "swin_tiny", "bit_resnet50"))
CONFIG = "MindCV's config of convnext_tiny"


def claims(name: str = "convnext_tiny", dataset: str = "ImageNet2012", recipe: str = "") -> ClaimSet:
    written = text(name=name, repo=MINDCV, dataset=dataset)
    if recipe:
        written = written.replace("user-id:", f"eval-recipe:\n  {recipe}\nuser-id:")
    card = parse_card(written, Path("card.md")).card
    assert card is not None
    return claim_sets(card)[0]


def test_a_network_is_evaluated_as_mindcv_does_it() -> None:
    found = foreseen(claims(), CONVNEXT)
    assert (found.recipe.crop_pct, found.recipe.interpolation) == (0.95, "bicubic")
    assert found.sources["crop_pct"] == found.sources["interpolation"] == CONFIG
    assert found.sources["mean"] == "MindCV's default for ImageNet-1k"
    assert found.sources.keys() == set(KEYS)


def test_a_size_that_no_configuration_states_is_that_of_the_network() -> None:
    found = foreseen(claims("swinv2_tiny_window16"), find_spec("swinv2_tiny_window16"))
    assert (found.recipe.image_size, found.sources["image_size"]) == (256, "the input size of swinv2_tiny_window16")


def test_the_card_overrides_that_and_the_user_both() -> None:
    said = claims(recipe="crop-pct: 0.9")
    found = foreseen(said, CONVNEXT)
    assert (found.recipe.crop_pct, found.sources["crop_pct"]) == (0.9, "the card's eval-recipe")
    assert (found.recipe.interpolation, found.sources["interpolation"]) == ("bicubic", CONFIG)
    found = foreseen(said, CONVNEXT, {"crop_pct": "0.8"})
    assert (found.recipe.crop_pct, found.sources["crop_pct"]) == (0.8, "--recipe")
    assert usual_recipe(said, CONVNEXT).crop_pct == 0.95


def test_the_settings_for_imagenet_are_not_those_of_another_dataset() -> None:
    found = foreseen(claims(dataset="CIFAR-10"), CONVNEXT)
    assert (found.recipe.crop_pct, found.recipe.interpolation, found.recipe.image_size) == (1.0, "bilinear", 224)
    assert set(found.sources.values()) == {"MindCV's default for CIFAR-10", "the input size of convnext_tiny"}


def test_nothing_is_foreseen_without_a_dataset_or_for_grey_images_that_nobody_prepares() -> None:
    assert foreseen(claims(dataset="N/A"), CONVNEXT) is None
    assert foreseen(claims("bit_digits", dataset="digits"), find_spec("bit_digits")) is None


def test_a_size_that_a_network_cannot_take_is_an_error() -> None:
    with pytest.raises(UsageProblem, match="swin_tiny takes images of 224 pixels a side, not of 256") as caught:
        foreseen(claims("swin_tiny"), SWIN, {"image_size": "256"})
    assert caught.value.hint == "use image_size=224"
    assert foreseen(claims("swin_tiny"), SWIN, {"image_size": "224"}).recipe.image_size == 224
    assert foreseen(claims("bit_resnet50"), BIT, {"image_size": "256"}).recipe.image_size == 256


def test_that_holds_for_what_a_card_says_too() -> None:
    with pytest.raises(UsageProblem, match="swin_tiny takes images of 224 pixels"):
        preprocessing(claims("swin_tiny", recipe="image-size: 256"), SWIN, EvalRecipe())
