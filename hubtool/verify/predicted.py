"""Where the predictions of each evaluation go."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hubtool.card.record import SHORTEST_DIGEST
from hubtool.evaluation.outcome import Evaluation
from hubtool.verify.result import Result


def files_for(path: Path, results: Sequence[Result]) -> list[tuple[Path, Evaluation]]:
    """Where the predictions of each evaluation go.

    Those of a single one to `path`; of several, to `<stem>-<model>-<first 8 digits of the file's SHA-256><suffix>`.
    """
    found: dict[int, tuple[Result, Evaluation]] = {}
    for result in results:
        if result.evaluation is not None:
            found.setdefault(id(result.evaluation), (result, result.evaluation))
    if len(found) == 1:
        return [(path, evaluation) for _, evaluation in found.values()]
    return [(path.with_name(_name(path, result)), evaluation) for result, evaluation in found.values()]


def _name(path: Path, result: Result) -> str:
    model = result.heading.called.replace("/", "_")
    digits = result.run.job.model.sha256[:SHORTEST_DIGEST] if result.run else ""
    return f"{path.stem}-{model}-{digits}{path.suffix}"
