"""The engines that can run a network, the fastest first."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from hubtool.engine.choose import AUTO, BACKENDS
from hubtool.engine.protocol import Backend, Execution, Session, Workload
from hubtool.errors import EnvironmentProblem
from hubtool.network.outline import NoGraph
from hubtool.network.spec import Model

T = TypeVar("T")
_log = logging.getLogger(__name__)


def candidates(engine: str, model: Model, execution: Execution) -> tuple[list[Backend], str]:
    """The engines that can run a network, the fastest first, and why there is none.

    Parameters
    ----------
    engine
        A name, or `AUTO` for any.

    Raises
    ------
    EnvironmentProblem
        None can, because a library is installed and does not load.
    """
    able, reasons = _asked(engine, model, execution)
    return able, "" if able else "; ".join(reasons)


def _asked(engine: str, model: Model, execution: Execution) -> tuple[list[Backend], list[str]]:
    """The engines that can run a network, the fastest first, and why the others cannot, each reason once."""
    able, reasons, broken = [], [], None
    for backend in BACKENDS.values() if engine == AUTO else [BACKENDS[engine]]:
        try:
            reason = backend.why_not(model, execution)
        except EnvironmentProblem as problem:
            broken = problem
            continue
        if reason:
            reasons.append(reason)
        else:
            able.append(backend)
    if broken is not None and not able:
        raise broken
    return able, list(dict.fromkeys(reasons))


def first_that_works(
    engine: str, model: Model, execution: Execution, attempt: Callable[[Backend], T]
) -> tuple[T, list[str]]:
    """What an attempt gives with the fastest engine that it does not refuse, and why faster ones were refused.

    Parameters
    ----------
    engine
        A name, or `AUTO` for any.
    attempt
        Raises EnvironmentProblem for an engine that is refused.

    Raises
    ------
    NoGraph
        No engine can run the network here: it has no graph, and no cell that runs; the message says why for each.
    EnvironmentProblem
        No engine can, for other reasons, or all are refused; the message says why for each.
    """
    able, reasons = _asked(engine, model, execution)
    refusals: list[str] = []
    has_none = bool(able)
    for backend in able:
        try:
            return attempt(backend), refusals
        except EnvironmentProblem as problem:
            has_none = has_none and isinstance(problem, NoGraph)
            if len(able) == 1 and not (has_none and reasons):
                raise
            if problem.message not in refusals:  # engines that run the same graph lack it for the same reason
                refusals.append(problem.message)
                _log.warning("%s", problem.message)
    if has_none:
        raise NoGraph("; ".join([*refusals, *reasons]))
    raise EnvironmentProblem(
        "; ".join(refusals or reasons), hint="hubtool doctor shows the engines and how to install them"
    )


def open_uncompared(engine: str, model: Model, execution: Execution, workload: Workload) -> Session:
    """A session for whoever has no images to compare engines on; raises as `first_that_works` and `Backend.open` do."""
    return first_that_works(engine, model, execution, lambda backend: backend.open(model, execution, workload))[0]
