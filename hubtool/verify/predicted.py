"""Where the predictions of each evaluation go."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

from hubtool.card.datasets import dataset_key
from hubtool.card.record import SHORTEST_DIGEST
from hubtool.evaluation.outcome import Evaluation
from hubtool.verify.result import Result
from hubtool.verify.run import Run


def files_for(path: Path, results: Sequence[Result]) -> list[tuple[Path, Evaluation]]:
    """Where the predictions of each evaluation go.

    Those of a single one to `path`; of several, to `<stem>-<model>-<first 8 digits of the file's SHA-256><suffix>`,
    with the dataset before the digits where one model and file was evaluated on several, and a number where that is not
    enough.
    """
    runs = list({id(result.run): (result.heading.called, result.run) for result in results if result.run}.values())
    if len(runs) == 1:
        return [(path, runs[0][1].evaluation)]
    found: dict[Path, Evaluation] = {}
    for called, run in runs:
        free = next(name for name in _names(path, called, run) if name not in found)
        found[free] = run.evaluation
    return list(found.items())


def _names(path: Path, called: str, run: Run) -> Iterator[Path]:
    model, digits = called.replace("/", "_"), run.job.model.sha256[:SHORTEST_DIGEST]
    dataset = dataset_key(run.job.images.source.dataset)
    yield path.with_name(f"{path.stem}-{model}-{digits}{path.suffix}")
    for number in count(1):
        apart = dataset if number == 1 else f"{dataset}-{number}"
        yield path.with_name(f"{path.stem}-{model}-{apart}-{digits}{path.suffix}")
