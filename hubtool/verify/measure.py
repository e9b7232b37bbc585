"""One evaluation as a user asks for it: how much of the split, when to stop, and a ledger to go on from."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from hubtool import __version__
from hubtool.card.judgement import TOLERANCE, is_settled
from hubtool.data.dataset import Dataset
from hubtool.engine.protocol import Engine
from hubtool.progress import SILENT, Progress
from hubtool.verify.evaluate import BATCH_SIZE, draw, evaluate
from hubtool.verify.evaluation import TOP_K, Evaluation
from hubtool.verify.ledger import Resume, opened
from hubtool.verify.sequence import ConfidenceSequence

_log = logging.getLogger(__name__)
_NAMED = 20
"""Unreadable images that are named one by one."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How much of a split is evaluated.

    Attributes
    ----------
    limit
        At most so many images, drawn at random; None for the whole split.
    seed
        Of that draw, and of the order when stopping early.
    batch_size
        Images that go through the network at once.
    early_stop
        Evaluate in random order, and end as soon as every claim is settled.
    tolerance
        How far off a claim may be, in points: decides what settles it.
    skip_unreadable
        Leave out images that cannot be decoded, which are looked for first; otherwise one ends the evaluation.
    """

    limit: int | None = None
    seed: int = 0
    batch_size: int = BATCH_SIZE
    early_stop: bool = False
    tolerance: float = TOLERANCE
    skip_unreadable: bool = False


class EarlyStop:
    """Ends an evaluation when the rest of the split can only confirm what is known about every claim; a `StopRule`.

    Each claim is judged by a confidence sequence of its own, so each verdict is wrong with a probability of 1 % at
    most, at whatever moment the run ends and whichever claim ended it.

    Parameters
    ----------
    claims
        Published percentages with the number k of best classes that they count, as (k, percent).
    """

    def __init__(self, claims: Iterable[tuple[int, float]], split: int, tolerance: float = TOLERANCE):
        self._claims = tuple(claims)
        self._tolerance = tolerance
        self._sequences = {k: ConfidenceSequence(split) for k in TOP_K}

    def __call__(self, correct: Mapping[int, int], images: int) -> bool:
        """Look at the counts so far."""
        for k, sequence in self._sequences.items():
            sequence.update(correct[k], images)
        intervals = self.intervals
        return all(is_settled(published, intervals[k], self._tolerance) for k, published in self._claims)

    @property
    def intervals(self) -> dict[int, tuple[float, float]]:
        """What is known of the whole split's accuracy, in percent, by k."""
        return {k: sequence.interval for k, sequence in self._sequences.items()}


def measure(
    engine: Engine,
    dataset: Dataset,
    what: Mapping[str, str],
    claims: Iterable[tuple[int, float]],
    sampling: Sampling,
    *,
    ledgers: Path,
    resume: Resume = Resume.UNFINISHED,
    progress: Progress = SILENT,
) -> Evaluation:
    """Evaluate by a ledger, so that a run that was interrupted goes on and comes to the same answers.

    Parameters
    ----------
    what
        What runs: the digest of the weights, the name of the network.
    claims
        As `EarlyStop` takes them.
    ledgers
        Folder of the ledgers.

    Raises
    ------
    HubtoolError
        As `evaluate` does.
    """
    stop = EarlyStop(claims, len(dataset), sampling.tolerance) if sampling.early_stop else None
    skip = _unreadable(dataset, sampling)
    with opened(ledgers, ledger_inputs(engine, dataset, what, sampling, skip), resume) as ledger:
        evaluation = evaluate(
            engine,
            dataset,
            limit=sampling.limit,
            seed=sampling.seed,
            skip=skip,
            batch_size=sampling.batch_size,
            stop=stop,
            record=ledger,
            progress=progress,
        )
    return replace(evaluation, intervals=stop.intervals) if stop else evaluation


def _unreadable(dataset: Dataset, sampling: Sampling) -> frozenset[int]:
    """The images to leave out, each named in a warning."""
    if not sampling.skip_unreadable:
        return frozenset()
    order = draw(len(dataset), sampling.limit, sampling.seed, shuffled=sampling.early_stop)
    bad = dataset.unreadable(order)
    for index in bad[:_NAMED]:
        _log.warning("%s: %s cannot be decoded and is left out", dataset.name, dataset.names[index])
    if len(bad) > _NAMED:
        _log.warning("%s: %d more are left out", dataset.name, len(bad) - _NAMED)
    return frozenset(bad)


def ledger_inputs(
    engine: Engine,
    dataset: Dataset,
    what: Mapping[str, str],
    sampling: Sampling,
    skip: frozenset[int] = frozenset(),
) -> dict[str, object]:
    """All that the answers depend on, as a ledger notes it."""
    order = draw(len(dataset), sampling.limit, sampling.seed, shuffled=sampling.early_stop)
    return {
        "hubtool": __version__,
        **what,
        "engine": engine.name,
        "precision": engine.precision,
        "dataset": dataset.name,
        "fingerprint": dataset.fingerprint().to_json(),
        "state": dataset.state(),
        "recipe": repr(getattr(dataset, "recipe", None)),
        "names": _digest(dataset.names),
        "labels": _digest(map(int, dataset.labels)),
        "order": _digest(order),
        "skip": _digest(sorted(skip)),
        "batch_size": sampling.batch_size,
    }


def _digest(values: Iterable[object]) -> str:
    """SHA-256 of a list of values, one a line."""
    sha256 = hashlib.sha256()
    for value in values:
        sha256.update(f"{value}\n".encode(errors="surrogateescape"))
    return sha256.hexdigest()
