"""A clock that passes when a test, or somebody who sleeps, says so."""

from __future__ import annotations

from dataclasses import dataclass, field

START = 1_800_000_000.0
"""A moment that is easy to read, in seconds since 1970."""


@dataclass
class RecordedClock:
    """Sleeping takes no time and is noted."""

    now: float = START
    sleeps: list[float] = field(default_factory=list)

    def time(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.now += seconds
