"""The evaluation loop: a session over a split, one answer per image."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import islice
from typing import Any, Protocol

from hubtool.data.split import Dataset
from hubtool.engine.protocol import Session
from hubtool.evaluation.early_stop import StopRule
from hubtool.evaluation.outcome import Counts, Evaluation
from hubtool.evaluation.prefetch import prefetched
from hubtool.evaluation.sampling import BATCH_SIZE
from hubtool.evaluation.topk import best_classes, count_correct, new_rows
from hubtool.progress import SILENT, Progress


class Record(Protocol):
    """Where answers are kept, so that an interrupted evaluation can resume."""

    @property
    def batches(self) -> Sequence[Any]:
        """The answers that already exist, batch by batch."""

    def append(self, rows: Any) -> None:
        """Keep the answers of one more batch."""

    def finish(self) -> None:
        """The evaluation has finished."""


def evaluate(
    session: Session,
    split: Dataset,
    indices: Sequence[int] | None = None,
    *,
    batch_size: int = BATCH_SIZE,
    stop: StopRule | None = None,
    record: Record | None = None,
    progress: Progress = SILENT,
) -> Evaluation:
    """Let a session classify images of a split.

    While the network works on a batch, another thread reads the next ones.

    Parameters
    ----------
    indices
        Places of the images in the split, in the order in which they are evaluated; None for all of them.
    stop
        Ends the run early, so that the images have to come in random order.
    record
        What it holds is not evaluated again; the answers of every batch are added to it.

    Raises
    ------
    CheckpointMismatch
        The network answers with NaN or infinity.
    """
    run = _Run(range(len(split)) if indices is None else indices, stop)
    for rows in record.batches if record else ():
        if not run.is_over:
            run.add(rows)
    resumed, session_seconds = run.done, 0.0
    rest = run.rest()
    task = progress.task(split.name, run.images, "images")
    task.restart(resumed)
    started = time.perf_counter()
    try:
        with prefetched(lambda: split.batches(rest, batch_size) if rest else iter(())) as batches:
            for batch in batches:
                before = time.perf_counter()
                logits = session.logits(batch.images)
                session_seconds += time.perf_counter() - before
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
    counts = Counts(dict(run.correct), run.done, len(split), time.perf_counter() - started, resumed)
    return Evaluation(counts, run.rows[: run.done], split.names, session_seconds=session_seconds)


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
    def images(self) -> int:
        """How many there are to answer."""
        return len(self._indices)

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
