"""Runs commands of hubtool in forks of one process that has imported everything: a hundredth of a second each.

Each run is a process of its own, with its own environment, folder and file descriptors, and does all that
`python -m hubtool` does. Two things are the test's: FAULTS_LIMITS, a JSON object, overrides limits of transfers, and
where FAULTS_SLEEPS names a file, waiting between requests takes no time and is noted there, a number of seconds a line.

A run is asked for on the Unix socket that is the only argument: JSON with `argv`, `environment`, `folder`, and with it
descriptors for standard output and error. The answers are the process's number and, later, its exit code, a line each.
The driver ends when its standard input does.
"""

import json
import os
import runpy
import select
import socket
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import hubtool.asset.access
from tests.asset.clock import START

GUARD = Path(__file__).parent / "guard" / "sitecustomize.py"
_from_environment = hubtool.asset.access.access_from_environment


@dataclass
class NotingClock:
    """Lets no time pass while somebody sleeps, but notes it."""

    path: Path
    slept: float = 0.0

    def time(self) -> float:
        return START + self.slept

    def monotonic(self) -> float:
        return time.monotonic() + self.slept

    def sleep(self, seconds: float) -> None:
        self.slept += seconds
        with self.path.open("a") as file:
            file.write(f"{seconds}\n")


def _access(**options):
    access = _from_environment(**options)
    limits = replace(access.limits, **json.loads(os.environ.get("FAULTS_LIMITS", "{}")))
    noted = os.environ.get("FAULTS_SLEEPS")
    return replace(access, limits=limits, clock=NotingClock(Path(noted)) if noted else access.clock)


hubtool.asset.access.access_from_environment = _access  # before the commands import it

import filelock  # noqa: E402, F401
import requests  # noqa: E402, F401

import hubtool.cli.pull_command  # noqa: E402


def serve(listener: socket.socket) -> None:
    while True:
        reap()
        readable, _, _ = select.select([listener, sys.stdin], [], [])
        if sys.stdin in readable:
            return
        connection, _ = listener.accept()
        if not os.fork():
            listener.close()
            os.close(0)
            os.open(os.devnull, os.O_RDONLY)
            answer(connection)
            os._exit(0)
        connection.close()


def reap() -> None:
    """Bury the processes that waited for runs, so that their time counts as this one's."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG) != (0, 0):
            pass


def answer(connection: socket.socket) -> None:
    asked, descriptors, _, _ = socket.recv_fds(connection, 2**20, 2)
    child = os.fork()
    if not child:
        run(**json.loads(asked), descriptors=descriptors)
    for descriptor in (1, 2, *descriptors):
        os.close(descriptor)
    connection.sendall(f"{child}\n".encode())
    _, status = os.waitpid(child, 0)
    connection.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())


def run(argv: list[str], environment: dict[str, str], folder: str, descriptors: list[int]) -> None:
    code: object = 1
    try:
        os.environ.clear()
        os.environ.update(environment)
        os.chdir(folder)
        for number, descriptor in enumerate(descriptors, 1):
            os.dup2(descriptor, number)
            os.close(descriptor)
        sys.argv = ["hubtool", *argv]
        runpy.run_path(str(GUARD))
        hubtool.cli.main(argv)
    except SystemExit as end:
        code = end.code
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 1)


if __name__ == "__main__":
    with socket.socket(socket.AF_UNIX) as served:
        served.bind(sys.argv[1])
        served.listen(128)
        print("ready", flush=True)  # noqa: T201
        serve(served)
