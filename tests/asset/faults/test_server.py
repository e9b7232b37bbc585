"""The server does what its scripts say; otherwise the scenarios prove nothing."""

from __future__ import annotations

import socket
import subprocess
import sys

import pytest
import requests

from tests.asset.faults.client import MIB, Client, content, resolving
from tests.asset.faults.server import (
    LONG_AGO,
    Server,
    answer,
    chunked,
    drip,
    endless,
    file,
    hang_up,
    part,
    raw,
    redirect,
    reset,
    silence,
    when_ranged,
)

DATA = content(200_000)


@pytest.fixture
def session() -> requests.Session:
    made = requests.Session()
    made.trust_env = False
    return made


def talk(server: Server, request: bytes) -> bytes:
    """What comes back, byte for byte."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        connection.sendall(request)
        found = b""
        while data := connection.recv(65536):
            found += data
        return found


def test_steps_follow_each_other_and_the_last_repeats(server: Server, session: requests.Session) -> None:
    url = server.script("/a", answer("503 No"), answer("404 No"), file(DATA))
    assert [session.get(url).status_code for _ in range(4)] == [503, 404, 200, 200]
    assert session.get(server.url + "/b").status_code == 404
    assert [request.target for request in server.log] == ["/a"] * 4 + ["/b"]


def test_a_query_has_its_own_script_or_that_of_its_path(server: Server, session: requests.Session) -> None:
    server.script("/a", answer("200 OK", body=b"any"))
    server.script("/a?1", answer("200 OK", body=b"one"))
    assert (session.get(server.url + "/a?1").content, session.get(server.url + "/a?2").content) == (b"one", b"any")


@pytest.mark.parametrize(
    ("headers", "status", "start"),
    [
        ({}, 200, 0),
        ({"Range": "bytes=1000-"}, 206, 1000),
        ({"Range": "bytes=1000-999999"}, 206, 1000),
        ({"Range": "bytes=1000-", "If-Range": '"v1"'}, 206, 1000),
        ({"Range": "bytes=1000-", "If-Range": LONG_AGO}, 206, 1000),
        ({"Range": "bytes=1000-", "If-Range": '"v0"'}, 200, 0),
        ({"Range": "bytes=200000-"}, 416, 200_000),
    ],
)
def test_a_file_and_its_ranges(
    server: Server, session: requests.Session, headers: dict[str, str], status: int, start: int
) -> None:
    got = session.get(server.script("/a", file(DATA, modified=LONG_AGO)), headers=headers)
    assert (got.status_code, got.content) == (status, DATA[start:])
    if status == 206:
        assert got.headers["Content-Range"] == f"bytes {start}-199999/200000"
    server.wait_for(lambda: server.body_sent >= 200_000 - start)  # it counts a block after it was sent
    assert server.body_sent == 200_000 - start


def test_a_range_with_an_end(server: Server, session: requests.Session) -> None:
    got = session.get(server.script("/a", file(DATA)), headers={"Range": "bytes=1000-1999"})
    assert (got.status_code, got.content) == (206, DATA[1000:2000])
    assert got.headers["Content-Range"] == "bytes 1000-1999/200000"


def test_a_file_that_stops(server: Server) -> None:
    server.script("/a", file(DATA, until=150_000), file(DATA, give=1))
    first = talk(server, b"GET /a HTTP/1.1\r\n\r\n")
    assert first.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"Content-Length: 200000\r\n" in first
    assert first.endswith(DATA[100_000:150_000])
    second = talk(server, b"GET /a HTTP/1.1\r\nRange: bytes=150000-\r\n\r\n")
    assert second.startswith(b"HTTP/1.1 206")
    assert second.endswith(b"\r\n\r\n" + DATA[150_000:150_001])
    server.wait_for(lambda: server.body_sent >= 150_001)
    assert [request.body_sent for request in server.log] == [150_000, 1]


def test_ranges_that_are_not_heeded(server: Server, session: requests.Session) -> None:
    url = server.script("/a", file(DATA, ranges=False), file(DATA, etag='"v2"', heed_if_range=False))
    ranged = {"Range": "bytes=1000-", "If-Range": '"v1"'}
    assert [session.get(url, headers=ranged).status_code for _ in range(2)] == [200, 206]


def test_raw_bytes_are_sent_as_they_are(server: Server) -> None:
    server.script("/a", raw(b"\xff garbage \0\n"))
    assert talk(server, b"GET /a HTTP/1.1\r\n\r\n") == b"\xff garbage \0\n"


def test_chunks(server: Server, session: requests.Session) -> None:
    url = server.script("/a", chunked(DATA), chunked(DATA, tail=b""))
    assert session.get(url).content == DATA
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        session.get(url)


def test_lengths(server: Server, session: requests.Session) -> None:
    url = server.script("/a", answer("200 OK", body=b"abc", length=2), answer("200 OK", body=b"abc", length=False))
    assert [session.get(url).content for _ in range(2)] == [b"ab", b"abc"]
    server.script("/b", answer("200 OK", body=b"abc", length=4))
    assert (
        talk(server, b"GET /b HTTP/1.1\r\n\r\n")
        == b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nabc"
    )


@pytest.mark.parametrize(
    ("step", "error"),
    [
        (hang_up, requests.exceptions.ConnectionError),
        (reset, requests.exceptions.ConnectionError),
        (silence(), requests.exceptions.ReadTimeout),
        (file(DATA, until=1000, end="stall"), requests.exceptions.ConnectionError),
        (file(DATA, until=1000, end="reset"), requests.exceptions.ChunkedEncodingError),
        (file(DATA, until=1000), requests.exceptions.ChunkedEncodingError),
    ],
)
def test_broken_connections(server: Server, session: requests.Session, step, error: type[Exception]) -> None:
    with pytest.raises(error):
        session.get(server.script("/a", step), timeout=1)


def test_it_sees_who_hangs_up(server: Server) -> None:
    server.script("/a", silence())
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(b"GET /a HTTP/1.1\r\n\r\n")
        server.wait_for(lambda: bool(server.log))
        assert not server.log[0].hung_up
    server.wait_for(lambda: server.log[0].hung_up)


def test_an_endless_body_ends_with_its_reader(server: Server, session: requests.Session) -> None:
    with session.get(server.script("/a", endless()), stream=True) as got:
        assert got.raw.read(MIB) == bytes(MIB)
    server.wait_for(lambda: server.log[0].hung_up)
    assert server.body_sent < 10 * MIB


def test_a_drip_is_never_silent(server: Server, session: requests.Session) -> None:
    got = session.get(server.script("/a", drip(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab", 0.01)), timeout=10)
    assert got.content == b"ab"


def test_one_connection_for_two_requests(server: Server, session: requests.Session) -> None:
    url = server.script("/a", answer("200 OK", body=b"a", end="keep"), answer("200 OK", body=b"b"))
    assert [session.get(url).content for _ in range(2)] == [b"a", b"b"]
    assert [request.connection for request in server.log] == [1, 1]


def test_redirects_and_parts(server: Server, session: requests.Session) -> None:
    url = server.script("/a", redirect("/b", "307 Temporary Redirect"))
    server.script("/b", when_ranged(part(DATA, 5, "garbage"), answer("200 OK", body=b"all")))
    assert session.get(url).content == b"all"
    got = session.get(url, headers={"Range": "bytes=5-"})
    assert (got.status_code, got.headers["Content-Range"], got.content) == (206, "garbage", DATA[5:])


def run(client: Client, program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program], env=client.environment, capture_output=True, text=True, check=True, timeout=120
    )
    return done.stdout.strip()


def test_nothing_leaves_the_machine(client: Client, server: Server) -> None:
    client.environment |= resolving(assets_example=[["8.8.8.8"], ["10.255.255.1"]], here_example=[["127.0.0.1"]])
    program = f"""
import requests, socket
for host in ["assets.example", "assets.example", "8.8.4.4", "0.0.0.0", "here.example", "unknown.example"]:
    try:
        print(requests.get(f"http://{{host}}:{server.port}/").status_code)
    except requests.ConnectionError:
        print("no")
"""
    assert run(client, program).split() == ["no", "no", "no", "no", "404", "no"]
    hosts = [attempt.split()[0] for attempt in client.attempts]
    assert list(dict.fromkeys(hosts)) == ["8.8.8.8", "10.255.255.1", "8.8.4.4", "0.0.0.0"]
