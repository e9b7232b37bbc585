"""What evaluations may do differently, as a list; tests/diagnosis/test_run.py tries them."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain

import pytest

from hubtool.data.transform.spec import EvalRecipe
from hubtool.diagnosis.hypotheses import (
    Hypothesis,
    different,
    label_hypotheses,
    recipe_hypotheses,
    settings_hypotheses,
)
from hubtool.network.registry import find_spec

COMMON = EvalRecipe()
CONVNEXT = replace(COMMON, crop_pct=0.95, interpolation="bicubic")


def tried(recipe: EvalRecipe, usual: EvalRecipe, name: str) -> dict[str, Hypothesis]:
    both = chain(recipe_hypotheses(recipe), settings_hypotheses(recipe, usual, find_spec(name)))
    return {hypothesis.key: hypothesis for hypothesis in different(both, recipe)}


def test_mindcv_s_settings_are_tried_where_the_card_or_the_user_overrides_them() -> None:
    found = tried(COMMON, CONVNEXT, "convnext_tiny")
    assert found["settings=mindcv"].recipe == CONVNEXT
    assert found["settings=mindcv"].what == (
        "MindCV's settings for convnext_tiny (crop_pct=0.95, interpolation=bicubic)"
    )
    assert "settings=common" not in found  # as evaluated


def test_the_common_settings_are_tried_where_mindcv_s_differ_from_them() -> None:
    found = tried(CONVNEXT, CONVNEXT, "convnext_tiny")
    assert found["settings=common"].recipe == COMMON
    assert found["settings=common"].what == "the common settings (crop_pct=0.875, interpolation=bilinear)"
    assert "settings=mindcv" not in found


def test_what_differs_in_one_setting_keeps_its_key_and_says_whose_it_is() -> None:
    overridden = replace(CONVNEXT, crop_pct=0.9)
    found = tried(overridden, CONVNEXT, "convnext_tiny")
    assert found["crop_pct=0.95"].what == "a centre crop of 0.95, as in MindCV's settings for convnext_tiny"
    assert "settings=mindcv" not in found
    recipes = [one.recipe for one in found.values()]
    assert len(set(recipes)) == len(recipes)


@pytest.mark.parametrize(("name", "side"), [("inception_v3", 224), ("swinv2_tiny_window8", 256)])
def test_a_size_that_the_network_cannot_take_is_not_tried(name: str, side: int) -> None:
    own = replace(CONVNEXT, image_size=find_spec(name).input_size)
    assert tried(own, own, name)["settings=common"].recipe.image_size == side


@pytest.mark.parametrize(("outputs", "has_background"), [(1000, False), (1001, True), (21842, True)])
def test_a_background_class_is_tried_where_the_network_may_have_one(outputs: int, has_background: bool) -> None:
    assert any(one.first_output for one in label_hypotheses(outputs)) is has_background
