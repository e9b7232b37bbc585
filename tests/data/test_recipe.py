from __future__ import annotations

import json
from pathlib import Path

import pytest

from hubtool.card.parse import parse_card
from hubtool.data.layouts.digits import Digits
from hubtool.data.layouts.imagefolder import ImageFolder
from hubtool.data.prepared import prepared, recipe_of
from hubtool.data.split import Batch
from hubtool.data.transform.spec import EvalRecipe, changed, parse_changes
from hubtool.errors import UsageProblem
from hubtool.resources import packaged
from tests.conftest import CARDS


def card(recipe: str):
    text = (CARDS / "bit_resnet50_imagenet2012.md").read_text(encoding="utf-8")
    return parse_card(text.replace("author:", f"{recipe}\n\nauthor:", 1), Path("cards/x.md"))


def test_text_becomes_values() -> None:
    words = ["crop_pct=0.9", "interpolation=bicubic", "image-size=64", "mean=127.5", "std=58,57,57.5", "channels=bgr"]
    recipe = changed(EvalRecipe(), parse_changes(words), "--recipe")
    assert recipe == EvalRecipe(64, 0.9, "shorter-side", "bicubic", (127.5,) * 3, (58, 57, 57.5), "bgr", "mindspore")
    assert recipe.resize == 71


def test_a_later_word_wins() -> None:
    assert parse_changes(["crop_pct=0.9", "crop-pct=0.95"]) == {"crop_pct": "0.95"}


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("crop_pct", "not KEY=VALUE"),
        ("crop=0.9", "no recipe has the key crop"),
        ("crop_pct=0", "`0` is no part of an image"),
        ("crop_pct=1.1", "is no part of an image"),
        ("crop_pct=nan", "`nan` is no number"),
        ("crop_pct=90%", "`90%` is no number"),
        ("crop_pct=0.9,0.9", "one value is wanted"),
        ("image_size=22.5", "is no whole number of pixels"),
        ("image_size=100000", "is no whole number of pixels"),
        ("interpolation=lanczos", "`lanczos` is none of bilinear, bicubic"),
        ("mean=0.485,0.456,0.406", "on the scale of 0 to 255, not of 0 to 1: write 123.675,116.28,103.53"),
        ("mean=1,2", "2 numbers for 3 channels"),
        ("mean=256", "numbers from 0 to 255"),
        ("std=0", "numbers from 1 to 255"),
    ],
)
def test_what_no_recipe_can_be(word: str, said: str) -> None:
    with pytest.raises(UsageProblem, match=f"--recipe {word}.*{said}"):
        parse_changes([word])


def test_a_record_satisfies_the_schema() -> None:
    from jsonschema import Draft202012Validator

    schema = json.loads((packaged("schemas") / "eval-recipe.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    for recipe in (EvalRecipe(), EvalRecipe(resize_rule="squash", backend="pillow", channels="bgr", crop_pct=1.0)):
        Draft202012Validator(schema).validate(json.loads(json.dumps(recipe.to_json())))
    assert set(schema["required"]) == set(EvalRecipe().to_json())


def test_a_card_claims_a_recipe() -> None:
    parsed = card(
        "eval-recipe:\n  crop-pct: 0.90\n  interpolation: bicubic\n  mean: [127.5, 127.5, 127.5]\n  std: 127.5"
    )
    assert parsed.problems == ()
    recipe = changed(EvalRecipe(), parsed.card.eval_recipe, "card")
    assert recipe == EvalRecipe(crop_pct=0.9, interpolation="bicubic", mean=(127.5,) * 3, std=(127.5,) * 3)
    assert card("").card.eval_recipe == {}


@pytest.mark.parametrize(
    ("recipe", "said"),
    [
        ("eval-recipe: bicubic", "`eval-recipe` is 'bicubic'"),
        ("eval-recipe:\n  crop: 0.9", "`eval-recipe` is a mapping: write how images were prepared"),
        ("eval-recipe:\n  crop-pct: 1.5", "`crop-pct` is '1.5': write the part that the centre crop keeps"),
        ("eval-recipe:\n  interpolation: lanczos", "write bilinear, bicubic"),
        ("eval-recipe:\n  mean: 0.485", "`mean` is '0.485': write one number"),
        ("eval-recipe:\n  mean: [0.485, 0.456, 0.406]", "a number on the scale of 0 to 255"),
        ("eval-recipe:\n  std: [1, 2]", "`std` is a list"),
        ("eval-recipe:\n  std: 0", "`std` is '0'"),
    ],
)
def test_the_schema_refuses_what_no_recipe_can_be(recipe: str, said: str) -> None:
    parsed = card(recipe)
    assert parsed.card is None
    assert said in parsed.problems[0].message


class Fixed:
    """A dataset that is prepared in one way only."""

    name, num_classes = "fixed", 2

    def __len__(self) -> int:
        return 1

    def batches(self, indices, batch_size):
        yield Batch(None, None)


def test_the_user_outvotes_the_card_and_the_card_the_dataset(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "1.JPEG").write_bytes(b"")
    folder = ImageFolder(tmp_path, 1, EvalRecipe(image_size=64))
    assert prepared(folder, {}, {}) is folder
    both = prepared(folder, {"crop-pct": "0.9", "interpolation": "area"}, {"crop_pct": "1.0"})
    assert recipe_of(both) == EvalRecipe(image_size=64, crop_pct=1.0, interpolation="area")
    assert (recipe_of(folder), len(both)) == (EvalRecipe(image_size=64), 1)


def test_a_dataset_without_a_recipe_cannot_be_prepared_otherwise() -> None:
    assert recipe_of(Fixed()) is None
    with pytest.raises(UsageProblem, match="--recipe: the images of fixed are prepared in one way only"):
        prepared(Fixed(), {}, {"crop_pct": "1"})


def test_the_digits_have_no_recipe() -> None:
    pytest.importorskip("sklearn")
    assert recipe_of(Digits("test", 8)) is None
