"""One evaluation as a user asks for it: how much of the split, when to stop, and a ledger to resume from."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace
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
from hubtool.network.spec import Model
from hubtool.progress import SILENT, Progress
from hubtool.words import counted

_log = logging.getLogger(__name__)
_NAMED = 20
"""Unreadable images that are named one by one."""


def measure(
    session: Session,
    split: Dataset,
    model: Model,
    sampling: Sampling,
    *,
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
    claims
        As `EarlyStop` takes them: they decide when an evaluation that may stop early does so.
    ledgers
        Folder of the ledgers.

    Raises
    ------
    HubtoolError
        As `evaluate` does, or no image can be decoded.
    """
    order = sampling.order(len(split))
    reasons = _unreadable(split, order, progress) if sampling.skip_unreadable else {}
    stop = None
    if sampling.early_stop:
        stop = EarlyStop(claims, len(split), sampling.tolerance, order=order, skip=reasons)
    inputs = ledger_inputs(session.identity, split, model, sampling, order, reasons)
    with opened(ledgers, inputs, resume) as ledger:
        evaluation = evaluate(
            session,
            split,
            [index for index in order if index not in reasons] if reasons else order,
            batch_size=sampling.batch_size,
            stop=stop,
            record=ledger,
            progress=progress,
        )
    return replace(
        evaluation,
        counts=replace(evaluation.counts, skipped=len(reasons)),
        unreadable={split.names[index]: reason for index, reason in reasons.items()},
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
        "network": model.spec.name,
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
