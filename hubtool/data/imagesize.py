"""How large an image says it is, before anything decodes it: a small file can ask for a lot of memory."""

from __future__ import annotations

MAX_PIXELS = 1 << 27
"""Largest image that is decoded: 134 megapixels, 400 MB in colour."""
_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8"
_BMP = b"BM"
_START_OF_SCAN, _END = 0xDA, 0xD9
_STANDALONE = {0x01, *range(0xD0, 0xD9)}
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}


def declared_pixels(data: bytes) -> int | None:
    """Width times height as the header of a JPEG, PNG or BMP file has it; None if it cannot be told.

    Of several frames in a JPEG file the largest counts.
    """
    if data.startswith(_PNG) and len(data) >= 24:
        return _big(data, 16, 4) * _big(data, 20, 4)
    if data.startswith(_BMP) and len(data) >= 26:
        width, height = (int.from_bytes(data[start : start + 4], "little", signed=True) for start in (18, 22))
        return abs(width * height)
    return _jpeg_pixels(data) if data.startswith(_JPEG) else None


def _jpeg_pixels(data: bytes) -> int | None:
    """From the frames before the first scan; fill bytes and what is no marker are skipped, as decoders do."""
    largest = None
    place = data.find(b"\xff", len(_JPEG))
    while 0 <= place < len(data) - 8:
        marker = data[place + 1]
        if marker in {_START_OF_SCAN, _END}:
            break
        if marker in {0x00, 0xFF} or marker in _STANDALONE:
            place = data.find(b"\xff", place + (1 if marker == 0xFF else 2))
            continue
        if marker in _FRAMES:
            largest = max(largest or 0, _big(data, place + 5, 2) * _big(data, place + 7, 2))
        place = data.find(b"\xff", place + 2 + max(_big(data, place + 2, 2), 2))
    return largest


def _big(data: bytes, start: int, count: int) -> int:
    return int.from_bytes(data[start : start + count], "big")
