"""Preprocessing as a value: it is part of every claim about accuracy."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from hubtool.errors import UsageProblem

IMAGENET_MEAN = (0.485 * 255, 0.456 * 255, 0.406 * 255)
IMAGENET_STD = (0.229 * 255, 0.224 * 255, 0.225 * 255)
LARGEST_IMAGE = 4096
"""Pixels; more than any network of a hub takes, and what still fits into memory."""

SHORTER_SIDE, SQUASH = "shorter-side", "squash"
RGB, BGR = "rgb", "bgr"
MINDSPORE, PILLOW = "mindspore", "pillow"
CHOICES = {
    "interpolation": ("bilinear", "bicubic", "nearest", "area", "pilcubic"),
    "resize_rule": (SHORTER_SIDE, SQUASH),
    "channels": (RGB, BGR),
    "backend": (MINDSPORE, PILLOW),
}
"""What the keys that are words can be."""


@dataclass(frozen=True, slots=True)
class Geometry:
    """How an image is decoded, resized and cropped. Recipes of equal geometry share their pixels.

    Attributes
    ----------
    size
        Side of the square that the centre crop keeps, in pixels.
    resize
        Length of the shorter side, or of both, before the crop, in pixels.
    resize_rule, interpolation, backend
        As `EvalRecipe` has them.
    """

    size: int
    resize: int
    resize_rule: str
    interpolation: str
    backend: str


@dataclass(frozen=True, slots=True)
class Normalisation:
    """What becomes of pixels before a network sees them.

    Attributes
    ----------
    mean, std
        Per channel of the result, on the scale of 0 to 255. One of each: grey images, whose channels are equal.
    channels
        Order of the channels in the result, `rgb` or `bgr`.
    rescale
        Divide by 255 first, as MindCV does for some datasets: the same but for the last bits.
    """

    mean: tuple[float, ...]
    std: tuple[float, ...]
    channels: str = RGB
    rescale: bool = False


@dataclass(frozen=True, slots=True)
class EvalRecipe:
    """How an image becomes the network's input; the defaults are those of MindCV's evaluation.

    Attributes
    ----------
    image_size
        Side of the square input, in pixels.
    crop_pct
        Part of the resized image's shorter side that the centre crop keeps; over 0, at most 1.
    resize_rule
        `shorter-side` keeps the proportions; `squash` makes a square of every image.
    interpolation
        Of the resizing, as the backend computes it.
    mean, std
        Per channel, on the scale of 0 to 255.
    channels
        Order in which the network sees them. With `bgr`, mean and std are those of blue, green, red.
    backend
        `mindspore`: the pixels of mindspore.dataset, that is OpenCV's without antialiasing; `pillow`: Pillow's, with
        antialiasing, sizes and crop rounded as torchvision rounds them.
    """

    image_size: int = 224
    crop_pct: float = 0.875
    resize_rule: str = SHORTER_SIDE
    interpolation: str = "bilinear"
    mean: tuple[float, ...] = IMAGENET_MEAN
    std: tuple[float, ...] = IMAGENET_STD
    channels: str = RGB
    backend: str = MINDSPORE

    @property
    def resize(self) -> int:
        """Length of the shorter side, or of both, before the crop, in pixels."""
        return math.floor(self.image_size / self.crop_pct)

    @property
    def geometry(self) -> Geometry:
        """The part that decides the decoded pixels."""
        return Geometry(self.image_size, self.resize, self.resize_rule, self.interpolation, self.backend)

    def normalisation(self, *, rescale: bool = False) -> Normalisation:
        """The part that comes after; `rescale` belongs to the dataset, not to the recipe."""
        return Normalisation(self.mean, self.std, self.channels, rescale)

    @property
    def described(self) -> str:
        """All of it in one line."""
        sides = "both sides" if self.resize_rule == SQUASH else "shorter side"
        mean, std = ("/".join(f"{number:g}" for number in numbers) for numbers in (self.mean, self.std))
        resizing = f"{sides} to {self.resize} ({self.interpolation}, {self.backend}), centre crop of {self.image_size}"
        return f"{resizing}, {self.channels.upper()}, mean {mean}, std {std}"

    def to_json(self) -> dict[str, object]:
        """Every key with its value, as schemas/eval-recipe.schema.json has it."""
        return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()}


def changed(recipe: EvalRecipe, changes: Mapping[str, object], where: str) -> EvalRecipe:
    """A recipe with some of its keys set from text, as cards and command lines give it.

    Parameters
    ----------
    changes
        Key (`crop_pct` or `crop-pct`) to text, or to a list of texts for mean and std.
    where
        What a message calls the place of the text.

    Raises
    ------
    UsageProblem
        No recipe has such a key, or the key cannot have that value.
    """
    values: dict[str, object] = {}
    for written, value in changes.items():
        key = written.replace("-", "_")
        if key not in KEYS:
            raise UsageProblem(f"{where}: no recipe has the key {written}", hint=f"known: {', '.join(KEYS)}")
        try:
            values[key] = _value(key, value, len(recipe.mean))
        except ValueError as error:
            raise UsageProblem(f"{where}: {written}: {error}") from None
    return replace(recipe, **values)  # type: ignore[arg-type]


def parse_changes(words: Sequence[str]) -> dict[str, str]:
    """`KEY=VALUE` words of a command line; a later one wins over an earlier one of the same key.

    Raises
    ------
    UsageProblem
        A word is not of that form, or says what no recipe can be.
    """
    changes = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not (key and equals and value):
            raise UsageProblem(f"--recipe {word}: not KEY=VALUE", hint="such as --recipe crop_pct=0.9")
        changed(EvalRecipe(), {key: value}, f"--recipe {word}")
        changes[key.replace("-", "_")] = value
    return changes


def _value(key: str, value: object, channels: int) -> object:
    texts = [str(part).strip() for part in (value if isinstance(value, list) else str(value).split(","))]
    if key in {"mean", "std"}:
        return _levels(key, texts, channels)
    if len(texts) != 1:
        raise ValueError("one value is wanted, not a list")
    if key in CHOICES:
        if texts[0] not in CHOICES[key]:
            raise ValueError(f"`{texts[0]}` is none of {', '.join(CHOICES[key])}")
        return texts[0]
    number = _number(texts[0])
    if key == "image_size":
        if not number.is_integer() or not 1 <= number <= LARGEST_IMAGE:
            raise ValueError(f"`{texts[0]}` is no whole number of pixels from 1 to {LARGEST_IMAGE}")
        return int(number)
    if not 0.01 <= number <= 1:
        raise ValueError(f"`{texts[0]}` is no part of an image: write a number up to 1, such as 0.875")
    return number


def _levels(key: str, texts: list[str], channels: int) -> tuple[float, ...]:
    """One number for all channels, or one for each, on the scale of 0 to 255."""
    numbers = [_number(text) for text in texts]
    if len(numbers) not in {1, channels}:
        raise ValueError(f"{len(numbers)} numbers for {channels} channels: write one, or as many")
    lowest = 0 if key == "mean" else 1
    if any(number != 0 and number < 1 for number in numbers):
        shown = ",".join(f"{number * 255:g}" for number in numbers)
        raise ValueError(f"on the scale of 0 to 255, not of 0 to 1: write {shown}")
    if not all(lowest <= number <= 255 for number in numbers):
        raise ValueError(f"numbers from {lowest} to 255 are wanted")
    return tuple(numbers if len(numbers) == channels else numbers * channels)


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise ValueError(f"`{text}` is no number") from None
    if not math.isfinite(number):
        raise ValueError(f"`{text}` is no number")
    return number


KEYS = tuple(EvalRecipe.__dataclass_fields__)
"""The keys of a recipe, as records have them; cards write hyphens for the underscores."""
