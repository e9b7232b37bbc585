"""Another engine's answers from a process of its own.

What a library takes of memory, and the threads that it keeps, end with the process: MindSpore alone takes one to four
gigabytes that it does not give back.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import tempfile
from typing import IO, Any, BinaryIO, cast

from hubtool.engine.protocol import Execution, Identity, Workload
from hubtool.engine.session import Closing
from hubtool.errors import EnvironmentProblem, HubtoolError
from hubtool.network.spec import Model
from hubtool.words import first_line

_SERVE = "import sys; sys.path[:] = {path!r}; from hubtool.engine.apart import serve; serve()"


class SessionApart(Closing):
    """A session in a process of its own; a `Session`.

    Parameters
    ----------
    engine
        Name of the engine.

    Raises
    ------
    HubtoolError
        As `Backend.open` does; EnvironmentProblem where the process ends without an answer.
    """

    def __init__(self, engine: str, model: Model, execution: Execution, workload: Workload):
        self._engine = engine
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 (closed by close)
        self._process = subprocess.Popen(  # noqa: S603 (our own interpreter)
            [sys.executable, "-c", _SERVE.format(path=sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
        )
        self._questions, self._answers = cast("BinaryIO", self._process.stdin), cast("BinaryIO", self._process.stdout)
        try:
            self.identity: Identity = self._ask((engine, model, execution, workload))
        except BaseException:
            self.close()
            raise

    def logits(self, images: Any) -> Any:
        """Images (N, C, H, W) float32 -> logits (N, num_classes) float32."""
        return self._ask(images)

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()
        self._log.close()

    def _ask(self, question: Any) -> Any:
        try:
            _send(self._questions, question)
            answer = pickle.load(self._answers)  # noqa: S301 (what our own process wrote)
        except (OSError, EOFError, pickle.UnpicklingError) as error:
            raise EnvironmentProblem(f"{self._engine} ended without an answer: {self._last_words()}") from error
        if isinstance(answer, HubtoolError):
            raise answer
        return answer

    def _last_words(self) -> str:
        code = self._process.wait()
        self._log.seek(0)
        lines = self._log.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else f"exit code {code}"


def serve() -> None:
    """Open the session that stdin asks for, and answer images with logits until nobody asks any more."""
    # Libraries print to stdout: what is ours goes through another descriptor.
    ours = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    try:
        _answer(sys.stdin.buffer, ours)
    except (EOFError, BrokenPipeError):
        os._exit(0)


def _answer(questions: BinaryIO, answers: BinaryIO) -> None:
    from hubtool.engine.choose import backend_named

    engine, model, execution, workload = pickle.load(questions)  # noqa: S301 (what our own process wrote)
    try:
        session = backend_named(engine).open(model, execution, workload)
    except Exception as error:  # carried to whoever asked
        _send(answers, _portable(error))
        return
    with session:
        _send(answers, session.identity)
        while True:
            images = pickle.load(questions)  # noqa: S301 (what our own process wrote)
            try:
                answer = session.logits(images)
            except Exception as error:  # carried to whoever asked
                answer = _portable(error)
            _send(answers, answer)


def _portable(error: Exception) -> HubtoolError:
    if isinstance(error, HubtoolError):
        return error
    return EnvironmentProblem(f"{type(error).__name__}: {first_line(error)}")


def _send(stream: BinaryIO, value: Any) -> None:
    pickle.dump(value, stream, pickle.HIGHEST_PROTOCOL)
    stream.flush()
