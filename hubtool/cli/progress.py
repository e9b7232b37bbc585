"""Progress on stderr."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock
from typing import Any

import click

from hubtool.report.units import duration, size

_SECONDS_BETWEEN_LINES = 5.0
_SECONDS_BETWEEN_FRAMES = 0.1


class LineProgress:
    """One line every few seconds, for logs.

    Parameters
    ----------
    clock
        Seconds since some moment.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._clock = clock

    def task(self, name: str, total: int | None, unit: str) -> LineTask:
        """A task begins."""
        return LineTask(name, total, unit, self._clock)


class LineTask:
    """Reports from time to time how far a task is."""

    def __init__(self, name: str, total: int | None, unit: str, clock: Callable[[], float]):
        self._name, self._total, self._unit, self._clock = name, total, unit, clock
        self._done = self._new = 0
        self._started = self._last = clock()

    def advance(self, amount: int) -> None:
        """Count, and say so when the last line is old."""
        self._done += amount
        self._new += amount
        now = self._clock()
        if now - self._last >= _SECONDS_BETWEEN_LINES:
            self._last = now
            self._print(now)

    def restart(self, done: int, total: int | None = None) -> None:
        """Count from there."""
        self._done, self._total = done, total if total is not None else self._total

    def finish(self) -> None:
        """Say how it ended, if anything was done."""
        if self._new:
            self._print(self._clock())

    def _print(self, now: float) -> None:
        rate = self._new / max(now - self._started, 1e-9)
        left = (self._total - self._done) / rate if self._total and self._total > self._done else 0
        wait = f", {duration(left)} left" if left else ""
        done = _amounts(self._done, self._total, self._unit)
        click.echo(f"{self._name}: {done}, {_amount(rate, self._unit)}/s{wait}", err=True)


class BarProgress:
    """A bar for each task with rate and time left, for terminals."""

    def __init__(self) -> None:
        self._bars: Any = None
        self._open = 0
        self._lock = Lock()

    def task(self, name: str, total: int | None, unit: str) -> BarTask:
        """A task begins."""
        with self._lock:
            if self._bars is None:
                self._bars = _bars()
            if not self._open:
                self._bars.start()
            self._open += 1
        return BarTask(self, self._bars, name, total, unit)

    def close(self, identity: int) -> None:
        """Remove the bar of a task, and with the last one everything that was drawn."""
        with self._lock:
            self._bars.remove_task(identity)
            self._open -= 1
            if not self._open:
                self._bars.stop()


class BarTask:
    """Moves one bar, but not more often than the eye can see."""

    def __init__(self, owner: BarProgress, bars: Any, name: str, total: int | None, unit: str):
        self._owner, self._bars, self._unit, self._total = owner, bars, unit, total
        self._done = self._new = 0
        self._started = self._last = time.monotonic()
        self._id = bars.add_task(name, total=total, shown="")

    def advance(self, amount: int) -> None:
        """Count, and draw when the last frame is old."""
        self._done += amount
        self._new += amount
        now = time.monotonic()
        if now - self._last >= _SECONDS_BETWEEN_FRAMES:
            self._last = now
            self._draw(now)

    def restart(self, done: int, total: int | None = None) -> None:
        """Count from there."""
        self._done, self._total = done, total if total is not None else self._total
        self._draw(time.monotonic())

    def finish(self) -> None:
        """Remove the bar."""
        self._owner.close(self._id)

    def _draw(self, now: float) -> None:
        rate = self._new / max(now - self._started, 1e-9)
        shown = f"{_amounts(self._done, self._total, self._unit)}, {_amount(rate, self._unit)}/s"
        self._bars.update(self._id, completed=self._done, total=self._total, shown=shown)


def _bars() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[shown]}", markup=False),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )


def _amounts(done: int, total: int | None, unit: str) -> str:
    if total is None:
        return _amount(done, unit)
    if unit == "B":
        return f"{size(done)} of {size(total)}"
    return f"{done:,} of {total:,} {unit}"


def _amount(value: float, unit: str) -> str:
    if unit == "B":
        return size(value)
    return f"{value:,.0f} {unit}" if value >= 10 or value == int(value) else f"{value:.1f} {unit}"
