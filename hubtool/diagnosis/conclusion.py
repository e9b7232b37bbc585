"""Which suspects explain published figures: counts of a sample to statements that hold together.

All intervals of a diagnosis hold at once with 99 %: each has 1 - 0.01/m, where m counts suspects and figures
(Bonferroni; the evaluation as it was done is one of the candidates). So with 99 % certainty the suspect that made
the figures is among those that are named, if it is among the suspects at all, and what is excluded is excluded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from hubtool.evidence.interval import CONFIDENCE, exact_interval
from hubtool.evidence.verdict import ROUNDING, TOLERANCE, WIDEST_CONSISTENT

_SAME_POINTS = 1e-9
"""Sums of the same differences in another order are no more apart than that."""


class Finding(str, Enum):
    """What a sample says of a suspect."""

    EXPLAINS = "explains"
    EXCLUDED = "excluded"
    UNDECIDED = "undecided"
    NOT_RUN = "not-run"


@dataclass(frozen=True, slots=True)
class Sample:
    """What was counted, for one figure.

    Attributes
    ----------
    correct, gained, lost
        Images of the sample that the suspect gets right; those of them that the evaluation as it was done gets
        wrong; and those that only the latter gets right.
    images, split
        In the sample, and in the whole split.
    whole
        Images of the whole split that the evaluation as it was done gets right, where it covered all.
    unreadable
        Images drawn beside these that could not be decoded: whether they are right is not known.
    """

    correct: int
    gained: int
    lost: int
    images: int
    split: int
    whole: int | None = None
    unreadable: int = 0

    def accuracy(self) -> float:
        """The best guess at the split's accuracy under the suspect, in percent."""
        if self.whole is None or self.images == self.split:
            return 100 * self.correct / self.images
        guess = self.whole / self.split + (self.gained - self.lost) / self.images
        return 100 * min(max(guess, 0.0), 1.0)

    def interval(self, confidence: float) -> tuple[float, float]:
        """Interval for the split's accuracy under the suspect, in percent.

        Where the whole split is known as evaluated, only the images that change sides are uncertain: gains and
        losses have an exact interval each, both with half of the error. That is far narrower than an interval
        from the sample's accuracy alone, since most images are right, or wrong, either way.
        """
        if self.whole is None or self.images == self.split:
            return exact_interval(self.correct, self.images, self.split, confidence, unknown=self.unreadable)
        half = (1 + confidence) / 2
        gained = exact_interval(self.gained, self.images, self.split, half)
        lost = exact_interval(self.lost, self.images, self.split, half)
        known = 100 * self.whole / self.split
        return max(0.0, known + gained[0] - lost[1]), min(100.0, known + gained[1] - lost[0])


@dataclass(frozen=True, slots=True)
class Figure:
    """A published figure under a suspect; `finding` is never `not-run`."""

    metric: str
    published: float
    measured: float
    interval: tuple[float, float]
    finding: Finding

    def to_json(self) -> dict[str, object]:
        """The figure as `hubtool verify --json` prints it."""
        return {
            "metric": self.metric,
            "published": self.published,
            "measured": round(self.measured, 4),
            "interval": [round(end, 4) for end in self.interval],
            "finding": self.finding.value,
        }


