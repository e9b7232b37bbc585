"""One evaluation as a user asks for it: how much of the split, when to stop, and a ledger to resume from."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hubtool import __version__
from hubtool.data.split import Dataset
from hubtool.engine.protocol import Identity, Session
from hubtool.errors import BrokenDataset
from hubtool.evaluation.early_stop import EarlyStop
from hubtool.evaluation.ledger import Resume, opened
from hubtool.evaluation.loop import evaluate
from hubtool.evaluation.outcome import Evaluation
from hubtool.evaluation.readable import unreadable
from hubtool.evaluation.sampling import Sampling
from hubtool.network.registry import family_of
from hubtool.network.spec import Model
from hubtool.progress import SILENT, Progress
from hubtool.words import counted

_log = logging.getLogger(__name__)
_NAMED = 20
"""Unreadable images that are named one by one."""


@dataclass(frozen=True, slots=True)
class Selected:
    """The images of a split that are evaluated.

    Attributes
    ----------
    order
        Places in the split of all that were drawn, in the order of evaluation.
    skipped
        Why images among them cannot be decoded and are skipped, by their places.
    """

    order: Sequence[int]
    skipped: Mapping[int, str]

    @property
    def indices(self) -> Sequence[int]:
        """Places of those that are evaluated, in order."""
        return [index for index in self.order if index not in self.skipped] if self.skipped else self.order


def selected(split: Dataset, sampling: Sampling, progress: Progress = SILENT) -> Selected:
    """The images that a user asks for. Raises BrokenDataset where unreadable ones are skipped and none is left."""
    order = sampling.order(len(split))
    return Selected(order, _unreadable(split, order, progress) if sampling.skip_unreadable else {})


def measure(
    session: Session,
    split: Dataset,
    model: Model,
    sampling: Sampling,
    *,
    images: Selected | None = None,
    claims: Iterable[tuple[int, float]] = (),
    ledgers: Path,
    resume: Resume = Resume.UNFINISHED,
    progress: Progress = SILENT,
) -> Evaluation:
    """Evaluate by a ledger, so that a run that was interrupted resumes and comes to the same answers.

    Parameters
    ----------
    model
        What the session runs.
    images
        Those that the sampling selects; None to select them here.
    claims
        As `EarlyStop` takes them: they decide when an evaluation that may stop early does so.
    ledgers
        Folder of the ledgers.

    Raises
    ------
    HubtoolError
        As `evaluate` does, or no image can be decoded.
    """
    chosen = images or selected(split, sampling, progress)
    stop = None
    if sampling.early_stop:
        stop = EarlyStop(claims, len(split), sampling.tolerance, order=chosen.order, skip=chosen.skipped)
    inputs = ledger_inputs(session.identity, split, model, sampling, chosen.order, chosen.skipped)
    with opened(ledgers, inputs, resume) as ledger:
        evaluation = evaluate(
            session,
            split,
            chosen.indices,
            batch_size=sampling.batch_size,
            stop=stop,
            record=ledger,
            progress=progress,
        )
    return replace(
        evaluation,
        counts=replace(evaluation.counts, skipped=len(chosen.skipped)),
        unreadable={split.names[index]: reason for index, reason in chosen.skipped.items()},
        intervals=stop.intervals if stop else {},
    )


def _unreadable(split: Dataset, order: Sequence[int], progress: Progress) -> dict[int, str]:
    """The images to skip, in the order of the split, and why; the first ones are named in warnings."""
    reasons = dict(sorted(unreadable(split, order, progress).items()))
    if len(reasons) == len(order):
        first, reason = next(iter(reasons.items()), (None, "it has none"))
        said = reason if first is None else f"{split.names[first]}: {reason}"
        raise BrokenDataset(f"{split.name}: none of {counted(len(order), 'image')} can be decoded: {said}")
    for index in list(reasons)[:_NAMED]:
        _log.warning("%s: %s cannot be decoded and is skipped: %s", split.name, split.names[index], reasons[index])
    if len(reasons) > _NAMED:
        _log.warning(
            "%s: %s are skipped; --json lists them all under `unreadable`", split.name, counted(len(reasons), "image")
        )
    return reasons


def ledger_inputs(
    identity: Identity,
    split: Dataset,
    model: Model,
    sampling: Sampling,
    order: Sequence[int],
    skip: Iterable[int] = (),
) -> dict[str, object]:
    """All that the answers depend on, as a ledger notes it.

    Parameters
    ----------
    order, skip
        The images that are evaluated, by their places in the split, and those among them that are skipped.
    """
    return {
        "hubtool": __version__,
        "asset": model.sha256,
        **({} if model.ema is None else {"ema": model.ema}),
        "network": model.spec.name,
        "outputs": model.spec.num_classes,
        **family_of(model.spec).versions(),
        "engine": identity.library,
        "precision": identity.precision,
        "device": identity.device,
        "options": dict(identity.options),
        "dataset": split.name,
        "state": split.state(),
        "recipe": repr(getattr(split, "recipe", None)),
        "names": _digest(split.names),
        "labels": _digest(map(int, split.labels)),
        "order": _digest(order),
        "skip": _digest(sorted(skip)),
        "batch_size": sampling.batch_size,
    }


def _digest(values: Iterable[object]) -> str:
    """SHA-256 of a list of values, one per line."""
    sha256 = hashlib.sha256()
    for value in values:
        sha256.update(f"{value}\n".encode(errors="surrogateescape"))
    return sha256.hexdigest()
