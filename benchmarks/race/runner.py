"""What a contestant does once it is open, and the plain evaluation loop that the rivals run."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from benchmarks.assets import Assets
from hubtool.evaluation.topk import best_classes, is_correct


class Skip(Exception):
    """A contestant cannot run here; the message says why."""


@dataclass(frozen=True, slots=True)
class Task:
    """What every contestant is given.

    Attributes
    ----------
    batch_size
        Images that go through the network at once; divides their number.
    threads
        Cores that it may use.
    """

    assets: Assets
    batch_size: int
    threads: int


class Lap(NamedTuple):
    """One round of one contestant.

    Attributes
    ----------
    work
        Images, or GFLOP.
    seconds
        By the clock, decoding included.
    outside
        Those of the seconds in which the caller did not wait for the network; None if it is not known.
    """

    work: float
    seconds: float
    outside: float | None = None


class Runner(Protocol):
    """A contestant, opened."""

    def first_logits(self) -> Any:
        """Its answers to the first batch, (N, classes); None if it gives none."""

    def lap(self) -> Lap:
        """Do the work once."""


def first_batch(task: Task) -> Any:
    """The pixels of the first images, as hubtool prepares them; (N, C, H, W) float32."""
    return next(iter(task.assets.split().batches(range(task.batch_size), task.batch_size))).images


class PlainLoop:
    """hubtool's decoding, then a network, then counting: what one would write by hand; a `Runner`.

    hubtool's loader decodes the next batches in threads while the network works.

    Parameters
    ----------
    network
        Images (N, C, H, W) float32 -> logits (N, classes), numpy arrays.
    """

    def __init__(self, task: Task, network: Callable[[Any], Any]):
        self._task = task
        self._network = network

    def first_logits(self) -> Any:
        return self._network(first_batch(self._task))

    def lap(self) -> Lap:
        started, inside, correct = time.perf_counter(), 0.0, 0
        split = self._task.assets.split()
        for batch in split.batches(range(len(split)), self._task.batch_size):
            before = time.perf_counter()
            logits = self._network(batch.images)
            inside += time.perf_counter() - before
            best = best_classes(logits)
            correct += sum(int(is_correct(best, batch.labels, k).sum()) for k in (1, 5))
        seconds = time.perf_counter() - started
        return Lap(len(split), seconds, seconds - inside)
