"""Small folders of real photographs: crops of those that scikit-learn ships, and scikit-image where it is installed."""

from __future__ import annotations

import io
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

ROTATED = 6
"""EXIF: the camera was turned; viewers show the image upright, mindspore.dataset does not."""


IN_SCIKIT_IMAGE = ("astronaut.png", "chelsea.png", "coffee.png", "motorcycle_left.png", "retina.jpg", "rocket.jpg")


@cache
def photographs() -> list[Any]:
    """Whole photographs, (height, width, 3) uint8."""
    from PIL import Image
    from sklearn.datasets import load_sample_images

    found = list(load_sample_images().images)
    spec = find_spec("skimage")
    if spec is not None and spec.origin is not None:
        folder = Path(spec.origin).parent / "data"
        found += [np.asarray(Image.open(folder / name).convert("RGB")) for name in IN_SCIKIT_IMAGE]
    return found


def crops(count: int, seed: int = 0, sides: tuple[int, int] = (100, 400)) -> list[Any]:
    """Crops of many sizes and aspect ratios; the same ones wherever the tests run with the same photographs."""
    whole = photographs()
    random = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        photograph = whole[random.integers(len(whole))]
        height, width = (
            min(int(side), limit) for side, limit in zip(random.integers(*sides, 2), photograph.shape[:2], strict=True)
        )
        top, left = (
            random.integers(limit - side + 1) for limit, side in zip(photograph.shape, (height, width), strict=False)
        )
        found.append(photograph[top : top + height, left : left + width])
    return found


def write_photos(root: Path, classes: list[str], per_class: int) -> Path:
    """`root/val/<class>/<n>.JPEG`, crops of many sizes and aspect ratios."""
    images = iter(crops(len(classes) * per_class))
    for name in classes:
        folder = root / "val" / name
        folder.mkdir(parents=True)
        for number in range(per_class):
            (folder / f"{number:03}.JPEG").write_bytes(encoded(next(images)))
    return root


def encoded(image: Any, kind: str = "rgb") -> bytes:
    """A file of a kind that `KINDS` lists."""
    from PIL import Image

    mode, file_format, options = KINDS[kind]
    if kind == "exif":
        exif = Image.Exif()
        exif[0x0112] = ROTATED
        options = options | {"exif": exif}
    buffer = io.BytesIO()
    Image.fromarray(image).convert(mode).save(buffer, file_format, **options)
    return buffer.getvalue()


KINDS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "rgb": ("RGB", "JPEG", {"quality": 90}),
    "grey": ("L", "JPEG", {}),
    "cmyk": ("CMYK", "JPEG", {}),
    "exif": ("RGB", "JPEG", {}),
    "progressive": ("RGB", "JPEG", {"progressive": True}),
    "full-chroma": ("RGB", "JPEG", {"subsampling": 0}),
    "palette": ("P", "PNG", {}),
    "rgba": ("RGBA", "PNG", {}),
    "grey-png": ("L", "PNG", {}),
    "bits": ("1", "PNG", {}),
    "ppm": ("RGB", "PPM", {}),
    "pgm": ("L", "PPM", {}),
    "pbm": ("1", "PPM", {}),
}
"""Mode, format and options of the files that photographs come in, by kind. ImageNet holds most of them, whatever
the names of its files say."""


def write_every_kind(root: Path, classes: list[str], per_class: int) -> Path:
    """As `write_photos`, the files of all kinds in turn, all called .JPEG as in ImageNet."""
    kinds = list(KINDS)
    for number, image in enumerate(crops(len(classes) * per_class, seed=1, sides=(60, 420))):
        folder = root / "val" / classes[number // per_class]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number % per_class:03}.JPEG").write_bytes(encoded(image, kinds[number % len(kinds)]))
    return root
