"""What Pillow computes: the backend `pillow`, and two things that mindspore.dataset does and OpenCV does not.

The backend resizes with antialiasing, sizes and crop rounded as torchvision rounds them.
"""

from __future__ import annotations

import io
from typing import Any

from hubtool.data.transform.refusal import NO_IMAGE, CannotDecode
from hubtool.data.transform.spec import SQUASH, Geometry
from hubtool.extras import require

_FILTERS = {"nearest": "NEAREST", "bilinear": "BILINEAR", "bicubic": "BICUBIC", "area": "BOX", "pilcubic": "BICUBIC"}
_WHITE = 255


def pixels(data: bytes, geometry: Geometry) -> Any:
    """An undecoded image to (size, size, 3) uint8, red first.

    Raises
    ------
    CannotDecode
        It cannot be decoded.
    MissingExtra
        Pillow is not installed.
    """
    image_module = _image_module()
    np = require("numpy", extra="eval", purpose="decode images")
    size, side = geometry.size, geometry.resize
    image = _opened(data, "RGB")
    wanted = (side, side) if geometry.resize_rule == SQUASH else _proportional(image.size, side)
    if wanted != image.size:
        image = image.resize(wanted, getattr(image_module.Resampling, _FILTERS[geometry.interpolation]))
    left, top = (round((length - size) / 2) for length in wanted)
    return np.asarray(image.crop((left, top, left + size, top + size)))


def bicubic(image: Any, height: int, width: int) -> Any:
    """(H, W, 3) uint8 to (height, width, 3): what mindspore.dataset calls `pilcubic`.

    One direction after the other, the rows first: Pillow chooses an order by what is quicker.
    """
    image_module = _image_module()
    np = require("numpy", extra="eval", purpose="resize images")
    cubic = image_module.Resampling.BICUBIC
    narrow = image_module.fromarray(image).resize((width, image.shape[0]), cubic)
    return np.asarray(narrow.resize((width, height), cubic))


def cmyk(data: bytes) -> Any:
    """A CMYK or YCCK JPEG file to (height, width, 3) uint8, blue first, by mindspore.dataset's formula.

    Raises
    ------
    CannotDecode
        It cannot be decoded.
    MissingExtra
        Pillow is not installed.
    """
    np = require("numpy", extra="eval", purpose="decode images")
    image = _opened(data, "CMYK")
    # Adobe's files hold inverted ink. Pillow takes every file for one of those and inverts it.
    inks = np.asarray(image).astype(np.uint16)
    light = _WHITE - inks if "adobe" in image.info else inks
    return (light[..., 2::-1] * light[..., 3:] // _WHITE).astype(np.uint8)


def _opened(data: bytes, mode: str) -> Any:
    image_module = _image_module()
    try:
        image = image_module.open(io.BytesIO(data))
        image.load()
        return image if image.mode == mode else image.convert(mode)
    except Exception as error:  # Pillow's decoders raise nearly anything
        raise CannotDecode(NO_IMAGE) from error


def _image_module() -> Any:
    return require("PIL.Image", extra="eval", purpose="decode CMYK images and resize by Pillow")


def _proportional(old: tuple[int, int], side: int) -> tuple[int, int]:
    """Width and height with a shorter side of that length."""
    width, height = old
    return (side, int(side * height / width)) if width <= height else (int(side * width / height), side)
