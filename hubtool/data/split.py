"""What an evaluation needs of a dataset."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Protocol

from hubtool.data.fingerprint import Fingerprint
from hubtool.progress import SILENT, Progress
from hubtool.words import counted


@dataclass(frozen=True, slots=True)
class Batch:
    """Images (N, C, H, W) float32, ready for the network, and labels (N,) int32."""

    images: Any
    labels: Any


class Dataset(Protocol):
    """One split of a dataset, in a fixed order.

    Whoever evaluates decides whether to skip images that cannot be decoded: `batches` raises `UnreadableImages` at
    the first one and names every such image among the `indices` it was given; the evaluation can continue with
    `batches` of the other indices. The result has to say what was skipped.
    """

    @property
    def name(self) -> str:
        """What it is called in reports."""

    @property
    def num_classes(self) -> int:
        """Number of classes; labels run from 0."""

    @property
    def names(self) -> Sequence[str]:
        """What each image is called: its path from the dataset's root, no two alike."""

    @property
    def labels(self) -> Sequence[int]:
        """The class of each image."""

    @property
    def left_out(self) -> Sequence[str]:
        """Names, as `names` has them, of files among the images whose kind cannot be decoded: they do not count."""

    @property
    def clutter(self) -> Sequence[str]:
        """Hidden and system files and folders that were passed over; see `hubtool.data.clutter`."""

    def __len__(self) -> int:
        """Number of images in the split."""

    def batches(self, indices: Sequence[int], batch_size: int) -> Iterator[Batch]:
        """The images at `indices`, in that order, the last batch possibly smaller.

        Raises
        ------
        UnreadableImages
            One cannot be decoded; the error's `indices` are all of those asked for that cannot.
        """

    def unreadable(self, indices: Sequence[int]) -> Mapping[int, str]:
        """Why images at `indices` cannot be decoded, by index; it reads and decodes every one of them."""

    def fingerprint(self, *, contents: bool = False, progress: Progress = SILENT) -> Fingerprint:
        """What tells this split from another one; with `contents`, every byte of it is read."""

    def state(self) -> str:
        """SHA-256 that is another one once an image may have changed; unlike the fingerprint, it holds here only."""


def left_out_note(names: Sequence[str]) -> str:
    """Files that do not count, by kind: `3 files of kinds that MindCV cannot decode (2 .gif, 1 .webp)`."""
    kinds = Counter(PurePosixPath(name).suffix.lower() for name in names)
    listed = ", ".join(f"{count:,} {kind}" for kind, count in sorted(kinds.items()))
    return f"{counted(len(names), 'file')} of kinds that MindCV cannot decode ({listed})"
