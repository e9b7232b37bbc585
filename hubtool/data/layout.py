"""What a layout, a way to keep a dataset on disk, has to offer; `hubtool.data.open` lists all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hubtool.data.labelspace import LabelSpace
from hubtool.data.samples import COLOURS, Sample


@dataclass(frozen=True, slots=True)
class Split:
    """What a layout found at a path.

    Attributes
    ----------
    layout
        One line: what was recognised.
    root
        Where it is.
    samples
        The images, in a fixed order, their names all different.
    channels
        Colours of an image as decoded: 3 for files (grey ones are decoded to colour), 1 for arrays of grey.
    left_out
        Names, from the root, of files among the images that are of `UNDECODED_EXTENSIONS`.
    empty_classes
        Class folders without an image.
    clutter
        Hidden and system files and folders, from the root, that were passed over; see `hubtool.data.clutter`.
    """

    layout: str
    root: Path
    samples: Sequence[Sample]
    channels: int = COLOURS
    left_out: Sequence[str] = ()
    empty_classes: Sequence[str] = ()
    clutter: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Layout:
    """A way to keep a dataset.

    Attributes
    ----------
    name
        One line for messages: which files are where.
    recognises
        Whether a path that exists looks like it; cheap. Raises OSError, and UsageProblem where it is there several
        times over.
    read
        Lists its images with their labels, and raises BrokenDataset, NotFound, UsageProblem or MissingExtra.
    """

    name: str
    recognises: Callable[[Path], bool]
    read: Callable[[Path, LabelSpace], Split]
