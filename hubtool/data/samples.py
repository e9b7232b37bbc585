"""Images of a dataset one by one, wherever they are kept, and a dataset made of them."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Protocol

from hubtool.data.fingerprint import Fingerprint, Measurable, fingerprint_of, state_of, version_of
from hubtool.data.loader import preprocessed, unreadable_images
from hubtool.data.readers.imagesize import MAX_PIXELS, declared_pixels, is_cut_off
from hubtool.data.split import Batch
from hubtool.data.transform.opencv import why_unreadable
from hubtool.data.transform.spec import EvalRecipe
from hubtool.errors import BrokenDataset, UnreadableImages, UsageProblem
from hubtool.progress import SILENT, Progress

MAX_IMAGE_BYTES = 256 << 20
"""Largest undecoded image that is read, in bytes."""
IMAGE_EXTENSIONS = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".ppm", ".pgm", ".pbm", ".pnm", ".tif", ".tiff"}
)
"""What files of images are called that mindspore.dataset decodes."""
UNDECODED_EXTENSIONS = frozenset({".gif", ".webp", ".avif", ".heic", ".heif", ".jp2", ".j2k", ".jxl", ".tga"})
"""What files of images are called that it does not decode: MindCV's loader ends at one, so no figure counts them."""
COLOURS = 3
GREYS = 1


class Sample(Measurable, Protocol):
    """One image of a dataset; what `preprocessed` takes, and its size."""

    @property
    def label(self) -> int:
        """Number of its class, from 0."""


@dataclass(frozen=True, slots=True)
class FileSample:
    """An image in a file of its own."""

    path: Path
    name: str
    label: int

    def size(self) -> int:
        """Bytes of the file. Raises OSError, also for what is no regular file."""
        status = self.path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise _not_regular(self.path)
        return status.st_size

    def read(self) -> bytes:
        """The file. Raises OSError, also for what is no regular file or larger than `MAX_IMAGE_BYTES`."""
        return read_file(self.path, MAX_IMAGE_BYTES)

    def version(self) -> str:
        """Of the file. Raises OSError."""
        return version_of(self.path.stat())


@dataclass(frozen=True, slots=True)
class PixelSample:
    """An image kept as numbers, read as a PNM file: without loss, and the same bytes on every machine.

    Attributes
    ----------
    pixels
        uint8, (height, width) if grey, (height, width, 3) red, green and blue if in colour, row by row.
    side
        Height and width in pixels.
    channels
        1 or 3.
    """

    name: str
    label: int
    pixels: bytes | memoryview
    side: int
    channels: int

    def size(self) -> int:
        """Bytes of the PNM file."""
        return len(self._header) + len(self.pixels)

    def read(self) -> bytes:
        """A PGM (grey) or PPM (colour) file."""
        return self._header + bytes(self.pixels)

    def version(self) -> str:
        """SHA-256 of the pixels, which are in memory anyway."""
        return hashlib.sha256(self.pixels).hexdigest()

    @property
    def _header(self) -> bytes:
        magic = "P6" if self.channels == COLOURS else "P5"
        return f"{magic}\n{self.side} {self.side}\n255\n".encode()


@dataclass(frozen=True, slots=True)
class _Bounded:
    """A sample that refuses to be decoded when that would take too much memory, or the process with it."""

    sample: Sample

    @property
    def name(self) -> str:
        return self.sample.name

    @property
    def label(self) -> int:
        return self.sample.label

    def read(self) -> bytes:
        data = self.sample.read()
        if (declared_pixels(data) or 0) > MAX_PIXELS:
            raise BrokenDataset(f"{self.name}: more than {MAX_PIXELS:,} pixels")
        if is_cut_off(data):
            raise BrokenDataset(f"{self.name}: cut off")
        return data


@dataclass(frozen=True, slots=True)
class Split:
    """What a layout found at a path.

    Attributes
    ----------
    layout
        One line: what was recognised.
    root
        Where it lies.
    samples
        The images, in a fixed order, their names all different.
    channels
        Colours of an image as decoded: 3 for files (grey ones are decoded to colour), 1 for arrays of grey.
    left_out
        Names, from the root, of files among the images that are of `UNDECODED_EXTENSIONS`.
    empty_classes
        Class folders without an image.
    """

    layout: str
    root: Path
    samples: Sequence[Sample]
    channels: int = COLOURS
    left_out: Sequence[str] = ()
    empty_classes: Sequence[str] = ()


