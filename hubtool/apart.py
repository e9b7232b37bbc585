"""Work in a process of its own: what a library takes of memory, its threads and what it prints end with the process."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from hubtool.errors import EnvironmentProblem, HubtoolError
from hubtool.words import first_line

_SERVE = "import sys; sys.path[:] = {path!r}; from {module} import {function}; {function}()"


class Apart:
    """A process of our own interpreter that answers questions, each one value for one value.

    Parameters
    ----------
    name
        What users call that which answers.
    module, function
        What runs there, without arguments: it takes the streams that `conversation` gives.
    folder
        Where it runs; None for the current folder.
    """

    def __init__(self, name: str, module: str, function: str, folder: Path | None = None):
        self._name = name
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 (closed by close)
        path = [entry or str(Path.cwd()) for entry in sys.path]  # an empty one is the current folder
        self.process = subprocess.Popen(  # noqa: S603 (our own interpreter)
            [sys.executable, "-c", _SERVE.format(path=path, module=module, function=function)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            cwd=folder,
        )
        self.questions, self._answers = cast("BinaryIO", self.process.stdin), cast("BinaryIO", self.process.stdout)

    def ask(self, question: Any) -> Any:
        """The answer, a value that can be pickled.

        Raises
        ------
        HubtoolError
            The one that it answered; EnvironmentProblem where the process ends without an answer.
        """
        try:
            send(self.questions, question)
            answer = pickle.load(self._answers)  # noqa: S301 (what our own process wrote)
        except (OSError, EOFError, pickle.UnpicklingError) as error:
            raise EnvironmentProblem(f"{self._name} ended without an answer: {self._last_words()}") from error
        if isinstance(answer, HubtoolError):
            raise answer
        return answer

    def close(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.communicate()
        self._log.close()

    def _last_words(self) -> str:
        code = self.process.wait()
        self._log.seek(0)
        lines = self._log.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else f"exit code {code}"


def conversation() -> tuple[BinaryIO, BinaryIO]:
    """The streams of questions and of answers, in the process that answers; what libraries print goes to its log."""
    ours = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return sys.stdin.buffer, ours


def received(questions: BinaryIO) -> Any:
    """The next question. Raises EOFError when nobody asks any more."""
    return pickle.load(questions)  # noqa: S301 (what our own process wrote)


def send(stream: BinaryIO, value: Any) -> None:
    """Write a value for the process at the other end."""
    pickle.dump(value, stream, pickle.HIGHEST_PROTOCOL)
    stream.flush()


def portable(error: Exception) -> HubtoolError:
    """An error as one that can be carried to another process and raised there."""
    if isinstance(error, HubtoolError):
        return error
    return EnvironmentProblem(f"{type(error).__name__}: {first_line(error)}")
