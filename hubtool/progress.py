"""How the core tells that it is getting on, without knowing who looks."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Receives the steps of one task at a time."""

    def start(self, task: str, total: int | None, unit: str) -> None:
        """A task begins; `total` counts in `unit` (`B` or `images`), None when unknown."""

    def advance(self, amount: int) -> None:
        """`amount` more units are done."""

    def finish(self) -> None:
        """The task ended, well or not."""


class Silent:
    """Progress that nobody looks at."""

    def start(self, task: str, total: int | None, unit: str) -> None:
        """Ignore it."""

    def advance(self, amount: int) -> None:
        """Ignore it."""

    def finish(self) -> None:
        """Ignore it."""


SILENT = Silent()
