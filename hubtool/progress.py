"""How the core reports progress, without knowing who watches."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Task(Protocol):
    """One piece of work that takes a while."""

    def advance(self, amount: int) -> None:
        """`amount` more units are done."""

    def restart(self, done: int, total: int | None = None) -> None:
        """So many units are done after all, of a total that may be known by now."""

    def finish(self) -> None:
        """The task ended, well or not."""


class Progress(Protocol):
    """Watches tasks, several at a time and from several threads."""

    def task(self, name: str, total: int | None, unit: str) -> Task:
        """A task begins; `total` counts in `unit` (`B` or `images`), None when unknown."""


class _SilentTask:
    def advance(self, amount: int) -> None:
        """Ignore it."""

    def restart(self, done: int, total: int | None = None) -> None:
        """Ignore it."""

    def finish(self) -> None:
        """Ignore it."""


class _Silent:
    def task(self, name: str, total: int | None, unit: str) -> Task:  # noqa: ARG002 (nobody looks)
        return _SilentTask()


SILENT: Progress = _Silent()
"""Progress that nobody looks at."""


@contextmanager
def waiting(progress: Progress, name: str) -> Iterator[None]:
    """A task that says nothing of how far it is: terminals show that it runs until the block ends, logs nothing."""
    task = progress.task(name, None, "")
    try:
        yield
    finally:
        task.finish()
