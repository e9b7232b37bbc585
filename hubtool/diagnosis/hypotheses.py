"""The usual hypotheses: what evaluations do differently when their figures do not agree."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, replace

from hubtool.data.transform.spec import (
    BGR,
    IMAGENET_MEAN,
    IMAGENET_STD,
    MINDSPORE,
    PILLOW,
    RGB,
    SHORTER_SIDE,
    SQUASH,
    EvalRecipe,
)
from hubtool.network.sizes import why_not_size
from hubtool.network.spec import Model, ModelSpec

CROP_PCTS = (0.875, 0.9, 0.95, 1.0)
INTERPOLATIONS = ("bilinear", "bicubic", "nearest", "area")
_SETTINGS = "settings="
"""How the keys begin of hypotheses about several settings together."""
NORMALISATIONS = (
    ("ImageNet's mean and standard deviation", IMAGENET_MEAN, IMAGENET_STD),
    ("mean and standard deviation of 0.5", (127.5,) * 3, (127.5,) * 3),
    ("images from 0 to 1, not normalised", (0.0,) * 3, (255.0,) * 3),
    ("images from 0 to 255, not normalised", (0.0,) * 3, (1.0,) * 3),
)
BACKGROUND_OUTPUTS = (1001, 21842)
"""Outputs of heads that have a background class in front of ImageNet-1K's or ImageNet-21K's classes."""


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One way to evaluate differently.

    Attributes
    ----------
    key
        Short and stable, such as `interpolation=bicubic`.
    what
        What is different, in words.
    recipe
        Preprocessing, where that is what differs.
    label_offset
        Added to every label.
    first_output
        The first of the network's outputs that counts as a class.
    model
        Finds the model with other weights, where those are what differs; raises HubtoolError where it cannot be had.
    """

    key: str
    what: str
    recipe: EvalRecipe | None = None
    label_offset: int = 0
    first_output: int = 0
    model: Callable[[], Model] | None = None


def recipe_hypotheses(recipe: EvalRecipe) -> Iterator[Hypothesis]:
    """Recipes that differ from one in one respect, as mistakes and other people's habits do."""
    for interpolation in INTERPOLATIONS:
        yield _of(recipe, "interpolation", interpolation, f"{interpolation} interpolation")
    for crop_pct in CROP_PCTS:
        yield _of(recipe, "crop_pct", crop_pct, f"a centre crop of {crop_pct:g}")
    channels = len(recipe.mean)
    for number, (what, mean, std) in enumerate(NORMALISATIONS):
        if channels == len(mean) or number > 0:  # ImageNet's are those of three colours
            key = f"mean={mean[0]:g} std={std[0]:g}"
            yield Hypothesis(key, what, replace(recipe, mean=mean[:channels], std=std[:channels]))
    if recipe.resize_rule == SQUASH:
        yield _of(recipe, "resize_rule", SHORTER_SIDE, "resizing that keeps the proportions")
    else:
        yield _of(recipe, "resize_rule", SQUASH, "resizing that squashes images to a square, then the centre crop")
        whole = replace(recipe, resize_rule=SQUASH, crop_pct=1.0)
        yield Hypothesis("resize_rule=squash crop_pct=1", "images squashed to the input's square", whole)
    if channels == 3:
        other = RGB if recipe.channels == BGR else BGR
        yield _of(recipe, "channels", other, f"colours in the order {other.upper()}")
    if recipe.backend == PILLOW:
        yield _of(recipe, "backend", MINDSPORE, "resizing by OpenCV, without antialiasing")
    else:
        for filtered in ("bilinear", "bicubic"):
            changed = replace(recipe, backend=PILLOW, interpolation=filtered)
            yield Hypothesis(
                f"backend=pillow interpolation={filtered}", f"{filtered} resizing by Pillow, antialiased", changed
            )


def label_hypotheses(outputs: int) -> Iterator[Hypothesis]:
    """Labels that count from elsewhere; they cost no further run of the network."""
    yield Hypothesis(
        "label_offset=1", "labels one higher, as where the network has a background class first", label_offset=1
    )
    yield Hypothesis("label_offset=-1", "labels one lower, as where they count from one", label_offset=-1)
    if outputs in BACKGROUND_OUTPUTS:
        yield Hypothesis("first_output=1", "the network's outputs without the background class", first_output=1)


def settings_hypotheses(recipe: EvalRecipe, usual: EvalRecipe, spec: ModelSpec) -> Iterator[Hypothesis]:
    """Whole sets of settings that others may have evaluated a network with.

    They are MindCV's own for the network, where the card or the user overrides them, and the most common ones of all:
    224 pixels, a centre crop of 0.875, bilinear interpolation.

    Parameters
    ----------
    recipe
        What the evaluation used.
    usual
        What MindCV evaluates the network with.
    """
    yield Hypothesis("settings=mindcv", f"MindCV's settings for {spec.name} ({_differences(usual, recipe)})", usual)
    common = replace(usual, crop_pct=EvalRecipe().crop_pct, interpolation=EvalRecipe().interpolation)
    if not why_not_size(spec, EvalRecipe().image_size):
        common = replace(common, image_size=EvalRecipe().image_size)
    if common != usual:
        yield Hypothesis("settings=common", f"the common settings ({_differences(common, recipe)})", common)


def _differences(recipe: EvalRecipe, other: EvalRecipe) -> str:
    """In what a recipe differs from another one."""
    shown = [
        f"{key}={value:g}" if isinstance(value, float) else f"{key}={value}"
        for key, value in asdict(recipe).items()
        if value != getattr(other, key)
    ]
    return ", ".join(shown)


def different(hypotheses: Iterable[Hypothesis], recipe: EvalRecipe) -> list[Hypothesis]:
    """The hypotheses without those that are no other than the recipe, and without repetitions.

    What a repetition says in other words is added to those of the first one.
    """
    kept: dict[EvalRecipe, Hypothesis] = {}
    for hypothesis in hypotheses:
        if hypothesis.recipe is None or hypothesis.recipe == recipe:
            continue
        first = kept.setdefault(hypothesis.recipe, hypothesis)
        if hypothesis.key.startswith(_SETTINGS) and first is not hypothesis:
            words = hypothesis.what.partition(" (")[0]
            kept[hypothesis.recipe] = replace(first, what=f"{first.what}, as in {words}")
    return list(kept.values())


def _of(recipe: EvalRecipe, key: str, value: object, what: str) -> Hypothesis:
    shown = f"{value:g}" if isinstance(value, float) else str(value)
    return Hypothesis(f"{key}={shown}", what, replace(recipe, **{key: value}))  # type: ignore[arg-type]
