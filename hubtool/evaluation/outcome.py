"""What an evaluation found: one answer per image, and the counts."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hubtool.evaluation.topk import TOP_K, right
from hubtool.extras import require


@dataclass(frozen=True, slots=True)
class Counts:
    """Right answers of an evaluation.

    Attributes
    ----------
    correct
        Images whose label is among the k best logits, by k.
    images, split_size
        Images evaluated, and in the whole split.
    seconds
        Wall time of the loop, reading included.
    resumed
        Images among `images` whose answers an earlier, interrupted run left in the ledger; they took none of `seconds`.
    skipped
        Images that could not be decoded and were skipped, as the user wished: they are not among `images`.
    """

    correct: Mapping[int, int]
    images: int
    split_size: int
    seconds: float
    resumed: int = 0
    skipped: int = 0

    @property
    def images_per_second(self) -> float:
        """Rate over the whole loop."""
        return (self.images - self.resumed) / self.seconds if self.seconds else 0.0

    @property
    def rate_note(self) -> str:
        """As in `, 4.8 images/s`; empty when an earlier run evaluated all of them."""
        return f", {self.images_per_second:.1f} images/s" if self.images > self.resumed else ""


@dataclass(frozen=True, slots=True)
class ClassCounts:
    """Right answers among the images of one class: their label is the best class, or among the five best."""

    label: int
    images: int
    top1: int
    top5: int


@dataclass(frozen=True, slots=True)
class Confusion:
    """How many images of the class `label` were taken for the class `taken_for`."""

    label: int
    taken_for: int
    images: int


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """The outcome of an evaluation.

    Attributes
    ----------
    rows
        One numpy record per image (see `new_rows`), in the order of evaluation.
    names
        What the dataset calls its images; a row's `index` is a place in it.
    intervals
        By k, what a confidence sequence says of the split's accuracy, in percent; empty when none was kept.
    session_seconds
        Wall time spent in the network: the rest of `counts.seconds` is what the loop cost.
    unreadable
        Why images could not be decoded and were skipped, by name.
    """

    counts: Counts
    rows: Any
    names: Sequence[str]
    intervals: Mapping[int, tuple[float, float]] = field(default_factory=dict)
    session_seconds: float = 0.0
    unreadable: Mapping[str, str] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """SHA-256 of all answers in the order of evaluation: the same for a run and one that was interrupted."""
        return hashlib.sha256(self.rows.tobytes()).hexdigest()

    def by_class(self) -> list[ClassCounts]:
        """Right answers of each class that has images, by number."""
        np = require("numpy", extra="eval", purpose="evaluate")
        labels, places, images = np.unique(self.rows["label"], return_inverse=True, return_counts=True)
        top1, top5 = (np.bincount(places[right(self.rows, k)], minlength=len(labels)) for k in TOP_K)
        table = zip(labels.tolist(), images.tolist(), top1.tolist(), top5.tolist(), strict=True)
        return [ClassCounts(*row) for row in table]

    def confusions(self, most: int) -> list[Confusion]:
        """The pairs of classes that were confused most often, most frequent first, then by number."""
        np = require("numpy", extra="eval", purpose="evaluate")
        wrong = self.rows[~right(self.rows, 1)]
        pairs, images = np.unique(np.stack([wrong["label"], wrong["best"][:, 0]], axis=1), axis=0, return_counts=True)
        frequent = np.argsort(-images, kind="stable")[:most]
        return [Confusion(int(pairs[i, 0]), int(pairs[i, 1]), int(images[i])) for i in frequent]
