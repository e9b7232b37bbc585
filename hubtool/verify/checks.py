"""The levels of a verification, and how each of them ended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


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
    """

    level: Level
    status: Status
    detail: str
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, object]:
        """As `hubtool verify --json` prints it."""
        return {
            "level": self.level.value,
            "status": self.status.value,
            "detail": self.detail,
            "notes": list(self.notes),
        }
