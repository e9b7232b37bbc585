"""What keeps something from being verified, in the words that a user is told."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from enum import Enum

from hubtool.errors import HubtoolError, MissingExtra
from hubtool.network.claimed import Claimed
from hubtool.words import first_line

_log = logging.getLogger(__name__)


class Obstacle(str, Enum):
    """What keeps claims from being run, as `hubtool verify --json` calls it."""

    NOT_ASKED = "not-asked"
    NO_DATA = "no-data"
    NO_DATASET = "no-dataset"
    NO_NETWORK = "no-network"
    OTHER_NETWORK = "other-network"
    NO_FILE = "no-file"
    NOT_IN_CACHE = "not-in-cache"
    NOT_MEASURED = "not-measured"
    NO_ENGINE = "no-engine"
    NO_PACKAGE = "no-package"
    OFFLINE = "offline"
    SETTINGS = "settings"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something was skipped; it is not a problem of the card.

    Attributes
    ----------
    reason
        Why, in one sentence.
    obstacle
        The same as a key.
    notes
        What else a reader has to know, in sentences.
    """

    reason: str
    obstacle: Obstacle
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Failed:
    """Something could not be done, and the problem that a user is told."""

    error: HubtoolError


def no_network(claimed: Claimed) -> Skipped:
    """Skipped because hubtool does not build the network."""
    obstacle = Obstacle.OTHER_NETWORK if claimed.other_source else Obstacle.NO_NETWORK
    return Skipped(claimed.reason, obstacle, (claimed.question,) if claimed.question else ())


def missing(extra: MissingExtra) -> Skipped:
    """Skipped because a package is missing, with the command that installs it."""
    return Skipped(f"{extra.message}: {extra.hint}", Obstacle.NO_PACKAGE)


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
