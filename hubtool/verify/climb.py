"""From level to level: what was established, what was skipped, what failed."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from hubtool.errors import HubtoolError, MissingExtra
from hubtool.verify.result import Check, Level, Status
from hubtool.words import first_line

T = TypeVar("T")
_log = logging.getLogger(__name__)


class SkipLevel(Exception):
    """A level cannot be reached, and that is no problem of the card."""


class Climb:
    """Collects the checks; nothing runs any more after a level that failed.

    Attributes
    ----------
    checks
        A check for each level so far; that of the card is there from the beginning.
    error
        What made a level fail; None while none did.
    """

    def __init__(self) -> None:
        self.checks = [Check(Level.CARD, Status.OK, "valid")]
        self.error: HubtoolError | None = None

    def step(self, level: Level, run: Callable[[], tuple[T, str]]) -> T | None:
        """The value of a level, and a check with its detail; None when it failed or was skipped."""
        if self.error is not None:
            self.checks.append(Check(level, Status.SKIPPED, f"the {self.failed_level} level failed"))
            return None
        try:
            value, detail = run()
        except (SkipLevel, MissingExtra) as skip:
            self.checks.append(Check(level, Status.SKIPPED, why(skip)))
            return None
        except HubtoolError as error:
            self.error = error
        except Exception as error:  # whatever a library raises about one card must not cost the results of the others
            _log.debug("the %s level", level.value, exc_info=True)
            self.error = HubtoolError(f"{type(error).__name__}: {first_line(error)}", hint="-vv shows where")
        else:
            self.checks.append(Check(level, Status.OK, detail))
            return value
        self.checks.append(Check(level, Status.FAILED, self.error.message))
        return None

    @property
    def failed_level(self) -> str:
        """The level that failed, by name."""
        return next(check.level.value for check in self.checks if check.status is Status.FAILED)


def why(skip: SkipLevel | MissingExtra) -> str:
    """The reason in one sentence."""
    return f"{skip.message}: {skip.hint}" if isinstance(skip, MissingExtra) else str(skip)
