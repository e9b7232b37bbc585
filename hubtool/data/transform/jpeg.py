"""JPEG files as mindspore.dataset decodes them, where OpenCV alone would decode them otherwise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hubtool.data.readers.imagesize import jpeg_frame, jpeg_has_end
from hubtool.data.transform import pillow
from hubtool.data.transform.refusal import NO_IMAGE, CannotDecode

START = b"\xff\xd8\xff"
_END = b"\xff\xd9"
_FILLERS = (b"\0" * 64, b"\x55" * 64)
"""What the bytes after the end of a file could be. Neither holds a marker."""
_CMYK = 4


def decoded(data: bytes, decode: Callable[[bytes], Any]) -> Any:
    """(height, width, 3) uint8, blue first.

    Parameters
    ----------
    decode
        Decodes a grey or colour JPEG file that has its end.

    Raises
    ------
    CannotDecode
        It is damaged or cut off, or has a number of colours that no image has.
    """
    frame = jpeg_frame(data)
    if frame is None or frame.components not in {1, 3, _CMYK}:
        raise CannotDecode(NO_IMAGE)
    # OpenCV's conversion of CMYK is one level off.
    decode = pillow.cmyk if frame.components == _CMYK else decode
    if jpeg_has_end(data):
        return decode(data)
    if frame.progressive:
        raise CannotDecode("cut off")
    return _without_end(data, decode)


def _without_end(data: bytes, decode: Callable[[bytes], Any]) -> Any:
    """A file whose end mark is missing, and whose pixels may be there all the same.

    Decoders differ in what they make of a file that ends early: some refuse it, some fill the rest with grey, by
    version. If no pixel depends on the bytes that would follow, none is missing.
    """
    image, other = (decode(data + filler + _END) for filler in _FILLERS)
    if (image != other).any():
        raise CannotDecode("cut off")
    return image
