"""hubtool's engines, through its whole evaluation: decoding, engine, ranking, ledger."""

from __future__ import annotations

import shutil
import time
from typing import Any

from benchmarks.race.runner import Lap, Runner, Skip, Task, first_batch
from hubtool.engine.choose import backend_named
from hubtool.engine.protocol import Execution, Session, Workload
from hubtool.evaluation.measure import measure
from hubtool.evaluation.sampling import Sampling


def opened(task: Task, engine: str, precision: str) -> Runner:
    """An engine of hubtool; `Skip` where it cannot run here."""
    model, execution = task.assets.model(), Execution(precision)
    backend = backend_named(engine)
    if reason := backend.why_not(model, execution):
        raise Skip(reason)
    workload = Workload(len(task.assets.split()), model.spec.input_size, task.batch_size)
    return Evaluating(task, backend.open(model, execution, workload))


class Evaluating:
    """An evaluation from the start, every time; a `Runner`."""

    def __init__(self, task: Task, session: Session):
        self._task = task
        self._session = session

    def first_logits(self) -> Any:
        return self._session.logits(first_batch(self._task))

    def lap(self) -> Lap:
        ledgers = self._task.assets.folder / f"ledgers-{self._session.identity.name}"
        shutil.rmtree(ledgers, ignore_errors=True)
        started = time.perf_counter()
        split = self._task.assets.split()
        sampling = Sampling(batch_size=self._task.batch_size)
        evaluation = measure(self._session, split, self._task.assets.model(), sampling, ledgers=ledgers)
        seconds = time.perf_counter() - started
        return Lap(evaluation.counts.images, seconds, seconds - evaluation.session_seconds)
