"""Tables of cases: what the server answers, and how the pull has to end.

All the cases that pytest selected run side by side, from the moment when the first of them is wanted: some wait for a
time-out.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.asset.faults.client import Client, Outcome, content
from tests.asset.faults.server import Request, Server, Step, serving

DATA = content(300_000)
IMPATIENT = {"connect_seconds": 0.4, "idle_seconds": 0.4, "head_seconds": 0.8, "slow_seconds": 0.8}
"""Limits for a server that is silent or slow: what the case waits for comes soon. A busy machine may make the client
ask once more than it had to, so such a case does not count requests to the last one."""

PATH = "/files/net-0badc0de.ckpt"


@dataclass(frozen=True)
class Run:
    outcome: Outcome
    requests: list[Request]
    client: Client
    server: Server


@dataclass(frozen=True)
class Case:
    """A row: the steps of the server for the card's link, and what is expected.

    Parameters
    ----------
    code
        The exit codes that are right.
    says
        Words of the message, in lower case; `a|b` is either.
    asked
        How many requests the server gets for the link: so many, or one of these numbers.
    sleeps
        The waits between requests, in seconds; None for any.
    limits
        Limits of transfers that the case sets: those it waits for, to little.
    environment, link
        Variables to set, and the card's link where it is not the server's `PATH`; SERVER stands for the server's URL.
    """

    name: str
    steps: tuple[Step, ...] | Callable[[Server], tuple[Step, ...]]
    code: tuple[int, ...] = (0,)
    says: tuple[str, ...] = ()
    asked: int | range = range(1, 30)
    sleeps: tuple[float, ...] | None = None
    data: bytes = DATA
    limits: dict[str, float] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    link: str | None = None
    also: Callable[[Run], None] | None = None

    def run(self, folder: Path) -> Run:
        client = Client(folder)
        client.limit(**self.limits)
        with serving() as server:
            steps = self.steps(server) if callable(self.steps) else self.steps
            link = server.script(PATH, *steps)
            if self.link is not None:
                link = self.link.replace("SERVER", server.url)
            for name, value in self.environment.items():
                client.environment[name] = value.replace("SERVER", server.url)
            outcome = client.publish(link, self.data).pull()
        return Run(outcome, server.requests(PATH), client, server)

    def check(self, run: Run) -> None:
        assert run.outcome.code in self.code, run.outcome
        assert run.outcome.says(*self.says), run.outcome.err
        asked = range(self.asked, self.asked + 1) if isinstance(self.asked, int) else self.asked
        assert len(run.requests) in asked, [request.headers for request in run.requests]
        assert self.sleeps is None or run.outcome.sleeps == list(self.sleeps)
        assert run.client.attempts == []
        if self.also:
            self.also(run)


def rows(*cases: Case) -> pytest.MarkDecorator:
    assert len({case.name for case in cases}) == len(cases)
    return pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in cases])


class Table:
    def __init__(self, cases: list[Case], folder: Path):
        self._pool = ThreadPoolExecutor(8)
        self._runs: dict[int, Future[Run]] = {
            id(case): self._pool.submit(case.run, folder / str(number)) for number, case in enumerate(cases)
        }

    def check(self, case: Case) -> None:
        case.check(self._runs[id(case)].result())

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)
