"""When to ask again, how soon, and when to give up."""

from __future__ import annotations

import time
from email.utils import formatdate

import pytest

from tests.asset.faults.client import MIB, Client, content
from tests.asset.faults.server import (
    Exchange,
    Server,
    answer,
    endless,
    file,
    hang_up,
    reset,
    silence,
)
from tests.asset.faults.table import DATA, PATH, Case, Run, Table, rows


def gap(at_least: float, at_most: float):
    def check(run: Run) -> None:
        first, second = run.requests
        assert at_least <= second.at - first.at <= at_most

    return check


def sent_less_than(size: int):
    def check(run: Run) -> None:
        assert run.server.body_sent < size

    return check


def page(exchange: Exchange) -> None:
    """A 503 with a Retry-After that is a date: in two whole seconds, so in one to two."""
    answer("503 Service Unavailable", {"Retry-After": formatdate(time.time() + 2, usegmt=True)})(exchange)


def far(exchange: Exchange) -> None:
    answer("503 Service Unavailable", {"Retry-After": formatdate(time.time() + 3600, usegmt=True)})(exchange)


GOOD = file(DATA)
PASSING = [
    "500 Oops",
    "502 Bad Gateway",
    "503 Service Unavailable",
    "504 Gateway Timeout",
    "429 Too Many",
    "408 Timeout",
]
FINAL = ["404 Not Found", "403 Forbidden", "401 Unauthorized", "410 Gone", "400 Bad Request", "451 Unavailable"]


@rows(
    *(Case(f"{status[:3]} once is asked again", (answer(status), GOOD), asked=2) for status in PASSING),
    *(
        Case(f"{status[:3]} is asked exactly once", (answer(status),), (4,), (status[:3],), asked=1, within=5)
        for status in FINAL
    ),
    Case("503 forever ends", (answer("503 Service Unavailable"),), (4,), ("503",), asked=range(2, 30)),
    Case("429 forever ends", (answer("429 Too Many Requests"),), (4,), ("429",), asked=range(2, 30)),
    Case("a server that hangs up forever", (hang_up,), (4,), asked=range(2, 30)),
    Case("a server that resets forever", (reset,), (4,), asked=range(2, 30)),
    Case(
        "a server that never answers",
        (silence(),),
        (4,),
        ("time|second|answer",),
        asked=range(2, 30),
        within=60,
        environment={"HUBTOOL_TIMEOUT": "1"},
    ),
    Case("a silent server is asked again", (silence(), GOOD), asked=2, also=gap(1.9, 8)),
    Case("a body that stalls goes on", (file(DATA, until=1000, end="stall"), GOOD), asked=2),
    Case("no answer once", (hang_up, GOOD), asked=2),
    Case("a reset once", (reset, GOOD), asked=2),
    Case(
        "Retry-After in seconds is honoured",
        (answer("503 Service Unavailable", {"Retry-After": "2"}), GOOD),
        asked=2,
        also=gap(1.95, 6),
    ),
    Case(
        "Retry-After with 429 is honoured",
        (answer("429 Too Many Requests", {"Retry-After": "2"}), GOOD),
        asked=2,
        also=gap(1.95, 6),
    ),
    Case("Retry-After as a date is honoured", (page, GOOD), asked=2, also=gap(0.9, 6)),
    Case(
        "a long Retry-After is reported at once",
        (answer("503 Service Unavailable", {"Retry-After": "3600"}),),
        (4,),
        ("3600|hour|60 min|retry-after",),
        asked=1,
        within=5,
    ),
    Case("a date in an hour is reported at once", (far,), (4,), asked=1, within=5),
    Case(
        "a Retry-After beyond all time",
        (answer("503 Service Unavailable", {"Retry-After": "9" * 400}),),
        (4,),
        asked=1,
        within=5,
    ),
    Case(
        "a Retry-After of more digits than Python reads",
        (answer("503 Service Unavailable", {"Retry-After": "9" * 5000}), GOOD),
        (0, 4),
    ),
    *(
        Case(
            f"a Retry-After of {value!r} does no harm",
            (answer("503 Service Unavailable", {"Retry-After": value}), GOOD),
            asked=2,
            within=10,
        )
        for value in [
            "",
            "soon",
            "-5",
            "0",
            "1e9",
            "Wed, 01 Jan 2020 00:00:00 GMT",
            "Wed, 99 Foo 9999 99:99:99 GMT",
            "nan",
        ]
    ),
    Case(
        "the body of an error is not read to its end",
        (endless("404 Not Found"),),
        (4,),
        ("404",),
        asked=1,
        within=5,
        also=sent_less_than(8 * MIB),
    ),
    Case(
        "a connection that the server keeps, and closes at the next request",
        (answer("503 Service Unavailable", end="keep"), hang_up, GOOD),
        asked=range(2, 5),
    ),
)
def test_retries(case: Case, table: Table) -> None:
    table.check(case)


