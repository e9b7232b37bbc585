"""What the header of an image says, before anything decodes it: a small file can ask for a lot of memory."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

MAX_PIXELS = 1 << 27
"""Largest image that is decoded: 134 megapixels, 400 MB in colour."""
_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8"
_JPEG_END = b"\xff\xd9"
_BMP = b"BM"
_PNM = re.compile(rb"P[1-6](?:\s|#[^\n]*\n)+([0-9]{1,9})(?:\s|#[^\n]*\n)+([0-9]{1,9})\s")
_START_OF_SCAN, _END = 0xDA, 0xD9
_SHORTEST_SCAN_HEADER = 8
_STANDALONE = {0x01, *range(0xD0, 0xD9)}
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_PROGRESSIVE = {0xC2, 0xC6, 0xCA, 0xCE}
_BYTE_ORDERS: dict[bytes, Literal["little", "big"]] = {b"II*\0": "little", b"MM\0*": "big"}
_TIFF_WIDTH, _TIFF_HEIGHT = 256, 257
_TIFF_LONG = 4


@dataclass(frozen=True, slots=True)
class JpegFrame:
    """What the frame header of a JPEG file says.

    Attributes
    ----------
    components
        1 for grey, 3 for colour, 4 for CMYK.
    progressive
        Whether the image comes in several scans, each finer than the one before.
    """

    components: int
    progressive: bool


def declared_pixels(data: bytes) -> int | None:
    """Width times height as the header of a JPEG, PNG, BMP, TIFF, PBM, PGM or PPM file has it; None if it does not say.

    Of several frames in a JPEG file the largest counts.
    """
    if data.startswith(_PNG) and len(data) >= 24:
        return _big(data, 16, 4) * _big(data, 20, 4)
    if data.startswith(_BMP) and len(data) >= 26:
        width, height = (int.from_bytes(data[start : start + 4], "little", signed=True) for start in (18, 22))
        return abs(width * height)
    if match := _PNM.match(data):
        return int(match[1]) * int(match[2])
    if data[:4] in _BYTE_ORDERS:
        return _tiff_pixels(data)
    return _jpeg_pixels(data) if data.startswith(_JPEG) else None


def jpeg_frame(data: bytes) -> JpegFrame | None:
    """The first frame before the first scan of a JPEG file; None if there is none."""
    for marker, place in _segments(data):
        if marker in _FRAMES and place < len(data) - 9:
            return JpegFrame(data[place + 9], marker in _PROGRESSIVE)
    return None


def jpeg_has_end(data: bytes) -> bool:
    """Whether the mark that ends a JPEG file follows its first scan, whatever comes after the mark."""
    scan = next((place for marker, place in _segments(data) if marker == _START_OF_SCAN), len(data))
    return data.rfind(_JPEG_END, scan) >= 0  # from behind, where it usually is


def is_cut_off(data: bytes) -> bool:
    """Whether a JPEG file ends before the data of its first scan, or within a marker.

    Such a file has no pixel, whatever a decoder makes of it.
    """
    if not data.startswith(_JPEG):
        return False
    if data.endswith(b"\xff") and not data.rstrip(b"\xff").endswith(_JPEG_END):
        return True
    scan = next((place for marker, place in _segments(data) if marker == _START_OF_SCAN), None)
    return scan is None or scan + 2 + max(_big(data, scan + 2, 2), _SHORTEST_SCAN_HEADER) >= len(data)


def _jpeg_pixels(data: bytes) -> int | None:
    """From the frames before the first scan."""
    frames = [place for marker, place in _segments(data) if marker in _FRAMES and place < len(data) - 8]
    return max((_big(data, place + 5, 2) * _big(data, place + 7, 2) for place in frames), default=None)


def _tiff_pixels(data: bytes) -> int | None:
    """From the first directory, which is the image that decoders read."""
    order = _BYTE_ORDERS[data[:4]]
    start = int.from_bytes(data[4:8], order)
    count = int.from_bytes(data[start : start + 2], order)
    sides = {}
    for place in range(start + 2, min(start + 2 + 12 * count, len(data) - 11), 12):
        tag, kind = (int.from_bytes(data[at : at + 2], order) for at in (place, place + 2))
        sides[tag] = int.from_bytes(data[place + 8 : place + (12 if kind == _TIFF_LONG else 10)], order)
    known = _TIFF_WIDTH in sides and _TIFF_HEIGHT in sides
    return sides[_TIFF_WIDTH] * sides[_TIFF_HEIGHT] if known else None


def _segments(data: bytes) -> Iterator[tuple[int, int]]:
    """Marker and place of each segment up to the first scan; fill bytes and what is no marker are skipped, as
    decoders do.
    """
    place = data.find(b"\xff", len(_JPEG))
    while 0 <= place < len(data) - 2:
        marker = data[place + 1]
        if marker in {0x00, 0xFF} or marker in _STANDALONE:
            place = data.find(b"\xff", place + (1 if marker == 0xFF else 2))
            continue
        yield marker, place
        if marker in {_START_OF_SCAN, _END}:
            return
        place = data.find(b"\xff", place + 2 + max(_big(data, place + 2, 2), 2))


def _big(data: bytes, start: int, count: int) -> int:
    return int.from_bytes(data[start : start + count], "big")
