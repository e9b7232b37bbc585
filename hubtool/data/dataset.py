"""What an evaluation needs of a dataset."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Batch:
    """Images (N, C, H, W) float32, ready for the network, and labels (N,) int32."""

    images: Any
    labels: Any


class Dataset(Protocol):
    """One split of a dataset, in a fixed order."""

    @property
    def name(self) -> str:
        """What it is called in reports."""

    @property
    def classes(self) -> int:
        """Number of classes; labels run from 0."""

    @property
    def names(self) -> Sequence[str]:
        """What each image is called: its path from the dataset's root, no two alike."""

    @property
    def labels(self) -> Sequence[int]:
        """The class of each image."""

    def __len__(self) -> int:
        """Number of images in the split."""

    def batches(self, indices: Sequence[int], batch_size: int) -> Iterator[Batch]:
        """The images at `indices`, in that order, the last batch possibly smaller."""
