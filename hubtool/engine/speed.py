"""How many images a second the engines answer on this machine."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hubtool.engine.apart import SessionApart
from hubtool.engine.installed import State
from hubtool.engine.protocol import Execution, Identity, Workload
from hubtool.errors import HubtoolError
from hubtool.extras import require
from hubtool.network.spec import Model
from hubtool.progress import SILENT, Progress

SECONDS = 5.0
"""For how long each engine answers, once it has answered the first batch."""
_MANY = 50_000
"""Images that an engine is told to expect: it prepares as for an evaluation."""


@dataclass(frozen=True, slots=True)
class Speed:
    """What was measured of one engine on one device in one precision.

    Attributes
    ----------
    execution
        As it was asked for; `identity` has the precision that was executed.
    identity
        What answered; None where nothing did.
    images, seconds
        Answered after the first batch, and how long that took.
    problem
        Why nothing was measured; empty where something was.
    """

    engine: str
    execution: Execution
    identity: Identity | None
    images: int = 0
    seconds: float = 0.0
    problem: str = ""

    @property
    def images_per_second(self) -> float:
        """Rate of the network alone, without decoding."""
        return self.images / self.seconds if self.seconds else 0.0

    def to_json(self) -> dict[str, object]:
        """Keys `engine`, `precision`, `device`, `images`, `seconds`, `images_per_second`, `problem`."""
        return {
            "engine": self.identity.library if self.identity else self.engine,
            "precision": self.identity.precision if self.identity else self.execution.precision,
            "device": self.identity.device if self.identity else self.execution.device,
            "images": self.images,
            "seconds": round(self.seconds, 3),
            "images_per_second": round(self.images_per_second, 2) if self.images else None,
            "problem": self.problem or None,
        }


def speeds(
    states: Mapping[str, State],
    model: Model,
    batch_size: int,
    *,
    seconds: float = SECONDS,
    progress: Progress = SILENT,
) -> Iterator[Speed]:
    """Measure each engine that works, one after the other, each in a process of its own.

    Parameters
    ----------
    states
        As `hubtool.engine.installed.engine_states` found them: every device and precision there is measured.
    model
        What they run, on random images of its size.
    seconds
        How long to go on after the first batch; one more batch is answered in any case.

    Raises
    ------
    MissingExtra
        numpy is not installed.
    """
    np = require("numpy", extra="eval", purpose="measure engines")
    side = model.spec.input_size
    images = np.random.default_rng(0).normal(size=(batch_size, model.spec.in_channels, side, side)).astype("float32")
    workload = Workload(_MANY, side, batch_size)
    for engine, state in states.items():
        for device, precisions in state.devices.items():
            for precision in precisions:
                execution = Execution(precision, device)
                try:
                    with SessionApart(engine, model, execution, workload) as session:
                        yield _measured(engine, execution, session, images, seconds, progress)
                except HubtoolError as error:
                    yield Speed(engine, execution, None, problem=error.message)


def _measured(
    engine: str, execution: Execution, session: SessionApart, images: Any, seconds: float, progress: Progress
) -> Speed:
    session.logits(images)  # the first answer takes longer: memory is laid out, a graph may be compiled
    task = progress.task(f"{session.identity.library}, {execution.precision}", None, "images")
    try:
        start, answered = time.perf_counter(), 0
        while not answered or time.perf_counter() - start < seconds:
            session.logits(images)
            answered += len(images)
            task.advance(len(images))
        return Speed(engine, execution, session.identity, answered, time.perf_counter() - start)
    finally:
        task.finish()
