"""One file of evidence: what it says, whether that holds together, and what it is worth.

Only what rules compare is read; schemas/evidence.schema.json tells the rest. Verdicts are not believed: they are drawn
anew from the counts.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hubtool.card.claim import Claim
from hubtool.card.span import Span
from hubtool.evidence.verdict import TOLERANCE, Verdict, of_part, of_whole
from hubtool.files import read_regular

PREDICATE_TYPE = "urn:hubtool:predicate:evaluation:v1"
_LARGEST_BYTES = 4 * 1024 * 1024
_START = Span(1, 1, 1, 1)
_WRITTEN_DIGITS = 1e-4
"""Percentages are written with four decimals."""
_LARGEST_NUMBER = 2.0**53
"""Every whole number below it is exact as a float; no count of images comes near."""
_NUMBER = (int, float)
_NONE = type(None)


class BadStatement(ValueError):
    """A file that is no evidence; the message says why, `span` where."""

    def __init__(self, message: str, span: Span = _START):
        super().__init__(message)
        self.span = span


@dataclass(frozen=True, slots=True)
class Measurement:
    """What was measured for a published figure.

    Attributes
    ----------
    published, measured, interval, tolerance
        In percent and points; `interval` is None when the whole split was evaluated.
    correct, images, split
        Counts: right answers, images evaluated, images in the split. None, as `measured`, when nothing was run.
    verdict
        As the file says it.
    """

    metric: str
    published: float
    measured: float | None
    correct: int | None
    images: int | None
    split: int | None
    interval: tuple[float, float] | None
    tolerance: float
    verdict: str

    def judged(self, published: float, tolerance: float) -> Verdict:
        """The verdict on a figure that the counts give."""
        if self.correct is None or self.images is None or self.split is None or not self._counts_are_possible:
            return Verdict.NOT_RUN
        if self.images == self.split:
            return of_whole(published, 100 * self.correct / self.images, tolerance)
        if self.interval is None:
            return Verdict.INCONCLUSIVE
        low, high = self.interval
        return of_part(published, (self._exact(low, self.split), self._exact(high, self.split)), tolerance)

    @property
    def said(self) -> str:
        """What the counts say, of images that were evaluated."""
        if not self.images or self.correct is None:
            return "measured nothing"
        accuracy = 100 * self.correct / self.images
        return f"counts {self.correct:,} right answers in {self.images:,} images ({accuracy:.2f})"

    @property
    def contradiction(self) -> str:
        """What in it cannot be true together; empty when all of it can."""
        counts = (self.correct, self.images, self.split, self.measured)
        if self.correct is None or self.images is None or self.split is None or self.measured is None:
            nothing = all(value is None for value in (*counts, self.interval)) and self.verdict == Verdict.NOT_RUN
            return "" if nothing else "some of its counts are missing"
        if not self._counts_are_possible:
            return f"{self.correct:,} right answers among {self.images:,} of {self.split:,} images"
        accuracy = 100 * self.correct / self.images
        if not abs(self.measured - accuracy) <= _WRITTEN_DIGITS:
            return f"{self.measured:g} was measured, but {self.correct:,} of {self.images:,} images are {accuracy:.2f}"
        if problem := self._contradiction_of_interval(self.correct, self.images, self.split):
            return problem
        verdict = self.judged(self.published, self.tolerance).value
        return "" if verdict == self.verdict else f"it says {self.verdict}, but what it measured says {verdict}"

    @property
    def shortcoming(self) -> str:
        """Why what was measured does not reproduce the figure; empty when it does."""
        if self.tolerance > TOLERANCE:
            return f"was made with a tolerance of {self.tolerance:g} points, more than {TOLERANCE:g}"
        verdict = self.judged(self.published, TOLERANCE)
        good = verdict in {Verdict.REPRODUCED, Verdict.CONSISTENT}
        return "" if good else f"is {verdict.value} about {self.metric}"

    def _contradiction_of_interval(self, correct: int, images: int, split: int) -> str:
        if images == split:
            return "" if self.interval is None else "an interval, though the whole split was evaluated"
        if self.interval is None:
            return "no interval, though only a part was evaluated"
        low, high = self.interval
        least, most = 100 * correct / split, 100 * (correct + split - images) / split
        if least - _WRITTEN_DIGITS <= low <= high <= most + _WRITTEN_DIGITS:
            return ""
        return f"the interval from {low:g} to {high:g} holds what {correct:,} of {images:,} images rule out"

    @property
    def _counts_are_possible(self) -> bool:
        return bool(self.images) and 0 <= (self.correct or 0) <= (self.images or 0) <= (self.split or 0)

    @staticmethod
    def _exact(percent: float, split: int) -> float:
        """The share of a split that a percentage was rounded from: it decides at the edge of the tolerance."""
        share = 100 * round(percent * split / 100) / split
        return share if abs(share - percent) <= _WRITTEN_DIGITS else percent


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
        Of what the card claimed then, see `hubtool.card.digest`.
    overrides
        Keys of the recipe that `--recipe` set against the card.
    images, known_split_images
        In the dataset as it was given, and in the split that figures on it are about; None where that is not known.
    """

    path: Path
    uid: str
    variant: str | None
    asset_sha256: str
    claims_sha256: str
    measurements: tuple[Measurement, ...]
    overrides: tuple[str, ...]
    images: int
    known_split_images: int | None

    @property
    def stem(self) -> str:
        """The card's file name without its suffix."""
        return self.uid.rpartition("/")[2]

    @property
    def contradiction(self) -> str:
        """What in it cannot be true together; empty when all of it can."""
        for measurement in self.measurements:
            if problem := measurement.contradiction:
                return f"{measurement.metric}: {problem}"
            if measurement.split not in {None, self.images}:
                return f"{measurement.metric}: of {measurement.split:,} images, the dataset has {self.images:,}"
        return ""

    def is_about(self, claims: Sequence[Claim]) -> bool:
        """Whether these are the figures that it was made for."""
        return [(m.metric, m.published) for m in self.measurements] == [(m.name, m.value) for m in claims]

    @property
    def contradicted(self) -> list[Measurement]:
        """The figures that it shows to be wrong; none when images were prepared otherwise than the card says."""
        if self.overrides:
            return []
        return [m for m in self.measurements if m.judged(m.published, m.tolerance) is Verdict.MISMATCH]

    @property
    def shortcoming(self) -> str:
        """Why it does not reproduce the figures as the card claims them; empty when it does."""
        if self.contradiction:
            return "contradicts itself"
        if self.overrides:
            return f"was made with --recipe {', '.join(self.overrides)}"
        if self.known_split_images not in {None, self.images}:
            return f"is about {self.images:,} images, the dataset's split has {self.known_split_images:,}"
        run = [m for m in self.measurements if m.correct is not None]
        if not run:
            return "measured none of them"
        return next(filter(None, (m.shortcoming for m in run)), "")