def test_drops_with_progress_do_not_count(client: Client, server: Server) -> None:
    data = content(12 * MIB)
    client.publish(server.script(PATH, file(data, give=int(1.3 * MIB))), data)
    assert client.pull().code == 0
    # what was lost at each drop, at most a MiB, is asked for again
    starts = [request.start or 0 for request in server.requests(PATH)]
    assert starts == sorted(starts)
    assert len(starts) >= 10


def test_a_server_that_drops_every_30_percent_succeeds(client: Client, server: Server, digits: int) -> None:
    data = content(5 * MIB)
    client.publish(server.script(PATH, file(data, give=int(0.3 * len(data)))), data, digits=digits)
    assert client.pull().code == 0
    assert server.body_sent <= len(data) + 3 * MIB


def test_to_come_as_far_as_before_is_no_progress(client: Client, server: Server) -> None:
    # each attempt starts over, brings 3 of 4 MiB, and breaks at the same byte
    data = content(4 * MIB)
    client.publish(server.script(PATH, file(data, ranges=False, until=3 * MIB)), data)
    assert client.pull(timeout=60).code == 4
    assert len(server.requests(PATH)) < 30


def test_a_byte_for_each_connection_is_not_progress_forever(client: Client, server: Server) -> None:
    client.publish(server.script(PATH, file(DATA, give=1)), DATA)
    outcome = client.pull(timeout=90)
    assert outcome.code == 4
    assert len(server.requests(PATH)) < 1000


def test_retries_do_not_come_at_the_same_moments(tmp_path, server: Server) -> None:
    """The pauses are jittered: many clients that lost a server together do not come back together."""
    clients = [Client(tmp_path / str(number)) for number in range(4)]
    for number, client in enumerate(clients):
        client.publish(server.script(f"/{number}/net.ckpt", hang_up, file(DATA)), DATA)
    for process, client in [(client.start(), client) for client in clients]:
        assert client.finish(process).code == 0
    pairs = [server.requests(f"/{number}/net.ckpt") for number in range(4)]
    pauses = [second.at - first.at for first, second in pairs]
    assert max(pauses) - min(pauses) > 0.01
    assert min(pauses) > 0.01


def test_quiet_says_nothing_about_retries(client: Client, server: Server) -> None:
    client.publish(server.script(PATH, hang_up, file(DATA)), DATA)
    outcome = client.pull("-q")
    assert (outcome.code, outcome.err) == (0, "")


@pytest.mark.parametrize("value", ["", "abc", "-1", "0", "nan", "inf"])
def test_a_timeout_that_is_none(client: Client, server: Server, value: str) -> None:
    client.environment["HUBTOOL_TIMEOUT"] = value
    outcome = client.publish(server.script(PATH, file(DATA)), DATA).pull()
    # a default in its place, or an error that names the variable; not a crash
    assert outcome.code == 0 or (outcome.code == 2 and outcome.says("hubtool_timeout"))
