"""Mirrors: tried first, never trusted."""

from __future__ import annotations

import pytest

from tests.asset.faults.client import MIB, Client, content
from tests.asset.faults.server import (
    Server,
    Step,
    answer,
    chunked,
    drip,
    endless,
    file,
    hang_up,
    raw,
    redirect,
    serving,
    silence,
)
from tests.asset.faults.table import DATA, IMPATIENT, PATH, Case, Run, Table, rows

GOOD = file(DATA)
WRONG = file(content(len(DATA), seed=2))
AT_MIRROR = "/copy" + PATH.removeprefix("/files")


def mirror(server: Server, other: Server) -> str:
    """The option's value that leads from the card's server to the other one."""
    return f"{server.url}/files/={other.url}/copy/"


def test_the_mirror_is_asked_and_the_original_is_not(
    client: Client, server: Server, other: Server, digits: int
) -> None:
    other.script(AT_MIRROR, GOOD)
    client.publish(server.script(PATH, GOOD), DATA, digits=digits)
    assert client.pull("--mirror", mirror(server, other)).code == 0
    assert (len(other.log), len(server.log)) == (1, 0)


def test_the_file_is_the_same_whoever_it_came_from(client: Client, server: Server, other: Server) -> None:
    other.script(AT_MIRROR, GOOD)
    client.publish(server.script(PATH, GOOD), DATA)
    first = client.pull("--mirror", mirror(server, other))
    assert client.pull().out == first.out
    assert server.log == []


def failing(name: str, step: Step, **limits: float) -> Case:
    """A mirror that fails on the server that the card's link leads to."""

    def steps(server: Server) -> tuple[Step, ...]:
        server.script(AT_MIRROR, step)
        return (GOOD,)

    environment = {
        "HUBTOOL_MIRROR": "SERVER/files/=SERVER/copy/",
        "HUBTOOL_MAX_BYTES": str(MIB),
    }
    return Case(
        name, steps, asked=range(1, 6) if limits else 1, limits=limits, environment=environment, also=it_was_asked
    )


def it_was_asked(run: Run) -> None:
    assert run.server.requests(AT_MIRROR)


@rows(
    failing("hangs up", hang_up),
    failing("404", answer("404 Not Found")),
    failing("403", answer("403 Forbidden")),
    failing("500", answer("500 Oops")),
    failing("asks to wait for an hour", answer("503 Service Unavailable", {"Retry-After": "3600"})),
    failing("is silent", silence(), **IMPATIENT),
    failing("sends garbage", raw(b"garbage\r\n\r\n")),
    failing("sends other bytes", WRONG),
    failing("sends a page", chunked(b"<html>log in</html>")),
    failing("sends an empty file", answer("200 OK")),
    failing("sends too much", endless()),
    failing("leads to a file", redirect("file:///etc/hostname")),
    failing("leads inside", redirect("https://10.255.255.1/")),
    failing("leads in a circle", redirect(AT_MIRROR)),
    failing("drips", drip(b"HTTP/1.1 200 OK\r\n", 0.1), **IMPATIENT),
)
def test_the_original_stands_in_for_a_mirror_that(case: Case, table: Table) -> None:
    table.check(case)


def test_a_mirror_that_is_not_there(client: Client, server: Server, other: Server) -> None:
    other.close()
    client.publish(server.script(PATH, GOOD), DATA)
    assert client.pull("--mirror", mirror(server, other)).code == 0


def test_what_a_mirror_left_does_not_spoil_the_original(client: Client, server: Server, other: Server) -> None:
    # a large part of other bytes under the same validator, then nothing: only the digest can tell
    good, wrong = content(4 * MIB), content(4 * MIB, seed=2)
    other.script(AT_MIRROR, file(wrong, until=3 * MIB), answer("404 Not Found"))
    client.publish(server.script(PATH, file(good)), good)
    assert client.pull("--mirror", mirror(server, other)).code == 0
    assert len(server.log) <= 2


def test_all_that_fail(client: Client, server: Server, other: Server) -> None:
    other.script(AT_MIRROR, answer("404 Not Found"))
    client.publish(server.script(PATH, answer("410 Gone")), DATA)
    outcome = client.pull("--mirror", mirror(server, other))
    assert outcome.code == 4
    assert outcome.says("410")


def test_all_that_lie(client: Client, server: Server, other: Server, digits: int) -> None:
    other.script(AT_MIRROR, WRONG)
    client.publish(server.script(PATH, WRONG), DATA, digits=digits)
    outcome = client.pull("--mirror", mirror(server, other))
    assert outcome.code == 5
    assert (len(other.log), len(server.log)) == (1, 1)
    assert client.kept(content(len(DATA), seed=2)) == []


