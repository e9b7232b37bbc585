"""Pixels as mindspore.dataset computes them, and so MindCV, by OpenCV.

Grey, CMYK and palette images become RGB, the orientation in EXIF data is ignored, and what mindspore.dataset cannot
read (GIF, WebP, JPEG 2000) is refused. tests/data/test_pixels.py compares every kind of file with mindspore.dataset,
bit for bit.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from hubtool.data.readers.imagesize import MAX_PIXELS
from hubtool.data.transform import jpeg, pillow
from hubtool.data.transform.refusal import NO_IMAGE, CannotDecode
from hubtool.data.transform.spec import SQUASH, Geometry
from hubtool.extras import require

_SIGNATURES = (
    b"\xff\xd8\xff",  # JPEG
    b"\x89PNG\r\n\x1a\n",
    b"BM",
    *(f"P{kind}".encode() for kind in "1234567Ff"),  # PBM, PGM, PPM, PAM and PFM
    b"II*\0",
    b"MM\0*",  # TIFF, as the line before
    b"#?RADIANCE",
    b"#?RGBE",
    b"\x59\xa6\x6a\x95",  # Sun raster
)
"""How the files begin that mindspore.dataset reads. OpenCV reads more: which ones depends on its version."""
_FLAGS = {"bilinear": "INTER_LINEAR", "bicubic": "INTER_CUBIC", "nearest": "INTER_NEAREST", "area": "INTER_AREA"}
_LARGEST_FACTOR = 1000
"""mindspore.dataset enlarges a side to at most so many times its length."""


def pixels(data: bytes, geometry: Geometry) -> Any:
    """An undecoded image to (size, size, 3) uint8, red first.

    Raises
    ------
    CannotDecode
        mindspore.dataset cannot decode or resize it either, or it is damaged.
    MissingExtra
        OpenCV is not installed; or Pillow, which CMYK images and `pilcubic` need.
    """
    image = _decoded(data)
    height, width = image.shape[:2]
    wanted = _resized_shape(height, width, geometry)
    image = _resized(image, *wanted, geometry.interpolation)
    size = geometry.size
    top, left = ((length - size) // 2 for length in wanted)
    cv2 = _opencv()
    return cv2.cvtColor(image[top : top + size, left : left + size], cv2.COLOR_BGR2RGB)


def _opencv() -> Any:
    """OpenCV, set to compute what mindspore.dataset's own copy of it computes."""
    cv2 = _loaded()
    # A switch of the calling thread: IPP's bicubic interpolation is one level off in places.
    cv2.ipp.setUseIPP(False)
    return cv2


@cache
def _loaded() -> Any:
    """OpenCV with the switches that are the whole process's, set once.

    Other code in the process that uses OpenCV gets the slower, exact paths, too. OpenCV's own threads are off, for
    images are decoded in parallel already; so are its messages, for what it cannot read is raised here with a reason.
    """
    cv2 = require("cv2", extra="eval", purpose="decode images")
    cv2.setUseOptimized(False)
    cv2.setNumThreads(1)
    set_log_level = cv2.setLogLevel if hasattr(cv2, "setLogLevel") else cv2.utils.logging.setLogLevel  # OpenCV 4, 5
    set_log_level(0)
    return cv2


def _decoded(data: bytes) -> Any:
    """(height, width, 3) uint8, blue first."""
    if not data.startswith(_SIGNATURES):
        raise CannotDecode(NO_IMAGE)
    if data.startswith(jpeg.START):
        return jpeg.decoded(data, _imdecode)
    return _imdecode(data)


def _imdecode(data: bytes) -> Any:
    np = require("numpy", extra="eval", purpose="decode images")
    cv2 = _opencv()
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    except cv2.error as error:
        raise CannotDecode(NO_IMAGE) from error
    if image is None:
        raise CannotDecode(NO_IMAGE)
    return image


def _resized_shape(height: int, width: int, geometry: Geometry) -> tuple[int, int]:
    """Height and width before the crop."""
    side = geometry.resize
    shape = (side, side)
    if geometry.resize_rule != SQUASH and height != width:
        shorter, longer = sorted((height, width))
        if side**2 * longer // shorter > MAX_PIXELS:
            raise CannotDecode(f"{width}x{height} pixels, more than {MAX_PIXELS:,} when resized")
        np = require("numpy", extra="eval", purpose="resize images")
        # In single precision and in this order, as mindspore.dataset does it: now and then that is a pixel more.
        long_side = int(np.float32(longer) / np.float32(shorter) * np.float32(side))
        shape = (side, long_side) if height < width else (long_side, side)
    if shape[0] > height * _LARGEST_FACTOR or shape[1] > width * _LARGEST_FACTOR:
        raise CannotDecode(f"{width}x{height} pixels, which cannot be resized")
    return shape


def _resized(image: Any, height: int, width: int, interpolation: str) -> Any:
    if interpolation == "pilcubic":
        return pillow.bicubic(image, height, width)
    cv2 = _opencv()
    try:
        return cv2.resize(image, (width, height), interpolation=getattr(cv2, _FLAGS[interpolation]))
    except cv2.error as error:
        raise CannotDecode(f"{image.shape[1]}x{image.shape[0]} pixels, which cannot be resized") from error
