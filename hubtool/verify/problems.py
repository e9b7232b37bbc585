"""What keeps something from being verified, in the words that a user is told."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from hubtool.errors import HubtoolError, MissingExtra
from hubtool.words import first_line

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something was skipped, and why, in one sentence; it is not a problem of the card."""

    reason: str


@dataclass(frozen=True, slots=True)
class Failed:
    """Something could not be done, and the problem that a user is told."""

    error: HubtoolError


def missing(extra: MissingExtra) -> Skipped:
    """Skipped because a package is missing, with the command that installs it."""
    return Skipped(f"{extra.message}: {extra.hint}")


def as_problem(error: Exception, what: str) -> HubtoolError:
    """An error as a user is told it; what a library raised unexpectedly goes to the log of -vv.

    Parameters
    ----------
    what
        Was being done.
    """
    if isinstance(error, HubtoolError):
        return error
    _log.debug("%s", what, exc_info=error)
    return HubtoolError(f"{type(error).__name__}: {first_line(error)}", hint="-vv shows where")
