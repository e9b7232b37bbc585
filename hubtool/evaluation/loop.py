"""The evaluation loop: an engine over a dataset, an answer an image."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import islice
from typing import Any, Protocol

from hubtool.data.split import Dataset
from hubtool.engine.protocol import Engine
from hubtool.evaluation.outcome import Counts, Evaluation, best_classes, count_correct, new_rows
from hubtool.evaluation.prefetch import prefetched
from hubtool.extras import require
from hubtool.progress import SILENT, Progress

BATCH_SIZE = 32

StopRule = Callable[[Mapping[int, int], int], bool]
"""Called after every batch with right answers by k and images so far, both since the beginning: True ends the run."""


class Record(Protocol):
    """Where answers are kept, so that an interrupted evaluation can go on."""

    @property
    def batches(self) -> Sequence[Any]:
        """The answers that are there already, batch by batch."""

    def append(self, rows: Any) -> None:
        """Keep the answers of one more batch."""

    def finish(self) -> None:
        """The evaluation came to its end."""


def evaluate(
    engine: Engine,
    dataset: Dataset,
    *,
    limit: int | None = None,
    seed: int = 0,
    skip: Collection[int] = (),
    batch_size: int = BATCH_SIZE,
    stop: StopRule | None = None,
    record: Record | None = None,
    progress: Progress = SILENT,
) -> Evaluation:
    """Let an engine classify the images of a dataset.

    While the network works on a batch, another thread reads the next ones.

    Parameters
    ----------
    limit
        Evaluate only that many images, drawn at random without replacement; None for the whole split.
    seed
        Of that draw.
    skip
        Images to leave out of what was drawn: the accuracy of the whole split is then not known.
    stop
        Ends the run early; images then come in random order, by the seed.
    record
        What it holds is not evaluated again; the answers of every batch are added to it.

    Raises
    ------
    CheckpointMismatch
        The network answers with NaN or infinity.
    """
    drawn = draw(len(dataset), limit, seed, shuffled=stop is not None)
    indices = [index for index in drawn if index not in skip] if skip else drawn
    run = _Run(indices, stop)
    for rows in record.batches if record else ():
        if not run.is_over:
            run.add(rows)
    resumed, engine_seconds = run.done, 0.0
    rest = run.rest()
    task = progress.task(dataset.name, len(indices), "images")
    task.restart(resumed)
    started = time.perf_counter()
    try:
        with prefetched(lambda: dataset.batches(rest, batch_size) if rest else iter(())) as batches:
            for batch in batches:
                before = time.perf_counter()
                logits = engine.logits(batch.images)
                engine_seconds += time.perf_counter() - before
                rows = run.answers(logits, batch.labels)
                run.add(rows)
                if record is not None:
                    record.append(rows)
                task.advance(len(rows))
                if run.is_over:
                    break
    finally:
        task.finish()
    if record is not None:
        record.finish()
    counts = Counts(
        dict(run.correct), run.done, len(dataset), time.perf_counter() - started, resumed, len(drawn) - len(indices)
    )
    return Evaluation(counts, run.rows[: run.done], dataset.names, engine_seconds=engine_seconds)


def draw(size: int, limit: int | None, seed: int | Sequence[int], *, shuffled: bool) -> Sequence[int]:
    """The images to evaluate: of a split of that size, all or as many as the limit says.

    In the order of the dataset, which is quicker to read, unless `shuffled`.
    """
    np = require("numpy", extra="mindspore", purpose="evaluate")
    count = size if limit is None else min(limit, size)
    if shuffled:
        order: list[int] = np.random.default_rng(seed).permutation(size)[:count].tolist()
        return order
    if count == size:
        return range(size)
    return sorted(np.random.default_rng(seed).choice(size, count, replace=False).tolist())


class _Run:
    """The answers so far."""

    def __init__(self, indices: Sequence[int], stop: StopRule | None):
        self._indices = indices
        self._stop = stop
        self._stopped = False
        self._rest = iter(indices)
        self.rows = new_rows(len(indices))
        self.done = 0
        self.correct = count_correct(self.rows[:0])

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to do, or to learn."""
        return self._stopped or self.done == len(self._indices)

    def rest(self) -> Sequence[int]:
        """The images without an answer; the batches that follow are these, in this order."""
        answered = set(self.rows["index"][: self.done].tolist())
        rest = [] if self.is_over else [index for index in self._indices if index not in answered]
        self._rest = iter(rest)
        return rest

    def answers(self, logits: Any, labels: Any) -> Any:
        """The rows of the next batch."""
        rows = new_rows(len(labels))
        rows["index"] = list(islice(self._rest, len(labels)))
        rows["label"] = labels
        rows["best"] = best_classes(logits)
        rows["logit"] = logits.max(axis=1)
        return rows

    def add(self, rows: Any) -> None:
        """Count the rows of a batch, and ask whether they were enough."""
        self.rows[self.done : self.done + len(rows)] = rows
        self.done += len(rows)
        for k, count in count_correct(rows).items():
            self.correct[k] += count
        if self._stop is not None:
            self._stopped = self._stop(self.correct, self.done)
