from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubtool.data.dataset import SampleDataset
from hubtool.data.labelspace import LabelSpace
from hubtool.data.layouts.imagefolder import read
from hubtool.data.readers.imagesize import MAX_PIXELS, JpegFrame, declared_pixels, is_cut_off, jpeg_frame, jpeg_has_end
from hubtool.data.transform.spec import EvalRecipe
from hubtool.errors import UnreadableImages
from tests.data import makers

pytest.importorskip("PIL")
pytest.importorskip("cv2")


def saved(kind: str, size: tuple[int, int], **options) -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    Image.new("RGB", size, (200, 10, 10)).save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("JPEG", {}),
        ("JPEG", {"progressive": True}),
        ("JPEG", {"exif": b"Exif\0\0" + b"\xff\xc0\0\x11\x08\xff\xff\xff\xff" * 9}),
        ("JPEG", {"comment": b"\xff\xda\xff\xd9"}),
        ("PNG", {}),
        ("BMP", {}),
        ("PPM", {}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
    ],
)
def test_the_size_in_the_header(kind: str, options: dict) -> None:
    assert declared_pixels(saved(kind, (123, 45), **options)) == 123 * 45


@pytest.mark.parametrize(
    ("header", "pixels"),
    [
        (b"P5\n3 2\n255\n", 6),
        (b"P4 3\n2\n", 6),
        (b"P2 # a comment\n#\n 70000 # wide\n\t70000 255 1", 4_900_000_000),
        (b"P6\n3", None),
        (b"P7\nWIDTH 3\n", None),
        (b"P6\n" + b"9" * 5000 + b" 1\n", None),
    ],
)
def test_the_size_of_a_pnm_file(header: bytes, pixels: int | None) -> None:
    assert declared_pixels(header) == pixels


def test_a_jpeg_that_ends_before_its_scan_or_in_a_marker_is_told() -> None:
    whole = saved("JPEG", (160, 160), quality=40)
    scan = whole.index(b"\xff\xda")
    assert [is_cut_off(whole[:end]) for end in (2, 20, scan, scan + 2, scan + 3, scan + 14)] == [True] * 6
    assert not is_cut_off(whole[: scan + 15])
    assert is_cut_off(whole[: whole.index(b"\xff", scan + 20) + 1])
    assert not is_cut_off(whole)
    assert not is_cut_off(whole + b"\xff\xff")  # padding
    assert not is_cut_off(saved("PNG", (16, 16))[:20])
    assert is_cut_off(whole[:scan] + b"\xff\xd9")


def bomb_jpeg() -> bytes:
    data = bytearray(saved("JPEG", (16, 16)))
    place = data.index(b"\xff\xc0")
    data[place + 5 : place + 9] = struct.pack(">HH", 65500, 65500)
    return bytes(data)


def bomb_png() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 30000, 30000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


def test_what_would_fill_the_memory_is_known_by_its_header() -> None:
    assert declared_pixels(bomb_jpeg()) == 65500**2 > MAX_PIXELS
    assert declared_pixels(bomb_png()) == 30000**2 > MAX_PIXELS
    # A second frame, and fill bytes before it, hide nothing.
    small = saved("JPEG", (16, 16))
    start = small.index(b"\xff\xc0")
    assert declared_pixels(small[:start] + small[start : start + 19] + b"\xff\xff" + bomb_jpeg()[start:]) == 65500**2


@given(
    data=st.binary(max_size=60),
    start=st.sampled_from(
        [b"", b"\xff\xd8", b"\xff\xd8\xff\xc0", b"BM", b"P6", b"\x89PNG\r\n\x1a\n", b"II*\0", b"MM\0*"]
    ),
)
def test_any_bytes_have_a_size_or_none(data: bytes, start: bytes) -> None:
    found = declared_pixels(start + data)
    assert found is None or found >= 0
    assert is_cut_off(start + data) in {True, False}
    assert jpeg_has_end(start + data) in {True, False}
    frame = jpeg_frame(start + data)
    assert frame is None or 0 <= frame.components <= 255


def test_what_the_frame_of_a_jpeg_says() -> None:
    assert jpeg_frame(saved("JPEG", (16, 16))) == JpegFrame(components=3, progressive=False)
    assert jpeg_frame(saved("JPEG", (16, 16), progressive=True)) == JpegFrame(components=3, progressive=True)
    assert jpeg_frame(saved("PNG", (16, 16))) is None


def test_the_end_of_a_jpeg_is_the_one_after_its_scan() -> None:
    whole = saved("JPEG", (16, 16), comment=b"\xff\xd9")
    assert jpeg_has_end(whole)
    assert jpeg_has_end(whole + b"more")
    assert not jpeg_has_end(whole[:-2])


@pytest.mark.parametrize("order", ["little", "big"])
def test_the_size_of_a_tiff_in_either_byte_order(order: str) -> None:
    mark = ">" if order == "big" else "<"
    entries = struct.pack(f"{mark}HHIHxx", 256, 3, 1, 300) + struct.pack(f"{mark}HHII", 257, 4, 1, 70_000)
    start = (b"MM\0*" if order == "big" else b"II*\0") + struct.pack(f"{mark}IH", 8, 2)
    assert declared_pixels(start + entries) == 300 * 70_000
    assert declared_pixels(start + entries[:12]) is None


@pytest.mark.parametrize(
    ("size", "image_size", "reason"),
    [
        ((20_000, 1), 224, "20000x1 pixels, more than 134,217,728 when resized"),
        ((1, 20_000), 224, "1x20000 pixels, more than 134,217,728 when resized"),
        ((2, 2), 4096, "2x2 pixels, which cannot be resized"),
    ],
)
def test_images_that_cannot_be_resized_are_unreadable(tmp_path: Path, size, image_size: int, reason: str) -> None:
    images = {f"{name}.png": (saved("PNG", size), label) for label, name in enumerate("abc")}
    dataset = SampleDataset(read(makers.write_folders(tmp_path, images), LabelSpace(3)), 3, EvalRecipe(image_size))
    assert dataset.unreadable([0]) == {0: reason}
    with pytest.raises(UnreadableImages, match=rf"3 images cannot be decoded: n01/a\.png \({reason}\)"):
        next(dataset.batches(range(3), 1))


def test_such_images_are_unreadable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    good = saved("JPEG", (64, 64))
    root = makers.write_folders(
        tmp_path / "set",
        {
            "a.JPEG": (good, 0),
            "b.JPEG": (bomb_jpeg(), 1),
            "c.png": (bomb_png(), 2),
            "d.JPEG": (good[: good.index(b"\xff\xda")], 2),
            "e.ppm": (b"P6 90000 90000 255\n", 2),
        },
    )
    dataset = SampleDataset(read(root, LabelSpace(3)), 3, EvalRecipe(32))
    with pytest.raises(UnreadableImages) as caught:
        list(dataset.batches(range(5), 2))
    assert caught.value.indices == (1, 2, 3, 4)
    too_large = "more than 134,217,728 pixels"
    reasons = dataset.unreadable(range(5))
    assert reasons == {1: too_large, 2: too_large, 3: "cut off", 4: too_large}
    assert f"b.JPEG ({too_large}), " in caught.value.message
