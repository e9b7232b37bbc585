"""Datasets whose images are prepared by a recipe that can be changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from hubtool.data.split import Dataset
from hubtool.data.transform.spec import EvalRecipe, changed
from hubtool.errors import UsageProblem


@runtime_checkable
class Prepared(Dataset, Protocol):
    """A split of undecoded images with the recipe that prepares them."""

    @property
    def recipe(self) -> EvalRecipe:
        """How they are prepared."""

    def with_recipe(self, recipe: EvalRecipe) -> Dataset:
        """The same images, prepared by another recipe."""


def recipe_of(dataset: Dataset) -> EvalRecipe | None:
    """How a dataset's images are prepared; None where there is nothing to choose."""
    return dataset.recipe if isinstance(dataset, Prepared) else None


def prepared(
    dataset: Dataset, claimed: Mapping[str, object], asked: Mapping[str, object], card: str = "eval-recipe"
) -> Dataset:
    """The dataset by its own recipe, changed by what a card claims, and then by what the user asks for.

    Parameters
    ----------
    claimed, asked
        Key to value as text: see `hubtool.data.transform.spec.changed`.
    card
        What messages call the card's part.

    Raises
    ------
    UsageProblem
        The dataset has no recipe, or one that cannot be changed so.
    """
    if not claimed and not asked:
        return dataset
    if not isinstance(dataset, Prepared):
        place = "--recipe" if asked else card
        raise UsageProblem(f"{place}: the images of {dataset.name} are prepared in one way only")
    recipe = changed(dataset.recipe, claimed, card)
    return dataset.with_recipe(changed(recipe, asked, "--recipe"))
