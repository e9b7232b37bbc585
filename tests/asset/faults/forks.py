"""The side of the tests that asks `driver.py` for runs."""

from __future__ import annotations

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from functools import cache
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
_lock = threading.Lock()


def run_forked(argv: list[str], environment: dict[str, str], folder: Path, timeout: float) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a command; a run of more than `timeout` seconds is a hang."""
    with socket.socket(socket.AF_UNIX) as connection, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        with _lock:
            address = _driver()
        connection.settimeout(timeout)
        connection.connect(address)
        asked = {"argv": argv, "environment": environment, "folder": str(folder)}
        socket.send_fds(connection, [json.dumps(asked).encode()], [out.fileno(), err.fileno()])
        with connection.makefile("r") as answers:
            child = int(answers.readline())
            try:
                code = int(answers.readline())
            except TimeoutError:
                os.kill(child, signal.SIGKILL)
                raise
        out.seek(0)
        err.seek(0)
        return code, out.read().decode(), err.read().decode()


@cache
def _driver() -> str:
    """Start the driver; the result is where it listens."""
    folder = tempfile.TemporaryDirectory(prefix="hubtool-driver-")
    address = f"{folder.name}/socket"
    environment = {key: value for key, value in os.environ.items() if not key.startswith("HUBTOOL_")}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(REPOSITORY), os.environ.get("PYTHONPATH")]))
    process = subprocess.Popen(
        [sys.executable, Path(__file__).with_name("driver.py"), address],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"

    @atexit.register
    def stop() -> None:
        process.communicate()
        folder.cleanup()

    return address