class SampleDataset:
    """A split whose images are decoded and preprocessed by a recipe.

    Parameters
    ----------
    classes
        Outputs of the network.
    rescale
        Divide pixels by 255 before normalising, as MindCV does it for some datasets.

    Raises
    ------
    UsageProblem
        The recipe normalises another number of channels than the images have.
    """

    def __init__(self, split: Split, classes: int, recipe: EvalRecipe, *, rescale: bool = False):
        if not len(recipe.mean) == len(recipe.std) == split.channels:
            raise UsageProblem(
                f"{split.root}: images of {split.channels} channels, and a recipe that normalises {len(recipe.mean)}"
            )
        self.split = split
        self.samples = split.samples
        self.root = split.root
        self.layout = split.layout
        self.left_out = split.left_out
        self.name = str(split.root)
        self.num_classes = classes
        self.recipe = recipe
        self.rescale = rescale

    def with_recipe(self, recipe: EvalRecipe) -> SampleDataset:
        """The same images, preprocessed otherwise."""
        return SampleDataset(self.split, self.num_classes, recipe, rescale=self.rescale)

    @cached_property
    def names(self) -> Sequence[str]:
        """Path of each image from the root."""
        return [sample.name for sample in self.samples]

    @cached_property
    def labels(self) -> Sequence[int]:
        """The class of each image."""
        return [sample.label for sample in self.samples]

    def __len__(self) -> int:
        """Number of images in the split."""
        return len(self.samples)

    def batches(self, indices: Sequence[int], batch_size: int) -> Iterator[Batch]:
        """The images at `indices`, in that order. Raises UnreadableImages, at once if a file is not there."""
        chosen = [_Bounded(self.samples[index]) for index in indices]
        try:
            if any(_is_gone(bounded.sample) for bounded in chosen):
                raise unreadable_images(chosen, self.recipe, self.name)
            for batch in preprocessed(
                chosen, self._decoded_recipe, batch_size, dataset=self.name, rescale=self.rescale
            ):
                yield Batch(batch.images[:, : self.split.channels].copy(), batch.labels) if self._is_grey else batch
        except UnreadableImages as error:
            error.indices = tuple(indices[place] for place in error.indices)
            raise

    def unreadable(self, indices: Sequence[int]) -> dict[int, str]:
        """Why images at `indices` cannot be decoded, by index."""
        reasons = why_unreadable((_Bounded(self.samples[index]) for index in indices), self.recipe)
        return {indices[place]: reason for place, reason in reasons.items()}

    def fingerprint(self, *, contents: bool = False, progress: Progress = SILENT) -> Fingerprint:
        """What tells this split from another one. Raises BrokenDataset for what cannot be read, with `contents`."""
        return fingerprint_of(
            self.samples, self.labels, layout=self.layout, called=self.name, contents=contents, progress=progress
        )

    def state(self) -> str:
        """Another SHA-256 once an image may have changed."""
        return state_of(self.samples)

    @property
    def _is_grey(self) -> bool:
        return self.split.channels == GREYS

    @property
    def _decoded_recipe(self) -> EvalRecipe:
        """The recipe for what the decoder gives: three equal channels for a grey image, of which one is kept."""
        if not self._is_grey:
            return self.recipe
        return replace(self.recipe, mean=self.recipe.mean * COLOURS, std=self.recipe.std * COLOURS)


def _is_gone(sample: Sample) -> bool:
    try:
        sample.size()
    except OSError:
        return True
    return False


def read_file(path: Path, limit: int) -> bytes:
    """A regular file of at most `limit` bytes; a pipe or a device does not block.

    Raises
    ------
    OSError
        It is not there, is no regular file, or is larger.
    """
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as stream:
        status = os.fstat(stream.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise _not_regular(path)
        if status.st_size > limit:
            raise OSError(errno.EFBIG, f"larger than {limit:,} bytes", str(path))
        return stream.read(limit)


def _not_regular(path: Path) -> OSError:
    return OSError(errno.EINVAL, "not a regular file", str(path))
