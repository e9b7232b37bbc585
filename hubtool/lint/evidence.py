"""Evidence that lies beside cards: in-toto statements in `evidence/`, as `hubtool verify --evidence` writes them.

Only what rules compare is read; schemas/evidence.schema.json tells the rest.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

FOLDER = "evidence"
SUFFIX = ".intoto.json"
_LARGEST_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Statement:
    """What one file of evidence says.

    Attributes
    ----------
    uid, variant
        The card, and the row of its results table; None for the front matter.
    asset_sha256
        Of the checkpoint that was evaluated.
    claims_sha256
        Of what the card claimed then, see `hubtool.card.claims`.
    verdicts
        Metric, published figure and verdict of each claim.
    """

    path: Path
    uid: str
    variant: str | None
    asset_sha256: str
    claims_sha256: str
    verdicts: tuple[tuple[str, float, str], ...]


def evidence_beside(folder: str) -> dict[str, list[Statement]] | None:
    """The statements in the `evidence/` folder beside cards, by the stem of their card; None without such a folder."""
    return _read_folder(f"{folder}/{FOLDER}" if folder else FOLDER)


@lru_cache(maxsize=64)
def _read_folder(folder: str) -> dict[str, list[Statement]] | None:
    try:
        names = sorted(os.listdir(folder))  # noqa: PTH208
    except OSError:
        return None
    found: dict[str, list[Statement]] = {}
    for name in names:
        if name.endswith(SUFFIX) and (statement := read_statement(Path(folder, name))) is not None:
            found.setdefault(statement.uid.rpartition("/")[2], []).append(statement)
    return found


def read_statement(path: Path) -> Statement | None:
    """What a file of evidence says; None for a file that is none."""
    try:
        with path.open("rb") as stream:
            document = json.loads(stream.read(_LARGEST_BYTES))
        predicate = document["predicate"]
        return Statement(
            path,
            _text(predicate["card"]["uid"]),
            predicate["card"]["variant"],
            _text(document["subject"][0]["digest"]["sha256"]),
            _text(predicate["card"]["claims_sha256"]),
            tuple((_text(c["metric"]), float(c["published"]), _text(c["verdict"])) for c in predicate["claims"]),
        )
    except (OSError, ValueError, TypeError, KeyError, IndexError, RecursionError):
        return None


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value
