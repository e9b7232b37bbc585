"""When to ask again, how soon, and when to give up."""

from __future__ import annotations

from email.utils import formatdate

import pytest

from hubtool.asset.limits import DEFAULT_LIMITS
from tests.asset.clock import START
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
from tests.asset.faults.table import DATA, IMPATIENT, PATH, Case, Run, Table, rows


def waits_as_usual(run: Run) -> None:
    (wait,) = run.outcome.sleeps
    assert FIRST / 2 <= wait <= FIRST


def sent_less_than(size: int):
    def check(run: Run) -> None:
        assert run.server.body_sent < size

    return check


def page(exchange: Exchange) -> None:
    """A 503 with a Retry-After that is a date: in two seconds, by the client's clock."""
    answer("503 Service Unavailable", {"Retry-After": formatdate(START + 2, usegmt=True)})(exchange)


def far(exchange: Exchange) -> None:
    answer("503 Service Unavailable", {"Retry-After": formatdate(START + 3600, usegmt=True)})(exchange)


GOOD = file(DATA)
FIRST = DEFAULT_LIMITS.first_backoff_seconds
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
        Case(f"{status[:3]} is asked exactly once", (answer(status),), (4,), (status[:3],), asked=1, sleeps=())
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
        limits=IMPATIENT,
    ),
    Case("a silent server is asked again", (silence(), GOOD), asked=range(2, 6), limits=IMPATIENT),
    Case(
        "a body that stalls goes on",
        (file(DATA, until=1000, end="stall"), GOOD),
        asked=range(2, 6),
        limits=IMPATIENT,
    ),
    Case("no answer once", (hang_up, GOOD), asked=2),
    Case("a reset once", (reset, GOOD), asked=2),
    Case(
        "Retry-After in seconds is honoured",
        (answer("503 Service Unavailable", {"Retry-After": "2"}), GOOD),
        asked=2,
        sleeps=(2.0,),
    ),
    Case(
        "Retry-After with 429 is honoured",
        (answer("429 Too Many Requests", {"Retry-After": "2"}), GOOD),
        asked=2,
        sleeps=(2.0,),
    ),
    Case("Retry-After as a date is honoured", (page, GOOD), asked=2, sleeps=(2.0,)),
    Case(
        "a long Retry-After is reported at once",
        (answer("503 Service Unavailable", {"Retry-After": "3600"}),),
        (4,),
        ("3600|hour|60 min|retry-after",),
        asked=1,
        sleeps=(),
    ),
    Case("a date in an hour is reported at once", (far,), (4,), asked=1, sleeps=()),
    Case(
        "a Retry-After beyond all time",
        (answer("503 Service Unavailable", {"Retry-After": "9" * 400}),),
        (4,),
        asked=1,
        sleeps=(),
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
            also=waits_as_usual,
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
    # other refusals that ask to wait
    *(
        Case(f"{status} with {headers}", (answer(f"{status} No", headers), GOOD), asked=2, sleeps=(7.0,))
        for status, headers in [
            (403, {"Retry-After": "7"}),
            (403, {"Retry-After": formatdate(START + 7, usegmt=True)}),
            (420, {"Retry-After": "7"}),
            (429, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": f"{START + 7:.0f}"}),
            (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": f"{START + 7:.0f}"}),
            (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "7"}),
            (429, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": f"{START + 7:.0f}000"}),
            (429, {"X-Rate-Limit-Remaining": "0", "X-Rate-Limit-Reset": f"{START + 7:.0f}"}),
            (429, {"RateLimit-Remaining": "0", "RateLimit-Reset": "7"}),
            (429, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset-After": "7.0"}),
            (429, {"RateLimit": '"api";r=0;t=7', "RateLimit-Policy": '"fixed window";"api";q=500;w=300'}),
            (429, {"RateLimit": "limit=10, remaining=0, reset=7"}),
            (429, {"Retry-After": "7", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "3600"}),
            (503, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "7"}),
        ]
    ),
    *(
        Case(f"{status} with {headers} is final", (answer(f"{status} No", headers), GOOD), (4,), asked=1, sleeps=())
        for status, headers in [
            (403, {"Retry-After": "3600"}),
            (403, {"X-RateLimit-Remaining": "5", "X-RateLimit-Reset": "7"}),
            (403, {"X-RateLimit-Remaining": "0"}),
            (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "soon"}),
            (429, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": f"{START + 3600:.0f}"}),
            (429, {"RateLimit": '"api";r=0;t=243'}),
            (403, {"RateLimit": '"api";r=10;t=7'}),
            (404, {"Retry-After": "7"}),
            (401, {"Retry-After": "7"}),
        ]
    ),
    Case(
        "403 with Retry-After forever ends",
        (answer("403 Forbidden", {"Retry-After": "1"}),),
        (4,),
        ("403",),
        asked=range(2, 30),
    ),
    Case(
        "the body of an error is not read to its end",
        (endless("404 Not Found"),),
        (4,),
        ("404",),
        asked=1,
        sleeps=(),
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
    assert client.pull().code == 4
    assert len(server.requests(PATH)) < 30


def test_a_byte_for_each_connection_is_not_progress_forever(client: Client, server: Server) -> None:
    client.publish(server.script(PATH, file(DATA, give=1)), DATA)
    outcome = client.pull()
    assert outcome.code == 4
    assert len(server.requests(PATH)) < 1000


def test_retries_do_not_come_at_the_same_moments(tmp_path, server: Server) -> None:
    """The pauses are jittered: many clients that lost a server together do not come back together."""
    pauses = []
    for number in range(8):
        client = Client(tmp_path / str(number))
        client.publish(server.script(f"/{number}/net.ckpt", hang_up, file(DATA)), DATA)
        (pause,) = client.pull().sleeps
        pauses.append(pause)
    assert min(pauses) >= FIRST / 2
    assert max(pauses) <= FIRST
    assert len(set(pauses)) == 8


def test_the_pauses_double_up_to_a_limit(client: Client, server: Server) -> None:
    client.limit(idle_attempts=8, longest_backoff_seconds=4.0)
    client.publish(server.script(PATH, hang_up), DATA)
    outcome = client.pull()
    assert outcome.code == 4
    assert len(server.log) == 8
    for wait, longest in zip(outcome.sleeps, [0.25, 0.5, 1, 2, 4, 4, 4], strict=True):
        assert longest / 2 <= wait <= longest


def test_quiet_says_nothing_about_retries(client: Client, server: Server) -> None:
    client.publish(server.script(PATH, hang_up, file(DATA)), DATA)
    outcome = client.pull("-q")
    assert (outcome.code, outcome.err) == (0, "")


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        ("429 Too Many Requests", {"Retry-After": "290"}),
        ("429 Too Many Requests", {"RateLimit": '"api";r=0;t=290'}),
        ("503 Service Unavailable", {"Retry-After": formatdate(START + 290, usegmt=True)}),
    ],
)
def test_a_setting_allows_longer_waits_and_the_message_names_it(
    client: Client, server: Server, status: str, headers: dict[str, object]
) -> None:
    client.publish(server.script(PATH, answer(status, headers), file(DATA)), DATA)
    outcome = client.pull()
    assert (outcome.code, outcome.sleeps) == (4, [])
    assert outcome.says("hubtool_max_wait=290")
    client.environment["HUBTOOL_MAX_WAIT"] = "290"
    server.script(PATH, answer(status, headers), file(DATA))
    outcome = client.pull()
    assert (outcome.code, outcome.sleeps) == (0, [290.0])
    assert outcome.says("trying again in 290")  # nobody should take it for a hang


@pytest.mark.parametrize("value", ["soon", "-1", "nan", "inf"])
def test_a_longest_wait_that_is_none(client: Client, server: Server, value: str) -> None:
    client.environment["HUBTOOL_MAX_WAIT"] = value
    outcome = client.publish(server.script(PATH, file(DATA)), DATA).pull()
    assert outcome.code == 2
    assert outcome.says("hubtool_max_wait")


@pytest.mark.parametrize("value", ["", "abc", "-1", "0", "nan", "inf"])
def test_a_timeout_that_is_none(client: Client, server: Server, value: str) -> None:
    client.environment["HUBTOOL_TIMEOUT"] = value
    outcome = client.publish(server.script(PATH, file(DATA)), DATA).pull()
    # a default in its place, or an error that names the variable; not a crash
    assert outcome.code == 0 or (outcome.code == 2 and outcome.says("hubtool_timeout"))
