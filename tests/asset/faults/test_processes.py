"""Alone and atomic: many processes, killed processes, full disks, Ctrl-C."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.asset.faults.client import HANGS, MIB, Client, content
from tests.asset.faults.server import Exchange, Server, Step, answer, chunked, file, silence

DATA = content(6 * MIB)
PATH = "/toolkits/net-0badc0de.ckpt"
GIVEN = int(1.75 * MIB)
LONG = "600"
"""A time-out, in seconds, that no test waits for."""


def kill(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=HANGS)


def is_waiting(process: subprocess.Popen[str]) -> None:
    """Return when a pull waits for another one."""
    assert "waiting for another process" in process.stderr.readline()


def slowly(data: bytes, seconds: float, parts: int = 10) -> Step:
    """The file in parts with pauses between them, each well below the timeout."""

    def step(exchange: Exchange) -> None:
        start = exchange.request.start or 0
        status = "206 Partial Content" if start else "200 OK"
        about = {"Content-Length": len(data) - start, "ETag": '"v1"', "Accept-Ranges": "bytes"}
        if start:
            about["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        exchange.head(status, about)
        size = len(data) // parts
        for offset in range(start, len(data), size):
            exchange.body(data[offset : offset + size])
            exchange.pause(seconds / parts)

    return step


@pytest.mark.parametrize("until", [0, 1, MIB + MIB // 2, 3 * MIB + 17, len(DATA) - 1])
def test_a_killed_pull_loses_at_most_a_mebibyte(client: Client, server: Server, until: int) -> None:
    client.environment["HUBTOOL_TIMEOUT"] = LONG
    process = client.publish(server.script(PATH, file(DATA, until=until, end="stall"), file(DATA)), DATA).start()
    server.wait_for(lambda: len(server.log) == 1 and server.body_sent == until)
    # a byte that came together with the head of the answer is handed on with the next ones
    server.wait_for(lambda: until < MIB or client.wrote(until))
    kill(process)
    assert client.final() == []
    assert client.pull().code == 0
    assert until - MIB <= (server.log[1].start or 0) <= until
    assert len(server.log) == 2


def test_killed_again_and_again(client: Client, server: Server) -> None:
    client.environment["HUBTOOL_TIMEOUT"] = LONG
    client.publish(server.script(PATH, *[file(DATA, give=GIVEN, end="stall")] * 3, file(DATA)), DATA)
    for number in range(1, 4):
        process = client.start()
        server.wait_for(lambda number=number: len(server.log) == number and server.log[-1].body_sent == GIVEN)
        server.wait_for(lambda number=number: client.wrote(number * GIVEN))
        kill(process)
        assert client.final() == []
    assert client.pull().code == 0
    assert server.body_sent <= len(DATA) + 3 * MIB


def test_a_pull_killed_while_bytes_flow(client: Client, server: Server) -> None:
    client.publish(server.script(PATH, slowly(DATA, 2)), DATA)
    process = client.start()
    server.wait_for(lambda: server.body_sent >= 2 * MIB)
    kill(process)
    assert client.final() == []
    assert client.pull().code == 0


def test_nothing_stays_beside_the_finished_file(client: Client, server: Server) -> None:
    outcome = client.publish(server.script(PATH, file(DATA, until=4 * MIB), file(DATA)), DATA).pull()
    assert client.kept(DATA) == [outcome.path]


def test_the_partial_is_not_under_the_final_name(client: Client, server: Server) -> None:
    client.environment["HUBTOOL_TIMEOUT"] = LONG
    process = client.publish(server.script(PATH, file(DATA, until=5 * MIB, end="stall")), DATA).start()
    server.wait_for(lambda: server.body_sent == 5 * MIB and client.wrote(5 * MIB))
    assert client.final() == []
    assert client.partial().is_relative_to(client.cache)
    assert client.partial().stat().st_mode & 0o022 == 0  # nobody else may write what will be trusted
    kill(process)


def test_eight_processes_fetch_a_file_once(client: Client, server: Server) -> None:
    # it takes longer than the timeout: those who wait may not take a working transfer for a dead one
    client.environment["HUBTOOL_TIMEOUT"] = "2"
    client.publish(server.script(PATH, slowly(DATA, 2.5)), DATA, digits=8)
    processes = [client.start() for _ in range(8)]
    outcomes = [client.finish(process) for process in processes]
    assert [outcome.code for outcome in outcomes] == [0] * 8
    assert len({outcome.out for outcome in outcomes}) == 1
    assert len(server.log) == 1
    server.wait_for(lambda: server.body_sent >= len(DATA))
    assert server.body_sent == len(DATA)


def test_those_who_wait_go_on_where_a_killed_one_stopped(client: Client, server: Server) -> None:
    client.environment["HUBTOOL_TIMEOUT"] = LONG
    client.publish(server.script(PATH, file(DATA, until=4 * MIB, end="stall"), file(DATA)), DATA)
    first = client.start()
    server.wait_for(lambda: server.body_sent == 4 * MIB)
    others = [client.start() for _ in range(7)]
    for process in others:
        is_waiting(process)
    assert len(server.log) == 1
    kill(first)
    outcomes = [client.finish(process) for process in others]
    assert [outcome.code for outcome in outcomes] == [0] * 7
    assert len(server.log) == 2
    assert 3 * MIB <= (server.log[1].start or 0) <= 4 * MIB
    assert server.body_sent <= len(DATA) + MIB


def test_those_who_wait_for_a_failure_fail_too(client: Client, server: Server) -> None:
    def late(exchange: Exchange) -> None:
        exchange.pause(0.5)
        answer("404 Not Found")(exchange)

    client.publish(server.script(PATH, late), DATA)
    processes = [client.start() for _ in range(3)]
    assert [client.finish(process).code for process in processes] == [4] * 3


def test_different_files_do_not_wait_for_each_other(client: Client, server: Server) -> None:
    client.environment["HUBTOOL_TIMEOUT"] = LONG
    waiting = client.publish(server.script(PATH, silence()), DATA).start()
    server.wait_for(lambda: bool(server.log))
    small = DATA[:1000]
    assert client.publish(server.script("/small.ckpt", file(small)), small, name="small").pull().code == 0
    kill(waiting)


# Ctrl-C


def interrupt(client: Client, ready: Callable[[subprocess.Popen[str]], None]) -> None:
    """Press Ctrl-C when the process is `ready`, and expect an end long before a time-out is over."""
    client.environment["HUBTOOL_TIMEOUT"] = LONG
    # a parent that ignores Ctrl-C, as a job in the background does, would hand that down
    process = client.start(preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler))
    ready(process)
    process.send_signal(signal.SIGINT)
    assert client.finish(process).code == 130
    assert client.final() == []


def test_ctrl_c_while_the_server_is_silent(client: Client, server: Server) -> None:
    client.publish(server.script(PATH, silence()), DATA)
    interrupt(client, lambda _: server.wait_for(lambda: bool(server.log)))


def test_ctrl_c_while_the_body_stalls(client: Client, server: Server) -> None:
    client.publish(server.script(PATH, file(DATA, until=3 * MIB, end="stall"), file(DATA)), DATA)
    interrupt(client, lambda _: server.wait_for(lambda: server.body_sent == 3 * MIB and client.wrote(3 * MIB)))
    assert client.pull().code == 0
    assert 2 * MIB <= (server.log[1].start or 0) <= 3 * MIB  # what had arrived is kept


def test_ctrl_c_while_bytes_flow(client: Client, server: Server) -> None:
    client.publish(server.script(PATH, slowly(DATA, 5, parts=200)), DATA)
    interrupt(client, lambda _: server.wait_for(lambda: server.body_sent > MIB))


def test_ctrl_c_before_the_next_attempt(client: Client, server: Server) -> None:
    client.publish(server.script(PATH, answer("503 Service Unavailable", {"Retry-After": "30"})), DATA)
    interrupt(client, lambda _: server.wait_for(lambda: bool(server.log) and server.log[0].answered.is_set()))
    assert len(server.log) == 1


def test_ctrl_c_while_another_process_transfers(client: Client, server: Server) -> None:
    client.publish(server.script(PATH, silence()), DATA)
    client.environment["HUBTOOL_TIMEOUT"] = LONG
    first = client.start()
    server.wait_for(lambda: bool(server.log))
    interrupt(client, is_waiting)
    assert first.poll() is None
    kill(first)


# Full disks


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 4 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder], check=False, capture_output=True)
    if made.returncode:
        pytest.skip("only root mounts a small file system")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


@pytest.fixture
def small(client: Client, disk: Path) -> Client:
    """A client whose cache is on the small disk."""
    client.cache = disk / "cache"
    client.environment["HUBTOOL_CACHE"] = str(client.cache)
    return client


def test_a_file_that_does_not_fit_is_not_begun(small: Client, server: Server) -> None:
    large = bytes(64 * MIB)
    outcome = small.publish(server.script(PATH, file(large)), large).pull()
    assert outcome.code == 6
    assert outcome.says("space|full|room|disk")
    assert len(server.log) == 1
    assert server.body_sent < 12 * MIB  # what the sockets hold, not more
    assert all(path.stat().st_size < MIB for path in small.files())


def test_a_disk_that_fills_up(small: Client, server: Server) -> None:
    outcome = small.publish(server.script(PATH, chunked(DATA)), DATA).pull()
    assert outcome.code == 6
    assert outcome.says("space|full|room|disk")
    assert len(server.log) == 1


def test_the_rest_fits_beside_the_partial(small: Client, server: Server) -> None:
    # 2 of 3 MiB are there: 1 MiB is needed, not 3
    data = DATA[: 3 * MIB]
    small.publish(server.script(PATH, file(data, until=2 * MIB), answer("404 Not Found"), file(data)), data)
    assert small.pull().code == 4
    assert small.pull().code == 0
    assert 1 * MIB <= (server.log[-1].start or 0) <= 2 * MIB


def test_a_file_larger_than_the_process_may_write(client: Client, server: Server) -> None:
    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (MIB, MIB))

    process = client.publish(server.script(PATH, file(DATA)), DATA).start(preexec_fn=limit)
    assert client.finish(process).code == 6
    assert len(server.log) == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_cache_that_nobody_may_write(client: Client, server: Server) -> None:
    client.cache.mkdir(mode=0o555)
    assert client.publish(server.script(PATH, file(DATA)), DATA).pull().code == 6
    assert server.body_sent == 0
