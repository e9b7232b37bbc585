"""Progress on stderr."""

from __future__ import annotations

import time
from typing import Any

import click

_SECONDS_BETWEEN_LINES = 5.0


class LineProgress:
    """One line every few seconds, for logs."""

    def __init__(self) -> None:
        self._task = ""

    def start(self, task: str, total: int | None, unit: str) -> None:
        """A task begins."""
        self._task, self._total, self._unit = task, total, unit
        self._done = 0
        self._started = self._last = time.monotonic()

    def advance(self, amount: int) -> None:
        """Count, and say so when the last line is old."""
        self._done += amount
        now = time.monotonic()
        if now - self._last >= _SECONDS_BETWEEN_LINES:
            self._last = now
            self._print(now)

    def finish(self) -> None:
        """Say how it ended, if anything was said before or something was done."""
        if self._done:
            self._print(time.monotonic())

    def _print(self, now: float) -> None:
        rate = self._done / max(now - self._started, 1e-9)
        left = (self._total - self._done) / rate if self._total and self._total > self._done else 0
        wait = f", {_duration(left)} left" if left else ""
        done = _amounts(self._done, self._total, self._unit)
        click.echo(f"{self._task}: {done}, {_amount(rate, self._unit)}/s{wait}", err=True)


class BarProgress:
    """A bar with rate and time left, for terminals."""

    def start(self, task: str, total: int | None, unit: str) -> None:
        """A task begins."""
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        self._unit = unit
        self._started = time.monotonic()
        self._done = 0
        self._bar: Any = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[shown]}"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._bar.start()
        self._total = total
        self._id = self._bar.add_task(task, total=total, shown="")

    def advance(self, amount: int) -> None:
        """Move the bar."""
        self._done += amount
        rate = self._done / max(time.monotonic() - self._started, 1e-9)
        shown = f"{_amounts(self._done, self._total, self._unit)}, {_amount(rate, self._unit)}/s"
        self._bar.update(self._id, advance=amount, shown=shown)

    def finish(self) -> None:
        """Take the bar away."""
        self._bar.stop()


def _amounts(done: int, total: int | None, unit: str) -> str:
    if total is None:
        return _amount(done, unit)
    if unit == "B":
        return f"{_amount(done, unit)} of {_amount(total, unit)}"
    return f"{done:,} of {total:,} {unit}"


def _amount(value: float, unit: str) -> str:
    if unit != "B":
        return f"{value:,.0f} {unit}" if value >= 10 or value == int(value) else f"{value:.1f} {unit}"
    for prefix in ("", "Ki", "Mi"):
        if value < 1024:
            return f"{value:.0f} {prefix}B"
        value /= 1024
    return f"{value:.1f} GiB"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
