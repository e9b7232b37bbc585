"""Small files of every kind, and what mindspore.dataset makes of them.

`pictures.zip` holds the files, `pictures.json` digests of the pixels, or null where mindspore.dataset refuses a file. The
two are made by mindspore.dataset 2.8, never by hubtool: `PYTHONPATH=. python -m tests.data.pictures` makes them again.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from hubtool.data.readers.imagesize import is_cut_off
from hubtool.data.transform.spec import CHOICES, MINDSPORE, EvalRecipe, Geometry, Normalisation

FILES = Path(__file__).with_name("pictures.zip")
DIGESTS = Path(__file__).with_name("pictures.json")
SIZES = ((32, 0.875), (33, 0.9), (96, 1.0))
"""Side of the network's input and crop_pct: smaller and larger than the pictures."""
NORMALISATIONS = {
    "imagenet": EvalRecipe().normalisation(),
    "half": Normalisation((127.5,) * 3, (127.5,) * 3),
    "bgr": Normalisation((1.5, 2.25, 103.53), (57.375, 57.12, 58.395), "bgr"),
    "cifar": Normalisation(
        tuple(255 * v for v in (0.4914, 0.4822, 0.4465)), tuple(255 * v for v in (0.2023, 0.1994, 0.2010)), rescale=True
    ),
    "mnist": Normalisation((0.1307 * 255,), (0.3081 * 255,), rescale=True),
    "mnist-colour": Normalisation((0.1307 * 255,) * 3, (0.3081 * 255,) * 3, rescale=True),
    "grey": Normalisation((100.0,), (50.0,)),
}


def geometries() -> dict[str, list[Geometry]]:
    """The ways to resize a picture, by what `pictures.json` calls them; a digest is over the sizes together."""
    return {
        f"{interpolation} {rule}": [
            EvalRecipe(size, crop, rule, interpolation, backend=MINDSPORE).geometry for size, crop in SIZES
        ]
        for interpolation in CHOICES["interpolation"]
        for rule in CHOICES["resize_rule"]
    }


@cache
def files() -> dict[str, bytes]:
    """The shipped files by name."""
    with zipfile.ZipFile(FILES) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@cache
def expected() -> dict[str, Any]:
    """What `pictures.json` says."""
    return json.loads(DIGESTS.read_text(encoding="utf-8"))


def digest(arrays: list[Any]) -> str:
    """Over shapes, types and values, in 16 hex digits."""
    sha = hashlib.sha256()
    for array in arrays:
        sha.update(f"{array.shape} {array.dtype}".encode() + np.ascontiguousarray(array).tobytes())
    return sha.hexdigest()[:16]


def ramp() -> Any:
    """(32, 32, 3) uint8 with every level in every channel, each channel in another order."""
    levels = np.arange(1024) % 256
    return np.stack([levels, levels[::-1], (levels * 7) % 256], axis=-1).reshape(32, 32, 3).astype(np.uint8)


@contextmanager
def _somewhere_else() -> Iterator[None]:
    """In another working directory: mindspore.dataset drops copies of what it cannot read."""
    here = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            yield
        finally:
            os.chdir(here)


def by_mindspore(data: bytes, geometry: Geometry) -> Any | None:
    """Pixels by mindspore.dataset; None where it refuses."""
    from mindspore.dataset import vision

    if is_cut_off(data):  # 2.8 hangs or dies of some of those
        return None
    size = (geometry.resize,) * 2 if geometry.resize_rule == "squash" else geometry.resize
    steps = [
        vision.Decode(),
        vision.Resize(size, interpolation=vision.Inter[geometry.interpolation.upper()]),
        vision.CenterCrop(geometry.size),
    ]
    with _somewhere_else():
        for _ in range(2):  # 2.8 fails once more on the image after one that failed
            image = np.frombuffer(data, dtype=np.uint8)
            try:
                for step in steps:
                    image = step(image)
            except (RuntimeError, TypeError, ValueError):
                continue
            return image
    return None


def normalised_by_mindspore(image: Any, normalisation: Normalisation) -> Any:
    """As MindCV's transforms do it."""
    from mindspore.dataset import vision

    grey = len(normalisation.mean) == 1
    mean, std = (list(values * 3 if grey else values) for values in (normalisation.mean, normalisation.std))
    steps: list[Any] = []
    if normalisation.channels == "bgr":
        steps.append(vision.ConvertColor(vision.ConvertMode.COLOR_RGB2BGR))
    if normalisation.rescale:
        steps.append(vision.Rescale(1 / 255.0, 0.0))
        mean, std = [value / 255 for value in mean], [value / 255 for value in std]
    if normalisation.rescale and len(set(mean)) == len(set(std)) == 1:
        steps.append(vision.Rescale(1 / std[0], -mean[0] / std[0]))
    else:
        steps.append(vision.Normalize(mean=mean, std=std))
    for step in (*steps, vision.HWC2CHW()):
        image = step(image)
    return image[:1] if grey else image


