"""One evaluation as a user asks for it: how much of the split, when to stop, and a ledger to go on from."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hubtool import __version__
from hubtool.data.split import Dataset
from hubtool.engine.protocol import Engine
from hubtool.errors import BrokenDataset
from hubtool.evaluation.ledger import Resume, opened
from hubtool.evaluation.loop import BATCH_SIZE, draw, evaluate
from hubtool.evaluation.outcome import TOP_K, Evaluation
from hubtool.evaluation.readable import unreadable
from hubtool.evaluation.sequence import ConfidenceSequence
from hubtool.evidence.interval import CONFIDENCE
from hubtool.evidence.verdict import TOLERANCE, is_settled
from hubtool.progress import SILENT, Progress
from hubtool.words import counted

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
    order, skip
        The images in the order in which they were drawn, and those of them that cannot be decoded. These count as
        wrong at the lower ends of the intervals, as right at the upper ends; each end gets half of the error.
    """

    def __init__(
        self,
        claims: Iterable[tuple[int, float]],
        split: int,
        tolerance: float = TOLERANCE,
        *,
        order: Sequence[int] = (),
        skip: Collection[int] = (),
    ):
        self._claims = tuple(claims)
        self._tolerance = tolerance
        self._drawn_with = [place for place, index in enumerate(order, 1) if index not in skip] if skip else None
        confidence = (1 + CONFIDENCE) / 2 if skip else CONFIDENCE
        self._lower = {k: ConfidenceSequence(split, confidence) for k in TOP_K}
        self._upper = {k: ConfidenceSequence(split, confidence) for k in TOP_K} if skip else self._lower

    def __call__(self, correct: Mapping[int, int], images: int) -> bool:
        """Look at the counts so far."""
        drawn = self._drawn_with[images - 1] if self._drawn_with else images
        for k, sequence in self._lower.items():
            sequence.update(correct[k], drawn)
        if self._upper is not self._lower:
            for k, sequence in self._upper.items():
                sequence.update(correct[k] + drawn - images, drawn)
        intervals = self.intervals
        return all(is_settled(published, intervals[k], self._tolerance) for k, published in self._claims)

    @property
    def intervals(self) -> dict[int, tuple[float, float]]:
        """What is known of the whole split's accuracy, in percent, by k."""
        return {k: (self._lower[k].interval[0], self._upper[k].interval[1]) for k in TOP_K}


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
        As `evaluate` does, or no image is left.
    """
    order = _order(dataset, sampling)
    reasons = _unreadable(dataset, order, progress) if sampling.skip_unreadable else {}
    skip = frozenset(reasons)
    stop = EarlyStop(claims, len(dataset), sampling.tolerance, order=order, skip=skip) if sampling.early_stop else None
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
    left_out = {dataset.names[index]: reason for index, reason in reasons.items()}
    return replace(evaluation, unreadable=left_out, intervals=stop.intervals if stop else {})


def _order(dataset: Dataset, sampling: Sampling) -> Sequence[int]:
    return draw(len(dataset), sampling.limit, sampling.seed, shuffled=sampling.early_stop)


def _unreadable(dataset: Dataset, order: Sequence[int], progress: Progress) -> dict[int, str]:
    """The images to leave out, in the order of the dataset, and why; the first ones are named in warnings."""
    reasons = dict(sorted(unreadable(dataset, order, progress).items()))
    if len(reasons) == len(order):
        first, reason = next(iter(reasons.items()), (None, "it has none"))
        said = reason if first is None else f"{dataset.names[first]}: {reason}"
        raise BrokenDataset(f"{dataset.name}: none of {counted(len(order), 'image')} can be decoded: {said}")
    for index in list(reasons)[:_NAMED]:
        _log.warning("%s: %s cannot be decoded and is left out: %s", dataset.name, dataset.names[index], reasons[index])
    if len(reasons) > _NAMED:
        _log.warning(
            "%s: %s are left out; --json lists them all under `unreadable`",
            dataset.name,
            counted(len(reasons), "image"),
        )
    return reasons


def ledger_inputs(
    engine: Engine,
    dataset: Dataset,
    what: Mapping[str, str],
    sampling: Sampling,
    skip: frozenset[int] = frozenset(),
) -> dict[str, object]:
    """All that the answers depend on, as a ledger notes it."""
    order = _order(dataset, sampling)
    return {
        "hubtool": __version__,
        **what,
        "engine": engine.name,
        "precision": engine.precision,
        "dataset": dataset.name,
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
