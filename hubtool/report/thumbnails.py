"""Small pictures of a dataset's images, as `data:` addresses that a page carries with it."""

from __future__ import annotations

import base64
import io
import logging
from typing import Any

from hubtool.data.readers.imagesize import MAX_PIXELS, declared_pixels
from hubtool.data.split import Dataset
from hubtool.extras import require

SIDE = 128
"""Most pixels of a thumbnail, either way."""
_TINY = 48
"""Images of at most so many pixels either way keep every one of them."""
_FORMATS = ("JPEG", "PNG", "BMP", "PPM", "TIFF")
_QUALITY = 80
_log = logging.getLogger(__name__)


def thumbnail(dataset: Dataset, index: int) -> str | None:
    """The image as a `data:` address; None when Pillow is not installed or cannot decode it.

    Where the undecoded image cannot be had, it is shown as the network sees it.
    """
    try:
        images = require("PIL.Image", extra="report", purpose="show images")
        samples = getattr(dataset, "samples", None)
        image = _seen(images, dataset, index) if samples is None else _decoded(images, samples[index].read())
        return None if image is None else _encoded(image)
    except Exception:  # Pillow may be missing, decoders raise nearly anything, and a picture must not break the report
        _log.debug("no thumbnail of image %d", index, exc_info=True)
        return None


def _decoded(images: Any, data: bytes) -> Any:
    if (declared_pixels(data) or 0) > MAX_PIXELS:
        return None
    image = images.open(io.BytesIO(data), formats=_FORMATS)
    if image.width * image.height > MAX_PIXELS:
        return None
    image.draft("RGB", (SIDE, SIDE))  # JPEG files need not be decoded in full
    return image.convert("RGB")


def _seen(images: Any, dataset: Dataset, index: int) -> Any:
    """What the network is given, from its darkest to its brightest value."""
    pixels = next(iter(dataset.batches([index], 1))).images[0]
    low, high = float(pixels.min()), float(pixels.max())
    levels = ((pixels - low) * (255 / ((high - low) or 1))).round().astype("uint8")
    channels, height, width = levels.shape
    mode = "L" if channels == 1 else "RGB"
    return images.frombytes(mode, (width, height), levels.transpose(1, 2, 0).tobytes())


def _encoded(image: Any) -> str:
    stream = io.BytesIO()
    if max(image.size) <= _TINY:
        image.save(stream, "PNG")
    else:
        image.thumbnail((SIDE, SIDE))
        image.convert("RGB").save(stream, "JPEG", quality=_QUALITY)
    kind = "png" if stream.getvalue().startswith(b"\x89PNG") else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(stream.getvalue()).decode('ascii')}"
