"""From level to level: what was established, what was skipped, what failed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from hubtool.errors import HubtoolError, MissingExtra
from hubtool.verify.checks import Check, Level, Status
from hubtool.verify.problems import Skipped, as_problem, missing

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
            self.checks.append(Check(level, Status.SKIPPED, f"the {self.failed_level} level failed"))
            return None
        try:
            outcome = run()
        except MissingExtra as extra:
            outcome = missing(extra)
        except Exception as error:  # whatever a library raises about one card must not cost the results of the others
            self.error = as_problem(error, f"the {level.value} level")
            self.checks.append(Check(level, Status.FAILED, self.error.message))
            return None
        if isinstance(outcome, Skipped):
            self.checks.append(Check(level, Status.SKIPPED, outcome.reason))
            return None
        value, detail, *notes = outcome
        self.checks.append(Check(level, Status.OK, detail, *notes))
        return value

    @property
    def failed_level(self) -> str:
        """The level that failed, by name."""
        return next(check.level.value for check in self.checks if check.status is Status.FAILED)
