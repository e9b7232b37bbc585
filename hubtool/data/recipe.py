"""Preprocessing as a value: it is part of every claim about accuracy."""

from __future__ import annotations

import math
from dataclasses import dataclass

IMAGENET_MEAN = (0.485 * 255, 0.456 * 255, 0.406 * 255)
IMAGENET_STD = (0.229 * 255, 0.224 * 255, 0.225 * 255)


@dataclass(frozen=True, slots=True)
class EvalRecipe:
    """How an image becomes the network's input; the defaults are those of MindCV's evaluation.

    Attributes
    ----------
    image_size
        Side of the square input, in pixels.
    crop_pct
        Part of the resized image's shorter side that the centre crop keeps.
    interpolation
        `bilinear` or `bicubic`, as OpenCV computes them (no antialiasing).
    mean, std
        Per channel, on the scale of 0 to 255.
    """

    image_size: int = 224
    crop_pct: float = 0.875
    interpolation: str = "bilinear"
    mean: tuple[float, ...] = IMAGENET_MEAN
    std: tuple[float, ...] = IMAGENET_STD

    @property
    def resize(self) -> int:
        """Length of the shorter side before the crop, in pixels."""
        return math.floor(self.image_size / self.crop_pct)
