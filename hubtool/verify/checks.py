"""The levels of a verification, and how each of them ended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from hubtool.verify.problems import Obstacle


class Level(str, Enum):
    """What is checked, in order."""

    CARD = "card"
    ASSET = "asset"
    CHECKPOINT = "checkpoint"
    NETWORK = "network"
    EVALUATION = "evaluation"


class Status(str, Enum):
    """How a level ended."""

    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Check:
    """One level: how it ended and one sentence about it.

    Attributes
    ----------
    notes
        What else a reader has to know, in sentences: what was skipped, or taken for granted.
    obstacle
        Why it was skipped or failed, as a key; None where it was not.
    """

    level: Level
    status: Status
    detail: str
    notes: tuple[str, ...] = ()
    obstacle: Obstacle | None = None

    def to_json(self) -> dict[str, object]:
        """As `hubtool verify --json` prints it."""
        return {
            "level": self.level.value,
            "status": self.status.value,
            "detail": self.detail,
            "notes": list(self.notes),
            "reason": self.obstacle.value if self.obstacle else None,
        }
