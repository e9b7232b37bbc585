"""A session for whoever has no images to compare engines on."""

from __future__ import annotations

import logging

from hubtool.engine.protocol import Execution, Session, Workload
from hubtool.errors import EnvironmentProblem
from hubtool.evaluation.gate import candidates
from hubtool.network.spec import Model

_log = logging.getLogger(__name__)


def open_uncompared(engine: str, model: Model, execution: Execution, workload: Workload) -> Session:
    """A session of the fastest engine that opens a network; its answers are compared with nothing.

    Parameters
    ----------
    engine
        A name, or `hubtool.engine.choose.AUTO` for any.

    Raises
    ------
    EnvironmentProblem
        No engine can run the network; the message says why for each.
    HubtoolError
        As `Backend.open` does.
    """
    able, reason = candidates(engine, model, execution)
    reasons = [reason] if reason else []
    for backend in able:
        try:
            return backend.open(model, execution, workload)
        except EnvironmentProblem as problem:
            if len(able) == 1:
                raise
            reasons.append(problem.message)
            _log.warning("%s", problem.message)
    raise EnvironmentProblem("; ".join(reasons), hint="hubtool doctor shows the engines and how to install them")
