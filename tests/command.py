"""The `hubtool` command as tests run it: in their own process, where imports are paid for once, or in a new one."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

_DESCRIPTORS = {"stdin": 0, "stdout": 1, "stderr": 2}


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str


class Hubtool:
    """Runs the real command in the tests' process, with a folder, an environment and a cache of its own.

    What is printed is caught at the file descriptors, so that a library's output counts, too. Signals, warnings of
    Python, and what happens when the interpreter starts or ends are for `HubtoolProcess`.
    """

    def __init__(self, folder: Path, cache: Path):
        self.folder = folder
        self.environment = {
            key: value for key, value in os.environ.items() if not key.startswith(("HUBTOOL_", "GLOG_"))
        }
        # Most tests are about something else than engines: the reference alone needs no comparison with another.
        self.environment |= {"HUBTOOL_CACHE": str(cache), "COLUMNS": "160", "HUBTOOL_ENGINE": "mindspore"}

    def __call__(self, *args: str | Path, timeout: float = 300) -> Result:
        from hubtool.cli.app import run

        with _written() as out, _written() as err, ExitStack() as stack:
            stack.enter_context(_streams(stdout=out, stderr=err))
            stack.enter_context(_folder(self.folder))
            stack.enter_context(_environment(self.environment))
            stack.enter_context(_forgetful())
            stack.enter_context(_ended_after(timeout))
            code = run([str(arg) for arg in args])
            stack.close()
            return Result(code, _text(out), _text(err))

    def popen(self, *args: str | Path, **options) -> subprocess.Popen[str]:
        """The command in a process of its own, which the caller waits for."""
        command = [sys.executable, "-m", "hubtool", *map(str, args)]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL}
        return subprocess.Popen(command, cwd=self.folder, env=self.environment, text=True, **(pipes | options))


class HubtoolProcess(Hubtool):
    """Runs the real command in a process of its own."""

    def __call__(self, *args: str | Path, timeout: float = 300) -> Result:
        process = self.popen(*args)
        try:
            out, err = process.communicate(timeout=timeout)
        finally:
            process.kill()
        return Result(process.returncode, out, err)


def ctrl_c_works() -> None:
    """A `preexec_fn`: the command is started as from a terminal, even where the tests run in the background."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@contextmanager
def _forgetful() -> Iterator[None]:
    """Let a run know nothing of earlier ones, and leave nothing to later ones."""
    _forget()
    try:
        yield
    finally:
        _forget()


def _forget() -> None:
    # What a new process would not have: handlers that write to old streams, and what was read or computed before.
    log = logging.getLogger("hubtool")
    log.handlers.clear()
    log.setLevel(logging.NOTSET)
    for name, module in list(sys.modules.items()):
        if name == "hubtool" or name.startswith("hubtool."):
            for member in list(vars(module).values()):
                if hasattr(member, "cache_clear"):
                    member.cache_clear()


@contextmanager
def _ended_after(seconds: float) -> Iterator[None]:
    """Raise TimeoutError in what waits for ever, for a pipe that nobody writes to, say."""

    def end(*_: object) -> None:
        raise TimeoutError(f"not done after {seconds} seconds")

    if not hasattr(signal, "SIGALRM"):
        yield
        return
    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def _written() -> Iterator[TextIO]:
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="surrogateescape") as stream:
        yield stream


def _text(stream: TextIO) -> str:
    stream.seek(0)
    return stream.read()


@contextmanager
def _streams(stdout: TextIO, stderr: TextIO) -> Iterator[None]:
    """Standard streams as Python opens them, the input empty and the rest going into files."""
    before = {name: getattr(sys, name) for name in _DESCRIPTORS}
    saved = {number: os.dup(number) for number in _DESCRIPTORS.values()}
    before["stdout"].flush()
    before["stderr"].flush()
    try:
        with Path(os.devnull).open() as stdin:
            for number, stream in enumerate((stdin, stdout, stderr)):
                os.dup2(stream.fileno(), number)
        with (
            open(0, encoding="utf-8", closefd=False) as sys.stdin,
            open(1, "w", encoding="utf-8", closefd=False) as sys.stdout,
            open(2, "w", encoding="utf-8", closefd=False, buffering=1, errors="backslashreplace") as sys.stderr,
        ):
            yield
    finally:
        for name, stream in before.items():
            setattr(sys, name, stream)
        for number, copy in saved.items():
            os.dup2(copy, number)
            os.close(copy)


@contextmanager
def _folder(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """An environment, and what a library of this process that is there already was told: MindSpore looks again."""
    before = dict(os.environ)
    kept = {key: value for key, value in before.items() if key.startswith("GLOG_")}
    _set(variables | kept)
    try:
        yield
    finally:
        _set(before)


def _set(variables: Mapping[str, str]) -> None:
    for key in os.environ.keys() - variables.keys():
        del os.environ[key]
    os.environ.update(variables)
