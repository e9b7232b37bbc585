"""From an undecoded image to pixels of the right size: the first of the two steps before a network.

Memory is guarded here, by what the header says, before any library sees the file.
"""

from __future__ import annotations

from typing import Any

from hubtool.data.readers.imagesize import MAX_PIXELS, declared_pixels, is_cut_off
from hubtool.data.samples import Sample
from hubtool.data.transform import opencv, pillow
from hubtool.data.transform.refusal import CannotDecode
from hubtool.data.transform.spec import PILLOW, Geometry
from hubtool.errors import HubtoolError, MissingExtra


def decoded(sample: Sample, geometry: Geometry) -> Any:
    """An image decoded, resized and cropped: (size, size, 3) uint8, red first. Any thread may call it.

    Raises
    ------
    CannotDecode
        It cannot be read, decoded or resized.
    MissingExtra
        OpenCV, Pillow or numpy is not installed.
    """
    data = _read(sample)
    if (declared_pixels(data) or 0) > MAX_PIXELS:
        raise CannotDecode(f"more than {MAX_PIXELS:,} pixels")
    if is_cut_off(data):
        raise CannotDecode("cut off")
    return pillow.pixels(data, geometry) if geometry.backend == PILLOW else opencv.pixels(data, geometry)


def _read(sample: Sample) -> bytes:
    try:
        return sample.read()
    except OSError as error:
        raise CannotDecode(error.strerror or str(error)) from error
    except MissingExtra:
        raise
    except HubtoolError as error:
        raise CannotDecode(error.message.removeprefix(f"{sample.name}: ")) from error
