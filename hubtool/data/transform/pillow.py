"""Resizing and cropping by Pillow, as torchvision does it: antialiased, unlike mindspore.dataset."""

from __future__ import annotations

import io
from typing import Any

from hubtool.data.transform.spec import SQUASH, EvalRecipe
from hubtool.extras import require

_FILTERS = {"nearest": "NEAREST", "bilinear": "BILINEAR", "bicubic": "BICUBIC", "area": "BOX", "pilcubic": "BICUBIC"}


def resized(data: bytes, recipe: EvalRecipe) -> Any:
    """An undecoded image to (size, size, 3) uint8, red first.

    Raises
    ------
    OSError
        It cannot be decoded.
    """
    image_module = require("PIL.Image", extra="mindspore", purpose="read images by Pillow")
    np = require("numpy", extra="mindspore", purpose="read images")
    size, side = recipe.image_size, recipe.resize
    image = image_module.open(io.BytesIO(data)).convert("RGB")
    wanted = (side, side) if recipe.resize_rule == SQUASH else _proportional(image.size, side)
    if wanted != image.size:
        image = image.resize(wanted, getattr(image_module.Resampling, _FILTERS[recipe.interpolation]))
    left, top = (round((length - size) / 2) for length in wanted)
    return np.asarray(image.crop((left, top, left + size, top + size)))


def _proportional(old: tuple[int, int], side: int) -> tuple[int, int]:
    """Width and height with a shorter side of that length."""
    width, height = old
    return (side, int(side * height / width)) if width <= height else (int(side * width / height), side)