@dataclass(frozen=True, slots=True)
class Tried:
    """A suspect and its figures; `reason` says why there are none."""

    key: str
    what: str
    figures: tuple[Figure, ...]
    recipe: Mapping[str, object] | None = None
    reason: str = ""

    @property
    def finding(self) -> Finding:
        """One figure that is excluded clears the suspect; it explains them only all together."""
        found = {figure.finding for figure in self.figures}
        for finding in (Finding.EXCLUDED, Finding.UNDECIDED, Finding.EXPLAINS):
            if finding in found:
                return finding
        return Finding.NOT_RUN

    @property
    def distance(self) -> float:
        """How far the best guesses are from the published figures, in points."""
        return sum(abs(figure.measured - figure.published) for figure in self.figures)

    def to_json(self) -> dict[str, object]:
        """The suspect as `hubtool verify --json` prints it."""
        return {
            "key": self.key,
            "what": self.what,
            "finding": self.finding.value,
            "figures": [figure.to_json() for figure in self.figures],
            "recipe": self.recipe,
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What explains the published figures, and what does not.

    Attributes
    ----------
    as_evaluated
        The evaluation as it was done, on the same sample.
    suspects
        In the order they were tried.
    images, split
        In the sample, and in the whole split.
    """

    as_evaluated: Tried
    suspects: tuple[Tried, ...]
    images: int
    split: int
    seed: int

    @property
    def explained_by(self) -> list[Tried]:
        """The suspects that explain all figures, closest first; none while no suspect is needed."""
        if self.as_evaluated.finding is not Finding.EXCLUDED:
            return []
        return sorted((s for s in self.suspects if s.finding is Finding.EXPLAINS), key=lambda s: s.distance)

    @property
    def sentences(self) -> list[str]:
        """The diagnosis in words, the conclusion first."""
        figures = " and ".join(f"{f.metric} {f.published:g}" for f in self.as_evaluated.figures)
        looked = f"{self.images:,} of {self.split:,} images"
        said = []
        named = self.explained_by
        undecided = [s.what for s in self.suspects if s.finding is Finding.UNDECIDED]
        tried = sum(suspect.finding is not Finding.NOT_RUN for suspect in self.suspects)
        if self.as_evaluated.finding is not Finding.EXCLUDED:
            said.append(f"{looked}, drawn afresh, do not rule {figures} out as evaluated: diagnose more images")
        elif not named and undecided:
            said.append(f"{looked} do not tell whether a suspect explains {figures}: diagnose more images")
        elif not named:
            said.append(f"none of {tried} suspects explains {figures} ({looked})")
        elif len(named) == 1:
            said.append(f"{named[0].what} explains {figures} ({looked})")
        else:
            apart = "; diagnose more images to tell them apart" if self.images < self.split else ""
            said.append(f"{len(named)} of {tried} suspects explain {figures}, closest first ({looked}){apart}")
        said += [_would_give(suspect) for suspect in named] or self._closest()
        said.append(_would_give(self.as_evaluated))
        if undecided and self.as_evaluated.finding is Finding.EXCLUDED:
            said.append(f"undecided, for want of images: {', '.join(undecided)}")
        said += [f"not tried: {s.what}: {s.reason}" for s in self.suspects if s.finding is Finding.NOT_RUN]
        return said

    def _closest(self) -> list[str]:
        """The suspect that comes closest, while none explains the figures; of several that tie none is picked."""
        judged = [suspect for suspect in self.suspects if suspect.figures]
        least = min((suspect.distance for suspect in judged), default=0.0)
        closest = [suspect for suspect in judged if suspect.distance <= least + _SAME_POINTS]
        if len(closest) == 1:
            return [_would_give(closest[0])]
        return [f"none is closest: {len(closest)} come equally close"] if closest else []

    def to_json(self) -> dict[str, object]:
        """The diagnosis as `hubtool verify --json` prints it."""
        return {
            "explained_by": [suspect.key for suspect in self.explained_by],
            "conclusion": self.sentences[0],
            "images": self.images,
            "dataset_images": self.split,
            "seed": self.seed,
            "confidence": CONFIDENCE,
            "as_evaluated": self.as_evaluated.to_json(),
            "suspects": [suspect.to_json() for suspect in self.suspects],
        }


def each_confidence(candidates: int, figures: int) -> float:
    """Confidence of one interval, so that all of them hold at once with 99 %."""
    return 1 - (1 - CONFIDENCE) / (candidates * figures)


def figure(metric: str, published: float, sample: Sample, confidence: float) -> Figure:
    """Judge a published figure under a suspect: as `hubtool.evidence.judge` judges a claim."""
    low, high = interval = sample.interval(confidence)
    measured = sample.accuracy()
    if sample.images == sample.split:
        fits = round(abs(measured - published), 9) <= TOLERANCE
    else:
        fits = low - ROUNDING <= published <= high + ROUNDING
    finding = Finding.EXCLUDED
    if fits:
        finding = Finding.UNDECIDED if high - low > WIDEST_CONSISTENT else Finding.EXPLAINS
    return Figure(metric, published, measured, interval, finding)


def _would_give(tried: Tried) -> str:
    return f"{tried.what}: {_listed(tried.figures)}"


def _listed(figures: Sequence[Figure]) -> str:
    return ", ".join(_figure_text(f) for f in figures)


def _figure_text(f: Figure) -> str:
    low, high = f.interval
    said = f"{f.metric} {f.measured:.2f}" if low == high else f"{f.metric} {f.measured:.2f} ({low:.2f} to {high:.2f})"
    return f"{said}, {'without' if f.finding is Finding.EXCLUDED else 'which fits'} {f.published:g}"
