"""Another engine's answers from a process of its own.

What a library takes of memory, and the threads that it keeps, end with the process: MindSpore alone takes one to four
gigabytes that it does not give back.
"""

from __future__ import annotations

import os
from typing import Any, BinaryIO

from hubtool.apart import Apart, conversation, portable, received, send
from hubtool.engine.protocol import Execution, Identity, Workload
from hubtool.engine.session import Closing
from hubtool.network.spec import Model


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
        self.apart = Apart(engine, __name__, serve.__name__)
        try:
            self.identity: Identity = self.apart.ask((engine, model, execution, workload))
        except BaseException:
            self.close()
            raise

    def logits(self, images: Any) -> Any:
        """Images (N, C, H, W) float32 -> logits (N, num_classes) float32."""
        return self.apart.ask(images)

    def close(self) -> None:
        """End the process."""
        self.apart.close()


def serve() -> None:
    """Open the session that stdin asks for, and answer images with logits until nobody asks any more."""
    try:
        _answer(*conversation())
    except (EOFError, BrokenPipeError):
        os._exit(0)


def _answer(questions: BinaryIO, answers: BinaryIO) -> None:
    from hubtool.engine.choose import backend_named

    engine, model, execution, workload = received(questions)
    try:
        session = backend_named(engine).open(model, execution, workload)
    except Exception as error:  # carried to whoever asked
        send(answers, portable(error))
        return
    with session:
        send(answers, session.identity)
        while True:
            images = received(questions)
            try:
                answer = session.logits(images)
            except Exception as error:  # carried to whoever asked
                answer = portable(error)
            send(answers, answer)
