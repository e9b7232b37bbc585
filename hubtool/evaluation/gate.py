"""Which engine evaluates: the fastest one whose logits on the first images are those of another engine.

The other engine is the reference where it is installed, else any other. Its answers come from a process of its own.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from hubtool.data.split import Dataset
from hubtool.engine.apart import SessionApart
from hubtool.engine.choose import BACKENDS, REFERENCE
from hubtool.engine.protocol import FLOAT32, Backend, Execution, Session, Workload
from hubtool.errors import EnvironmentProblem
from hubtool.evaluation.fastest import first_that_works
from hubtool.evaluation.parity import parity
from hubtool.evidence.conditions import Parity
from hubtool.extras import require
from hubtool.network.registry import family_of
from hubtool.network.spec import Model
from hubtool.progress import SILENT, Progress, waiting

GATE_IMAGES = 64
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Chosen:
    """An open session, and why it may be believed.

    Attributes
    ----------
    parity
        How its logits compared with another engine's; None for the reference itself, and where there was none.
    notes
        What else a reader has to know: engines that were refused, that there was no reference.
    """

    session: Session
    parity: Parity | None
    notes: tuple[str, ...] = ()


def choose(
    engine: str,
    model: Model,
    execution: Execution,
    workload: Workload,
    split: Dataset,
    indices: Sequence[int],
    progress: Progress = SILENT,
) -> Chosen:
    """A session of the fastest engine that passes.

    In another precision than float32, which is only used when asked for, the comparison is made and refuses nothing.

    Parameters
    ----------
    engine
        A name, or `AUTO` for the fastest.
    indices
        The images that are going to be evaluated, in order; the first `GATE_IMAGES` of them are compared.

    Raises
    ------
    EnvironmentProblem
        No engine can run the network, or none passes; the message says what differed.
    HubtoolError
        As `Dataset.batches` and `Backend.open` do.
    """
    gate = _Gate(model, execution, workload, split, indices, progress)
    chosen, refusals = first_that_works(engine, model, execution, gate.passed)
    return replace(chosen, notes=(*refusals, *chosen.notes))


class _Gate:
    """Compares engines on the first images of an evaluation."""

    def __init__(
        self,
        model: Model,
        execution: Execution,
        workload: Workload,
        split: Dataset,
        indices: Sequence[int],
        progress: Progress,
    ):
        self._model, self._execution, self._workload = model, execution, workload
        self._split, self._indices, self._progress = split, indices[:GATE_IMAGES], progress
        self._source = family_of(model.spec).graph_source
        self._batches: list[Any] = []
        self._expected: dict[str, tuple[str, Any]] = {}

    def passed(self, backend: Backend) -> Chosen:
        """A session of an engine. Raises EnvironmentProblem for one that is refused."""
        # Opened before the reference answers: it may come out that the engine cannot. An export takes up to a minute.
        with waiting(self._progress, f"{backend.name} prepares {self._model.spec.name}"):
            session = backend.open(self._model, self._execution, self._workload)
        if backend.name == REFERENCE and self._execution == Execution():
            return Chosen(session, None)
        try:
            return self._compared(session, self._reference_for(backend))
        except BaseException:
            session.close()
            raise

    def _compared(self, session: Session, found: tuple[str, Any] | None) -> Chosen:
        identity = session.identity
        if found is None and self._source not in {"", identity.name}:
            raise EnvironmentProblem(
                f"{identity.library} was refused: {self._source} exported its graph, and does not answer for comparison"
            )
        if found is None:
            return Chosen(session, None, (f"no reference: {identity.name} is the only engine that can run it",))
        np = require("numpy", extra="eval", purpose="compare engines")
        logits = np.concatenate([session.logits(images) for images in self._images()])
        names = [self._split.names[index] for index in self._indices]
        measured = parity(found[0], found[1], logits, names)
        if not measured.is_equal and self._execution.precision == FLOAT32:
            raise EnvironmentProblem(f"{identity.library} was refused: {measured.sentence}")
        return Chosen(session, measured)

    def _reference_for(self, backend: Backend) -> tuple[str, Any] | None:
        """What answers, in words, and its logits (N, num_classes); None where nothing that proves it can answer."""
        for name in sorted(BACKENDS, key=lambda name: (name == backend.name, name != REFERENCE)):
            if self._source not in {"", name}:
                continue  # it runs the same exported graph: a fault of the export would be in both
            if name == backend.name and self._execution == Execution():
                continue  # it would be compared with itself
            try:
                if not BACKENDS[name].why_not(self._model, Execution()):
                    return self._answers(name)
            except EnvironmentProblem as problem:
                _log.warning("%s cannot serve as the reference: %s", name, problem.message)
        return None

    def _answers(self, name: str) -> tuple[str, Any]:
        if name not in self._expected:
            self._expected[name] = self._answers_apart(name)
        return self._expected[name]

    def _answers_apart(self, name: str) -> tuple[str, Any]:
        np = require("numpy", extra="eval", purpose="compare engines")
        images = self._images()
        workload = replace(self._workload, images=len(self._indices), exact=True)
        task = self._progress.task(f"{name}, for comparison", len(self._indices), "images")
        answers = []
        try:
            with SessionApart(name, self._model, Execution(), workload) as session:
                for batch in images:
                    answers.append(session.logits(batch))
                    task.advance(len(batch))
                identity = session.identity
        finally:
            task.finish()
        return f"{identity.library} {identity.precision}", np.concatenate(answers)

    def _images(self) -> list[Any]:
        """The first images, prepared, in batches."""
        if not self._batches:
            batches = self._split.batches(self._indices, self._workload.batch_size)
            self._batches = [batch.images for batch in batches]
        return self._batches
