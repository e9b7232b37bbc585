from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from hubtool.errors import NotFound, UsageProblem
from hubtool.training.loop import learning_rates
from hubtool.training.recipe import read_recipe
from tests.conftest import CARDS

RECIPE = CARDS / "recipes" / "bit_digits.yaml"


def test_the_recipe_of_the_demo_model() -> None:
    recipe = read_recipe(RECIPE)
    assert (recipe.network.name, recipe.seed, recipe.epochs, recipe.batch_size) == ("bit_digits", 1, 14, 64)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("epochs: 14", "epochs: many", "epochs: 'many' is not of type 'integer'"),
        ("epochs: 14", "epochs: 0", "epochs: 0 is less than the minimum of 1"),
        ("epochs: 14\n", "", "'epochs' is a required property"),
        ("shift: 4", "shfit: 4", "'shfit' was unexpected"),
        ("dataset: digits", "dataset: imagenet", "dataset: 'imagenet' is not one of"),
        ("network: bit_digits", "network: resnet17", "network: hubtool cannot build it"),
        ("network: bit_digits", "network: [", "not a readable YAML file"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    text = RECIPE.read_text()
    assert old in text
    path = tmp_path / "recipe.yaml"
    path.write_text(text.replace(old, new))
    with pytest.raises(UsageProblem) as caught:
        read_recipe(path)
    assert said in caught.value.message
    assert str(path) in caught.value.message


def test_an_integral_number_is_an_integer(tmp_path: Path) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text(RECIPE.read_text().replace("epochs: 14", "epochs: 14.0"))
    assert read_recipe(path) == read_recipe(RECIPE)


def test_a_file_that_is_no_recipe(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        read_recipe(tmp_path / "none.yaml")
    (tmp_path / "empty.yaml").touch()
    with pytest.raises(UsageProblem):
        read_recipe(tmp_path / "empty.yaml")


def test_the_learning_rate_warms_up_and_falls_to_nothing() -> None:
    rates = learning_rates(read_recipe(RECIPE), steps_per_epoch=10)
    assert len(rates) == 140
    assert rates[0] == pytest.approx(0.005)
    assert max(rates) == rates[19] == pytest.approx(0.1 * 0.955, rel=0.01)
    assert all(later < earlier for earlier, later in pairwise(rates[19:]))
    assert rates[-1] < 1e-4