def read_statement(path: Path) -> Statement | None:
    """What a file of evidence says; None for a statement of another kind, which is not hubtool's to judge.

    Raises
    ------
    BadStatement
        It cannot be read, or is no evidence.
    """
    try:
        document = json.loads(read_regular(path, _LARGEST_BYTES))
    except OSError as error:
        raise BadStatement(f"cannot be read: {error.strerror or error}") from error
    except json.JSONDecodeError as error:
        place = Span(error.lineno, error.colno, error.lineno, error.colno + 1)
        raise BadStatement(f"not JSON ({error.msg})", place) from error
    except (ValueError, RecursionError) as error:
        raise BadStatement(f"not JSON ({error})") from error
    if _value(document, "predicateType", str) != PREDICATE_TYPE:
        return None
    return _statement(path, document)


def _statement(path: Path, document: Any) -> Statement:
    claims = _value(document, "predicate.claims", list)
    return Statement(
        path,
        _value(document, "predicate.card.uid", str),
        _value(document, "predicate.card.variant", str, _NONE),
        _value(document, "subject.0.digest.sha256", str),
        _value(document, "predicate.card.claims_sha256", str),
        tuple(_measurement(document, f"predicate.claims.{number}") for number in range(len(claims))),
        tuple(sorted(map(str, _value(document, "predicate.recipe_overrides", dict)))),
        _value(document, "predicate.dataset.images", int),
        _value(document, "predicate.dataset.known_split_images", int, _NONE),
    )


def _measurement(document: Any, place: str) -> Measurement:
    measured = _value(document, f"{place}.measured", *_NUMBER, _NONE)
    interval = None
    if _value(document, f"{place}.interval", list, _NONE) is not None:
        interval = (
            float(_value(document, f"{place}.interval.0", *_NUMBER)),
            float(_value(document, f"{place}.interval.1", *_NUMBER)),
        )
    return Measurement(
        _value(document, f"{place}.metric", str),
        float(_value(document, f"{place}.published", *_NUMBER)),
        None if measured is None else float(measured),
        _value(document, f"{place}.correct", int, _NONE),
        _value(document, f"{place}.images", int, _NONE),
        _value(document, f"{place}.dataset_images", int, _NONE),
        interval,
        float(_value(document, f"{place}.tolerance", *_NUMBER)),
        _value(document, f"{place}.verdict", str),
    )


def _value(document: Any, place: str, *types: type) -> Any:
    """What stands at a place, of one of the types and finite. Raises BadStatement."""
    value = document
    for key in place.split("."):
        try:
            value = value[int(key) if isinstance(value, list) else key]
        except (KeyError, IndexError, TypeError, ValueError):
            raise BadStatement(f"no evidence: {place} is missing") from None
    if type(value) not in types or (type(value) in _NUMBER and not abs(value) < _LARGEST_NUMBER):
        raise BadStatement(f"no evidence: {place} is not what it should be")
    return value
