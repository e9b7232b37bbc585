"""Evidence beside cards: in-toto statements in `evidence/`, as `hubtool verify --evidence` writes them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from hubtool.card.span import Span

if TYPE_CHECKING:
    from hubtool.evidence.statement import Statement

FOLDER = "evidence"


@dataclass(frozen=True, slots=True)
class StatementFile:
    """A file of evidence, and what it says."""

    path: Path
    statement: Statement


@dataclass(frozen=True, slots=True)
class BadFile:
    """A file of evidence that cannot be believed: where in it, and why."""

    path: Path
    span: Span
    reason: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one folder holds, by name.

    Attributes
    ----------
    by_stem
        The files about each card, by its file name without the suffix.
    bad
        Files that cannot be believed; one that contradicts itself is in `by_stem`, too.
    """

    by_stem: Mapping[str, Sequence[StatementFile]]
    bad: Sequence[BadFile]


def evidence_beside(folder: str) -> Evidence | None:
    """What is in the `evidence/` folder beside the cards of a folder; None without such a folder."""
    return _read_folder(f"{folder}/{FOLDER}" if folder else FOLDER)


@lru_cache(maxsize=64)
def _read_folder(folder: str) -> Evidence | None:
    try:
        names = sorted(os.listdir(folder))  # noqa: PTH208
    except OSError:
        return None
    # Most folders of cards have no evidence, and need not wait for what reads it.
    from hubtool.evidence.reading import BadStatement
    from hubtool.evidence.statement import SUFFIX, read_statement

    by_stem: dict[str, list[StatementFile]] = {}
    bad: list[BadFile] = []
    for path in (Path(folder, name) for name in names if name.endswith(SUFFIX)):
        try:
            statement = read_statement(path)
        except BadStatement as error:
            bad.append(BadFile(path, error.span, str(error)))
            continue
        if statement is not None:
            by_stem.setdefault(statement.stem, []).append(StatementFile(path, statement))
            if statement.contradiction:
                bad.append(BadFile(path, Span(1, 1, 1, 1), f"contradicts itself: {statement.contradiction}"))
    return Evidence(by_stem, bad)