def _made() -> Iterator[tuple[str, bytes]]:
    """The files by name."""
    import cv2
    from PIL import Image

    from tests.photos import crops

    def saved(image: Any, kind: str, **options: Any) -> bytes:
        buffer = io.BytesIO()
        image.save(buffer, kind, **options)
        return buffer.getvalue()

    pixels = next(crop for crop in crops(40, seed=11, sides=(180, 320)) if crop.std() > 50)
    colour = Image.fromarray(pixels).resize((47, 34))
    pixels = np.asarray(colour)
    noise = np.random.default_rng(0).integers(0, 65536, (*pixels.shape[:2], 4), dtype=np.uint16)
    grey, palette, bits, cmyk = colour.convert("L"), colour.quantize(40), colour.convert("1"), colour.convert("CMYK")
    alpha, grey_alpha = colour.copy(), grey.copy()
    alpha.putalpha(grey)
    grey_alpha.putalpha(grey)
    black = Image.fromarray((noise[..., 0] >> 8).astype(np.uint8))
    cmyk = Image.merge("CMYK", [*cmyk.split()[:3], black])
    for way, options in {
        "4-2-0": {}, "4-4-4": {"subsampling": 0}, "4-2-2": {"subsampling": 1}, "progressive": {"progressive": True},
        "q10": {"quality": 10}, "restarts": {"restart_marker_blocks": 2}, "as-rgb": {"keep_rgb": True},
    }.items():  # fmt: skip
        yield f"{way}.jpg", saved(colour, "JPEG", **options)
    for factor in ("411", "440"):
        sampling = [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, getattr(cv2, f"IMWRITE_JPEG_SAMPLING_FACTOR_{factor}")]
        yield f"{'-'.join(factor)}.jpg", cv2.imencode(".jpg", pixels[..., ::-1], sampling)[1].tobytes()
    yield "grey.jpg", saved(grey, "JPEG")
    yield "grey-progressive.jpg", saved(grey, "JPEG", progressive=True)
    for turned in range(2, 9):
        exif = Image.Exif()
        exif[0x0112] = turned
        yield f"exif-{turned}.jpg", saved(colour, "JPEG", exif=exif)
    inks = saved(cmyk, "JPEG")
    yield "cmyk.jpg", inks
    yield "cmyk-progressive.jpg", saved(cmyk, "JPEG", progressive=True)
    adobe = inks.index(b"Adobe")
    yield "ycck.jpg", inks[: adobe + 11] + b"\2" + inks[adobe + 12 :]
    yield "cmyk-not-adobe.jpg", inks[: adobe - 4] + inks[adobe + 12 :]
    for name, image, options in (
        ("colour", colour, {}), ("grey", grey, {}), ("palette", palette, {}), ("palette-clear", palette, {"transparency": 3}),
        ("palette-4bit", colour.quantize(9), {"bits": 4}), ("1bit", bits, {}), ("rgba", alpha, {}),
        ("grey-alpha", grey_alpha, {}), ("grey-clear", grey, {"transparency": 90}),
        ("colour-clear", colour, {"transparency": tuple(pixels[0, 0].tolist())}),
        ("grey-16bit", Image.fromarray(noise[..., 0]), {}),
    ):  # fmt: skip
        yield f"{name}.png", saved(image, "PNG", **options)
    yield "colour-16bit.png", cv2.imencode(".png", np.ascontiguousarray(noise[..., :3]))[1].tobytes()
    yield "rgba-16bit.png", cv2.imencode(".png", noise)[1].tobytes()
    exif = Image.Exif()
    exif[0x0112] = 6
    yield "exif-6.png", saved(colour, "PNG", exif=exif)
    for name, image in {"colour": colour, "grey": grey, "palette": palette, "1bit": bits, "rgba": alpha}.items():
        yield f"{name}.bmp", saved(image, "BMP")
    for name, image, compression in (
        ("colour", colour, None), ("colour-lzw", colour, "tiff_lzw"), ("colour-deflate", colour, "tiff_adobe_deflate"),
        ("colour-jpeg", colour, "jpeg"), ("grey", grey, "packbits"), ("palette", palette, "tiff_lzw"),
        ("1bit", bits, "group4"), ("rgba", alpha, None), ("cmyk", cmyk, "tiff_lzw"), ("lab", colour.convert("LAB"), None),
        ("grey-16bit", Image.fromarray(noise[..., 0]), None), ("float", grey.convert("F"), None), ("zstd", colour, "zstd"),
    ):  # fmt: skip
        yield f"{name}.tif", saved(image, "TIFF", compression=compression)
    yield "exif-6.tif", saved(colour, "TIFF", exif=exif)
    yield "colour-16bit.tif", cv2.imencode(".tiff", np.ascontiguousarray(noise[..., :3]))[1].tobytes()
    yield "colour.ppm", saved(colour, "PPM")
    yield "grey.pgm", saved(grey, "PPM")
    yield "grey-16bit.pgm", saved(Image.fromarray(noise[..., 0]), "PPM")
    yield "1bit.pbm", saved(bits, "PPM")
    yield "text.ppm", b"P3\n# a comment\n3 2\n255\n" + b" ".join(b"%d" % n for n in range(3, 255, 14))
    yield "text.pgm", b"P2\n2 2\n255\n1 2 3 250\n"
    yield "text.pbm", b"P1\n2 2\n1 0 0 1\n"
    yield "white-is-100.ppm", b"P6\n2 2\n100\n" + bytes(range(0, 96, 8))
    for suffix in ("ras", "pam", "hdr", "pfm"):
        values = pixels[..., ::-1] if suffix in {"ras", "pam"} else (pixels[..., ::-1] / 255).astype(np.float32)
        yield f"colour.{suffix}", cv2.imencode(f".{suffix}", np.ascontiguousarray(values))[1].tobytes()
    for side in ((1, 1), (1, 9), (9, 1), (2, 3)):
        for kind in ("JPEG", "PNG", "BMP", "PPM", "TIFF"):
            yield f"{side[0]}x{side[1]}.{kind.lower()}", saved(colour.resize(side), kind)
    rows, columns = np.indices((2600, 3100))
    huge = Image.fromarray((rows // 40 * 3 + columns // 56 * 5).astype(np.uint8))
    yield "huge.png", saved(huge, "PNG", optimize=True)
    yield "huge.jpg", saved(huge.convert("RGB").crop((0, 0, 2400, 1900)), "JPEG", quality=30)
    yield "long.png", saved(colour.resize((4000, 12)).convert("L"), "PNG")
    # What cannot be read, or not whole.
    for kind in ("GIF", "WEBP", "JPEG2000", "TGA", "AVIF", "ICO", "PCX"):
        yield f"colour.{kind.lower()}", saved(colour, kind)
    for name, data in {"jpg": saved(colour, "JPEG"), "progressive.jpg": saved(colour, "JPEG", progressive=True),
                       "png": saved(colour, "PNG"), "bmp": saved(colour, "BMP"), "tif": saved(colour, "TIFF"),
                       "ppm": saved(colour, "PPM")}.items():  # fmt: skip
        for part in (0.35, 0.7, 0.9):
            yield f"cut-{part}.{name}", data[: int(len(data) * part)]
        yield f"padded.{name}", data + b"\0" * 30
        yield f"more-after.{name}", data + b"hubtool" * 9
    yield "no-end-mark.jpg", saved(colour, "JPEG")[:-2]
    yield "no-end-mark-grey.jpg", saved(grey, "JPEG")[:-2]
    yield "no-end-mark-progressive.jpg", saved(colour, "JPEG", progressive=True)[:-2]
    broken = bytearray(saved(colour, "PNG"))
    broken[len(broken) // 2] ^= 255
    yield "wrong-checksum.png", bytes(broken)
    yield "empty.jpg", b""
    yield "zeros.jpg", b"\0" * 200
    yield "text.jpg", b"this is no image\n"
    yield "marks-only.jpg", b"\xff\xd8\xff\xd9"


def _digests(of: Callable[[Geometry], Any | None]) -> dict[str, str] | None:
    found = {name: [of(geometry) for geometry in group] for name, group in geometries().items()}
    if any(image is None for images in found.values() for image in images):
        return None
    return {name: digest(images) for name, images in found.items()}


def main() -> None:
    """Make both files."""
    import mindspore

    made = dict(_made())
    with zipfile.ZipFile(FILES, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, data in made.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED, 9)
    pixels = {name: _digests(lambda geometry, data=data: by_mindspore(data, geometry)) for name, data in made.items()}
    values = {
        name: digest([normalised_by_mindspore(ramp(), normalisation)]) for name, normalisation in NORMALISATIONS.items()
    }
    content = {"mindspore": mindspore.__version__, "pixels": pixels, "normalised": values}
    DIGESTS.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