def test_mirrors_are_tried_in_their_order(client: Client, server: Server, other: Server) -> None:
    with serving() as third:
        other.script(AT_MIRROR, WRONG)
        third.script(AT_MIRROR, GOOD)
        client.publish(server.script(PATH, GOOD), DATA)
        options = ["--mirror", mirror(server, other), "--mirror", mirror(server, third)]
        assert client.pull(*options).code == 0
        assert (len(other.log), len(third.log), len(server.log)) == (1, 1, 0)


@pytest.mark.parametrize("between", [",", " ", ", \n"])
def test_mirrors_from_the_environment(client: Client, server: Server, other: Server, between: str) -> None:
    with serving() as third:
        other.script(AT_MIRROR, WRONG)
        third.script(AT_MIRROR, GOOD)
        client.environment["HUBTOOL_MIRROR"] = between.join([mirror(server, other), mirror(server, third)])
        assert client.publish(server.script(PATH, GOOD), DATA).pull().code == 0
        assert (len(other.log), len(third.log), len(server.log)) == (1, 1, 0)


def test_a_mirror_of_another_address_is_not_asked(client: Client, server: Server, other: Server) -> None:
    client.publish(server.script(PATH, GOOD), DATA)
    assert client.pull("--mirror", f"{server.url}/elsewhere/={other.url}/").code == 0
    assert other.log == []


def test_the_query_travels_along(client: Client, server: Server, other: Server) -> None:
    other.script(AT_MIRROR + "?a=b=c", GOOD)
    server.script(PATH, GOOD)
    client.publish(server.url + PATH + "?a=b=c", DATA)
    assert client.pull("--mirror", mirror(server, other)).code == 0
    assert [request.target for request in other.log] == [AT_MIRROR + "?a=b=c"]
    assert server.log == []


def test_a_mirror_with_a_path_above_stays_a_path(client: Client, server: Server, other: Server) -> None:
    other.script(PATH, GOOD)
    client.publish(server.script(PATH, GOOD), DATA)
    assert client.pull("--mirror", f"{server.url}={other.url}").code == 0
    assert (len(other.log), len(server.log)) == (1, 0)


@pytest.mark.parametrize(
    "value",
    [
        "nonsense",
        "=",
        "http://127.0.0.1/=",
        "a=b",
        "http://127.0.0.1/=ftp://127.0.0.1/",
        "http://127.0.0.1/=file:///tmp/",
    ],
)
def test_a_mirror_that_is_none_is_wrong_usage(client: Client, server: Server, value: str) -> None:
    outcome = client.publish(server.script(PATH, GOOD), DATA).pull("--mirror", value)
    assert outcome.code == 2
    assert outcome.says("mirror")
    assert server.log == []


def test_a_mirror_that_is_none_in_the_environment_is_wrong_usage(client: Client, server: Server) -> None:
    client.environment["HUBTOOL_MIRROR"] = "nonsense"
    outcome = client.publish(server.script(PATH, GOOD), DATA).pull()
    assert outcome.code == 2
    assert outcome.says("hubtool_mirror")
    assert server.log == []


@pytest.mark.parametrize("target", ["http://10.255.255.1/", "https://10.255.255.1/", "https://169.254.169.254/"])
def test_a_mirror_obeys_the_policy(client: Client, server: Server, target: str) -> None:
    client.publish(server.script(PATH, GOOD), DATA)
    outcome = client.pull("--mirror", f"{server.url}/={target}")
    # refused and passed over, or refused with a message
    assert outcome.code in {0, 1, 2, 4}
    assert client.attempts == []
    assert outcome.sleeps == []


def test_a_cached_file_needs_no_mirror(client: Client, server: Server, other: Server) -> None:
    client.publish(server.script(PATH, GOOD), DATA)
    assert client.pull().code == 0
    assert client.pull("--mirror", mirror(server, other)).code == 0
    assert other.log == []


def test_a_password_of_the_mirror_is_not_shown_and_not_sent_to_the_original(
    client: Client, server: Server, other: Server
) -> None:
    other.script(AT_MIRROR, answer("403 Forbidden"))
    client.publish(server.script(PATH, GOOD), DATA)
    outcome = client.pull(
        "--mirror", mirror(server, other).replace(f"=http://{other.host}", f"=http://user:s3cret@{other.host}")
    )
    assert outcome.code in {0, 2}
    assert "s3cret" not in outcome.err
    assert all("authorization" not in request.headers for request in server.log)
