"""How the images of claims are to be prepared, and who says so: the dataset, MindCV, the card, or the user."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hubtool.card.claimset import ClaimSet
from hubtool.card.datasets import IMAGENET, dataset_key, dataset_named
from hubtool.data.transform.defaults import default_recipe
from hubtool.data.transform.spec import KEYS, EvalRecipe, changed
from hubtool.errors import UsageProblem
from hubtool.network.sizes import why_not_size
from hubtool.network.spec import ModelSpec


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """How images are to be prepared.

    Attributes
    ----------
    recipe
        All settings.
    sources
        For each key of the recipe, who says so, in a few words.
    """

    recipe: EvalRecipe
    sources: Mapping[str, str]


def network_defaults(claim_set: ClaimSet, spec: ModelSpec) -> Mapping[str, str]:
    """The settings that a network is evaluated with where nobody says otherwise.

    They are those for ImageNet: claims about another dataset do not follow them.
    """
    about = dataset_named(claim_set.dataset)
    is_about_imagenet = about is IMAGENET or not dataset_key(claim_set.dataset)
    return spec.eval_defaults if is_about_imagenet else {}


def claimed_changes(claim_set: ClaimSet, spec: ModelSpec) -> dict[str, object]:
    """What a network's defaults and its card, which overrides them, set differently from the dataset's recipe."""
    return {**network_defaults(claim_set, spec), **_keyed(claim_set.eval_recipe)}


def preprocessing(
    claim_set: ClaimSet, spec: ModelSpec, base: EvalRecipe, asked: Mapping[str, object] | None = None
) -> Preprocessing:
    """The settings of an evaluation with their sources.

    Parameters
    ----------
    base
        The recipe of the dataset.
    asked
        What the user overrides, as text.

    Raises
    ------
    UsageProblem
        The card or the user gives what no recipe can be, or images of a size that the network cannot take.
    """
    asked, said = asked or {}, _keyed(claim_set.eval_recipe)
    overridden = {*said, *_keyed(asked)}
    defaults = {key: text for key, text in network_defaults(claim_set, spec).items() if key not in overridden}
    recipe = changed(base, defaults, f"MindCV's config of {spec.name}")
    recipe = changed(recipe, said, f"{claim_set.card.path}: eval-recipe")
    recipe = changed(recipe, asked, "--recipe")
    if recipe.image_size != base.image_size and (reason := why_not_size(spec, recipe.image_size)):
        raise UsageProblem(reason, hint=f"use image_size={spec.input_size}")
    return Preprocessing(recipe, _sources(claim_set, spec, asked))


def _keyed(changes: Mapping[str, object]) -> dict[str, object]:
    """By the keys that records have, without hyphens."""
    return {key.replace("-", "_"): value for key, value in changes.items()}


def _sources(claim_set: ClaimSet, spec: ModelSpec, asked: Mapping[str, object]) -> dict[str, str]:
    about = dataset_named(claim_set.dataset)
    layers: tuple[tuple[Iterable[str], str], ...] = (
        (KEYS, f"MindCV's default for {about.title if about else 'ImageNet-1k'}"),
        (["image_size"], f"the input size of {spec.name}"),
        (network_defaults(claim_set, spec), f"MindCV's config of {spec.name}"),
        (claim_set.eval_recipe, "the card's eval-recipe"),
        (asked, "--recipe"),
    )
    return {key: source for keys, source in layers for key in _keyed(dict.fromkeys(keys))}


def foreseen(claim_set: ClaimSet, spec: ModelSpec, asked: Mapping[str, object] | None = None) -> Preprocessing | None:
    """The settings of an evaluation before anything is opened; None where nobody knows any for the dataset.

    Raises as `preprocessing` does.
    """
    base = _dataset_recipe(claim_set, spec)
    return None if base is None else preprocessing(claim_set, spec, base, asked)


def usual_recipe(claim_set: ClaimSet, spec: ModelSpec) -> EvalRecipe | None:
    """How MindCV prepares the images of a dataset for a network, whatever the card says; None where nobody knows.

    Raises UsageProblem where hubtool cannot prepare them so.
    """
    base = _dataset_recipe(claim_set, spec)
    return None if base is None else changed(base, network_defaults(claim_set, spec), f"MindCV's config of {spec.name}")


def _dataset_recipe(claim_set: ClaimSet, spec: ModelSpec) -> EvalRecipe | None:
    if not dataset_key(claim_set.dataset):
        return None
    try:
        return default_recipe(claim_set.dataset or "", spec.input_size, spec.in_channels)
    except UsageProblem:
        return None
