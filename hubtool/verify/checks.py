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
    """One level: how it ended and one sentence about it."""

    level: Level
    status: Status
    detail: str
