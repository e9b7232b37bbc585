"""Undecoded images to pixels of the right size, one by one, and the reason where that cannot be done.

Whatever mindspore.dataset decodes is decoded as it does it, which is what MindCV's loader sees too: grey, CMYK and
palette images become RGB, the orientation in EXIF data is not heeded, GIF and WebP cannot be read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from hubtool.data.readers.imagesize import MAX_PIXELS
from hubtool.data.transform.pillow import resized
from hubtool.data.transform.spec import PILLOW, SQUASH, EvalRecipe
from hubtool.errors import HubtoolError, MissingExtra

NO_IMAGE = "not an image that can be read"
"""The reason of a decoder, which says nothing that helps."""


class Sample(Protocol):
    """One image of a dataset, wherever it is kept."""

    @property
    def name(self) -> str:
        """What it is called: its path from the dataset's root."""

    @property
    def label(self) -> int:
        """Number of its class, from 0."""

    def read(self) -> bytes:
        """The undecoded image. Raises OSError or a HubtoolError."""


class CannotDecode(Exception):
    """An image cannot be read or decoded; the message is the reason, without the image's name."""


def decoded(sample: Sample, recipe: EvalRecipe) -> Any:
    """An image resized and cropped by the recipe, (image_size, image_size, 3) uint8, red first.

    Raises
    ------
    CannotDecode
        It cannot be read, decoded or resized.
    """
    try:
        data = sample.read()
    except OSError as error:
        raise CannotDecode(error.strerror or str(error)) from error
    except MissingExtra:
        raise
    except HubtoolError as error:
        raise CannotDecode(error.message.removeprefix(f"{sample.name}: ")) from error
    return _by_pillow(data, recipe) if recipe.backend == PILLOW else _by_mindspore(data, recipe)


def why_unreadable(samples: Iterable[Sample], recipe: EvalRecipe) -> dict[int, str]:
    """Reason by place of the samples that cannot be decoded; it decodes every one."""
    reasons = {}
    with no_dumps():
        for place, sample in enumerate(samples):
            try:
                decoded(sample, recipe)
            except CannotDecode as error:
                reasons[place] = str(error)
    return reasons


@contextmanager
def no_dumps() -> Iterator[None]:
    """Take away the copies of bad images that MindSpore leaves in the working directory."""
    were_there = _dumps()
    try:
        yield
    finally:
        for dump in _dumps() - were_there:
            dump.unlink(missing_ok=True)


def _by_mindspore(data: bytes, recipe: EvalRecipe) -> Any:
    import numpy as np
    from mindspore.dataset import vision

    image = None
    # MindSpore 2.8 fails once more on the image after one that failed: the second try tells.
    for _ in range(2):
        try:
            image = vision.Decode()(np.frombuffer(data, dtype=np.uint8))
            break
        except (RuntimeError, TypeError, ValueError):
            continue
    if image is None:
        raise CannotDecode(NO_IMAGE)
    height, width = image.shape[:2]
    if recipe.resize_rule != SQUASH and recipe.resize**2 * max(height, width) // min(height, width) > MAX_PIXELS:
        raise CannotDecode(f"{width}x{height} pixels, more than {MAX_PIXELS:,} when resized")
    size = (recipe.resize, recipe.resize) if recipe.resize_rule == SQUASH else recipe.resize
    try:
        image = vision.Resize(size, interpolation=vision.Inter[recipe.interpolation.upper()])(image)
        return vision.CenterCrop(recipe.image_size)(image)
    except RuntimeError as error:
        raise CannotDecode(f"{width}x{height} pixels, which cannot be resized") from error


def _by_pillow(data: bytes, recipe: EvalRecipe) -> Any:
    try:
        return resized(data, recipe)
    except MissingExtra:
        raise
    except Exception as error:  # Pillow's decoders raise nearly anything
        raise CannotDecode(NO_IMAGE) from error


def _dumps() -> set[Path]:
    return {*Path().glob("abnormal_image.*"), *Path().glob("unsupported_image.*")}
