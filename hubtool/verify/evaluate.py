"""The evaluation loop: an engine over a dataset, counted."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hubtool.data.dataset import Dataset
from hubtool.engine.protocol import Engine
from hubtool.errors import CheckpointMismatch
from hubtool.extras import require
from hubtool.progress import SILENT, Progress

TOP_K = (1, 5)
BATCH_SIZE = 32


@dataclass(frozen=True, slots=True)
class Counts:
    """Outcome of an evaluation.

    Attributes
    ----------
    correct
        Images whose label is among the k best logits, by k.
    images, split
        Images evaluated, and in the whole split.
    seconds
        Wall time of the loop, reading included.
    """

    correct: dict[int, int]
    images: int
    split: int
    seconds: float

    @property
    def images_per_second(self) -> float:
        """Rate over the whole loop."""
        return self.images / self.seconds if self.seconds else 0.0


def evaluate(
    engine: Engine,
    dataset: Dataset,
    *,
    limit: int | None = None,
    seed: int = 0,
    batch_size: int = BATCH_SIZE,
    progress: Progress = SILENT,
) -> Counts:
    """Count the images an engine classifies correctly.

    Parameters
    ----------
    limit
        Evaluate only that many images, drawn at random without replacement; None for the whole split.
    seed
        Of that draw.

    Raises
    ------
    CheckpointMismatch
        The network answers with NaN or infinity.
    """
    indices = _chosen(len(dataset), limit, seed)
    correct = dict.fromkeys(TOP_K, 0)
    task = progress.task(dataset.name, len(indices), "images")
    started = time.perf_counter()
    try:
        for batch in dataset.batches(indices, batch_size):
            ranks = label_ranks(engine.logits(batch.images), batch.labels)
            for k in TOP_K:
                correct[k] += int((ranks < k).sum())
            task.advance(len(batch.labels))
    finally:
        task.finish()
    return Counts(correct, len(indices), len(dataset), time.perf_counter() - started)


def label_ranks(logits: Any, labels: Any) -> Any:
    """How many classes stand before each image's label, the best first; (N, classes), (N,) -> (N,) int.

    Of equal logits the lower class number stands first.
    """
    np = require("numpy", extra="mindspore", purpose="evaluate")
    if not np.isfinite(logits).all():
        raise CheckpointMismatch("the network answers with values that are not finite", hint="inspect the checkpoint")
    order = np.argsort(-logits, axis=1, kind="stable")
    return (order == labels[:, None]).argmax(axis=1)


def _chosen(size: int, limit: int | None, seed: int) -> Sequence[int]:
    if limit is None or limit >= size:
        return range(size)
    np = require("numpy", extra="mindspore", purpose="evaluate")
    drawn = np.random.default_rng(seed).choice(size, limit, replace=False)
    return sorted(int(index) for index in drawn)
