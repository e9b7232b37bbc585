"""From level to level: what was established, what was skipped, what failed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from hubtool.errors import HubtoolError, MissingExtra, Offline
from hubtool.verify.checks import Check, Level, Status
from hubtool.verify.problems import Obstacle, Skipped, as_problem, missing

T = TypeVar("T")
_VALID = Check(Level.CARD, Status.OK, "valid")


class Climb:
    """Collects the checks; nothing runs after a level that failed.

    Attributes
    ----------
    checks
        A check for each level so far; that of the card is there from the beginning.
    error
        What made a level fail; None while none did.
    """

    def __init__(self, checks: Iterable[Check] = (_VALID,), error: HubtoolError | None = None):
        self.checks = list(checks)
        self.error = error

    def step(
        self, level: Level, run: Callable[[], tuple[T, str] | tuple[T, str, tuple[str, ...]] | Skipped]
    ) -> T | None:
        """The value of a level, and a check with its detail and its notes; None when it failed or was skipped."""
        if self.error is not None:
            reason = f"the {self.failed_level} level failed"
            self.checks.append(Check(level, Status.SKIPPED, reason, obstacle=self.obstacle))
            return None
        try:
            outcome = run()
        except MissingExtra as extra:
            outcome = missing(extra)
        except Exception as error:  # whatever a library raises about one card must not cost the results of the others
            self.error = as_problem(error, f"the {level.value} level")
            self.checks.append(Check(level, Status.FAILED, self.error.message, obstacle=self.obstacle))
            return None
        if isinstance(outcome, Skipped):
            self.checks.append(
                Check(level, Status.SKIPPED, outcome.reason, notes=outcome.notes, obstacle=outcome.obstacle)
            )
            return None
        value, detail, *rest = outcome
        self.checks.append(Check(level, Status.OK, detail, notes=rest[0] if rest else ()))
        return value

    @property
    def obstacle(self) -> Obstacle | None:
        """What keeps the claims from being run once a level failed; None where none did."""
        if self.error is None:
            return None
        return Obstacle.OFFLINE if isinstance(self.error, Offline) else Obstacle.FAILED

    @property
    def failed_level(self) -> str:
        """The level that failed, by name."""
        return next(check.level.value for check in self.checks if check.status is Status.FAILED)
