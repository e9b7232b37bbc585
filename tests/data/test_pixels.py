"""Pixels and normalised values are those of mindspore.dataset, bit for bit, for every kind of file.

The everyday tests compare with digests that mindspore.dataset made (see tests/data/pictures.py) and need no MindSpore;
the referee itself is asked in those marked so.
"""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from hubtool.data.samples import MAX_IMAGE_BYTES
from hubtool.data.transform.decode import decoded
from hubtool.data.transform.normalise import normalised
from hubtool.data.transform.refusal import NO_IMAGE, CannotDecode
from hubtool.data.transform.spec import EvalRecipe, Geometry
from tests.data.pictures import (
    NORMALISATIONS,
    by_mindspore,
    digest,
    expected,
    files,
    geometries,
    normalised_by_mindspore,
    ramp,
)

np = pytest.importorskip("numpy")
pytest.importorskip("cv2")
pytest.importorskip("PIL")
MADE_UP = ["cut-0.9.jpg"]
"""Files cut within their scan for which mindspore.dataset makes up the pixels that are missing."""
READ = [name for name, digests in expected()["pixels"].items() if digests is not None and name not in MADE_UP]
REFUSED = [name for name, digests in expected()["pixels"].items() if digests is None]


class Photo:
    """A sample in memory."""

    label = 0

    def __init__(self, data: bytes, name: str = "photo"):
        self.name, self.data = name, data

    def read(self) -> bytes:
        assert len(self.data) <= MAX_IMAGE_BYTES
        return self.data

    def size(self) -> int:
        return len(self.data)

    def version(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


@pytest.mark.parametrize("name", READ)
def test_pixels_of_every_kind_of_file(name: str) -> None:
    photo = Photo(files()[name])
    found = {key: digest([decoded(photo, geometry) for geometry in group]) for key, group in geometries().items()}
    assert found == expected()["pixels"][name]


@pytest.mark.parametrize("name", REFUSED + MADE_UP)
def test_what_mindspore_cannot_read_is_refused(name: str) -> None:
    with pytest.raises(CannotDecode, match=f"^({NO_IMAGE}|cut off)$"):
        decoded(Photo(files()[name]), EvalRecipe().geometry)


def test_every_kind_is_there() -> None:
    assert set(files()) == {*READ, *REFUSED, *MADE_UP}
    assert len(READ) > 80
    assert len(REFUSED) > 20


@pytest.mark.parametrize("name", NORMALISATIONS)
def test_normalised_values(name: str) -> None:
    assert digest([normalised(ramp(), NORMALISATIONS[name])]) == expected()["normalised"][name]


def test_a_batch_is_normalised_as_its_images_are() -> None:
    images = np.stack([ramp(), ramp()[::-1]])
    for normalisation in NORMALISATIONS.values():
        one_by_one = np.stack([normalised(image, normalisation) for image in images])
        np.testing.assert_array_equal(normalised(images, normalisation), one_by_one)


def test_pixels_are_the_same_in_a_thread_that_is_new() -> None:
    """OpenCV's IPP, whose bicubic is one level off in places, is switched off thread by thread."""
    data = files()["huge.jpg"]
    geometry = EvalRecipe(interpolation="bicubic").geometry
    here = decoded(Photo(data), geometry)
    with ThreadPoolExecutor(2) as pool:
        for there in pool.map(lambda _: decoded(Photo(data), geometry), range(2)):
            np.testing.assert_array_equal(there, here)


@pytest.mark.parametrize(
    ("height", "width", "side", "shape"),
    [
        (5, 335, 224, (224, 15008)),  # 15007.99... in double precision, or in another order
        (335, 5, 224, (15008, 224)),
        (49, 49, 256, (256, 256)),
        (375, 500, 256, (256, 341)),
        (1, 7, 1000, (1000, 7000)),
    ],
)
def test_the_longer_side(height: int, width: int, side: int, shape: tuple[int, int]) -> None:
    from hubtool.data.transform.opencv import _resized_shape

    assert _resized_shape(height, width, Geometry(side, side, "shorter-side", "nearest", "mindspore")) == shape


def test_no_side_becomes_more_than_a_thousand_times_as_long() -> None:
    def pixel(resize: int) -> Geometry:
        return Geometry(8, resize, "squash", "nearest", "mindspore")

    one = Photo(files()["1x1.png"])
    assert decoded(one, pixel(1000)).shape == (8, 8, 3)
    with pytest.raises(CannotDecode, match="1x1 pixels, which cannot be resized"):
        decoded(one, pixel(1001))


@pytest.mark.slow
@pytest.mark.mindspore
def test_the_referee_says_so_of_every_file() -> None:
    pytest.importorskip("mindspore")
    for name, data in files().items():
        wanted = expected()["pixels"][name]
        for key, group in geometries().items():
            pixels = [by_mindspore(data, geometry) for geometry in group]
            assert (wanted[key] if wanted else None) == (None if pixels[0] is None else digest(pixels)), (name, key)


@pytest.mark.mindspore
@pytest.mark.parametrize("name", NORMALISATIONS)
def test_the_referee_says_so_of_values(name: str) -> None:
    pytest.importorskip("mindspore")
    theirs = normalised_by_mindspore(ramp(), NORMALISATIONS[name])
    np.testing.assert_array_equal(normalised(ramp(), NORMALISATIONS[name]), theirs)


@pytest.mark.slow
@pytest.mark.mindspore
@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic", "nearest", "area", "pilcubic"])
@pytest.mark.parametrize("rule", ["shorter-side", "squash"])
def test_photographs_have_the_pixels_of_the_referee(interpolation: str, rule: str) -> None:
    pytest.importorskip("mindspore")
    pytest.importorskip("sklearn")
    from tests.photos import crops, encoded

    kinds = ("rgb", "progressive", "full-chroma", "grey", "cmyk", "palette")
    sizes = np.random.default_rng(5).integers(20, 300, 160)
    recipe = EvalRecipe(interpolation=interpolation, resize_rule=rule)
    for number, image in enumerate(crops(160, seed=7, sides=(40, 500))):
        data = encoded(image, kinds[number % len(kinds)])
        geometry = replace(recipe, image_size=int(sizes[number])).geometry
        np.testing.assert_array_equal(decoded(Photo(data), geometry), by_mindspore(data, geometry))
