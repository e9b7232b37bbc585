"""Files of predictions: one row per image, as CSV."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from hubtool.errors import EnvironmentProblem, NotFound, UsageProblem
from hubtool.evaluation.outcome import Evaluation
from hubtool.evaluation.topk import BEST, NO_CLASS
from hubtool.files import atomic_stream, environment_errors

COLUMNS = ("path", "label", *(f"class{place}" for place in range(1, BEST + 1)), "logit")
_DIGITS = 9
"""As many as it takes to write a float32 so that it can be read back."""
_HINT = "hubtool verify NAME --reproduce-eval --predictions FILE.csv writes one"
_ERRORS = "surrogateescape"  # names of files need not be text


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a network said of an image.

    Attributes
    ----------
    image
        Its path from the dataset's root.
    best
        The five best classes in order; fewer when the network tells fewer apart.
    logit
        Of the best class.
    """

    image: str
    label: int
    best: tuple[int, ...]
    logit: float

    def is_correct(self, k: int) -> bool:
        """Whether the label is among the k best classes."""
        return self.label in self.best[:k]


def predictions_of(evaluation: Evaluation) -> Iterator[Prediction]:
    """The predictions of an evaluation, in the order of the dataset."""
    for row in evaluation.rows[evaluation.rows["index"].argsort()]:
        best = tuple(int(number) for number in row["best"] if number != NO_CLASS)
        yield Prediction(evaluation.names[row["index"]], int(row["label"]), best, float(row["logit"]))


def write_predictions(path: Path, predictions: Iterable[Prediction]) -> None:
    """Write a file of predictions: whole, or not at all.

    Raises
    ------
    EnvironmentProblem
        The system refuses.
    """
    with environment_errors(path), atomic_stream(path) as stream:
        text = io.TextIOWrapper(stream, encoding="utf-8", errors=_ERRORS, newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(COLUMNS)
        for prediction in predictions:
            places = [*prediction.best, *[""] * (BEST - len(prediction.best))]
            writer.writerow([prediction.image, prediction.label, *places, f"{prediction.logit:.{_DIGITS}g}"])
        text.flush()
        text.detach()


def read_predictions(path: Path) -> dict[str, Prediction]:
    """The predictions in a file, by image.

    Raises
    ------
    NotFound
        There is no such file.
    UsageProblem
        It is not a file of predictions; the message names the line.
    EnvironmentProblem
        It cannot be read.
    """
    try:
        with path.open(encoding="utf-8", errors=_ERRORS, newline="") as stream:
            return _parsed(path, stream)
    except FileNotFoundError:
        raise NotFound(f"{path}: no such file", hint=_HINT) from None
    except IsADirectoryError:
        raise UsageProblem(f"{path}: a folder, not a file of predictions", hint=_HINT) from None
    except OSError as error:
        raise EnvironmentProblem(f"{path}: {error.strerror}") from error


def _parsed(path: Path, lines: Iterable[str]) -> dict[str, Prediction]:
    rows = csv.reader(lines, strict=True)
    try:
        return _by_image(rows)
    except (ValueError, csv.Error) as error:
        raise UsageProblem(f"{path}:{rows.line_num or 1}: {error}", hint=_HINT) from error


def _by_image(rows: Iterator[list[str]]) -> dict[str, Prediction]:
    """Raises ValueError at the first row that should not be there."""
    if tuple(next(rows, ())) != COLUMNS:
        raise ValueError(f"the columns are not {','.join(COLUMNS)}")
    predictions: dict[str, Prediction] = {}
    for prediction in map(_prediction, rows):
        if prediction.image in predictions:
            raise ValueError(f"{prediction.image} appears twice")
        predictions[prediction.image] = prediction
    return predictions


def _prediction(row: Sequence[str]) -> Prediction:
    """Raises ValueError for what is not a row of predictions."""
    if len(row) != len(COLUMNS):
        raise ValueError(f"{len(row)} fields instead of {len(COLUMNS)}")
    image, label, *best, logit = row
    prediction = Prediction(image, int(label), tuple(int(number) for number in best if number), float(logit))
    if not math.isfinite(prediction.logit):
        raise ValueError(f"the logit is {logit}")
    return prediction
