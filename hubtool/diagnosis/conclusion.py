"""Which hypotheses explain published figures: counts of a sample to statements that hold together.

All intervals of a diagnosis hold at once with 99 %: each has 1 - 0.01/m, where m counts hypotheses and figures
(Bonferroni; the evaluation as it was done is one of the candidates). So with 99 % certainty the hypothesis that made
the figures is among those that are named, if it is among the hypotheses at all, and what is excluded is excluded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from hubtool.evidence.interval import CONFIDENCE, exact_interval
from hubtool.evidence.verdict import ROUNDING, TOLERANCE, WIDEST_CONSISTENT

_SAME_POINTS = 1e-9
"""Sums of the same differences in another order are no more apart than that."""


class Standing(str, Enum):
    """What a sample says about a hypothesis."""

    EXPLAINS = "explains"
    EXCLUDED = "excluded"
    UNDECIDED = "undecided"
    NOT_RUN = "not-run"


@dataclass(frozen=True, slots=True)
class SampleCounts:
    """What was counted, for one figure.

    Attributes
    ----------
    correct, gained, lost
        Images of the sample that the hypothesis gets right; those of them that the evaluation as it was done gets
        wrong; and those that only the latter gets right.
    images, split_size
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
    split_size: int
    whole: int | None = None
    unreadable: int = 0

    def accuracy(self) -> float:
        """The best guess at the split's accuracy under the hypothesis, in percent."""
        if self.whole is None or self.images == self.split_size:
            return 100 * self.correct / self.images
        guess = self.whole / self.split_size + (self.gained - self.lost) / self.images
        return 100 * min(max(guess, 0.0), 1.0)

    def interval(self, confidence: float) -> tuple[float, float]:
        """Interval for the split's accuracy under the hypothesis, in percent.

        Where the whole split is known as evaluated, only the images that change sides are uncertain: gains and
        losses have an exact interval each, both with half of the error. That is far narrower than an interval
        from the sample's accuracy alone, since most images are right, or wrong, either way.
        """
        if self.whole is None or self.images == self.split_size:
            return exact_interval(self.correct, self.images, self.split_size, confidence, unknown=self.unreadable)
        half = (1 + confidence) / 2
        gained = exact_interval(self.gained, self.images, self.split_size, half)
        lost = exact_interval(self.lost, self.images, self.split_size, half)
        known = 100 * self.whole / self.split_size
        return max(0.0, known + gained[0] - lost[1]), min(100.0, known + gained[1] - lost[0])


@dataclass(frozen=True, slots=True)
class Figure:
    """A published figure under a hypothesis; `finding` is never `not-run`."""

    metric: str
    published: float
    measured: float
    interval: tuple[float, float]
    finding: Standing

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
    """A hypothesis and its figures; `reason` says why there are none."""

    key: str
    what: str
    figures: tuple[Figure, ...]
    recipe: Mapping[str, object] | None = None
    reason: str = ""

    @property
    def finding(self) -> Standing:
        """One figure that is excluded rules the hypothesis out; it explains them only all together."""
        found = {figure.finding for figure in self.figures}
        for standing in (Standing.EXCLUDED, Standing.UNDECIDED, Standing.EXPLAINS):
            if standing in found:
                return standing
        return Standing.NOT_RUN

    @property
    def distance(self) -> float:
        """How far the best guesses are from the published figures, in points."""
        return sum(abs(figure.measured - figure.published) for figure in self.figures)

    def to_json(self) -> dict[str, object]:
        """The hypothesis as `hubtool verify --json` prints it."""
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
    hypotheses
        In the order they were tried.
    images, split_size
        In the sample, and in the whole split.
    """

    as_evaluated: Tried
    hypotheses: tuple[Tried, ...]
    images: int
    split_size: int
    seed: int

    @property
    def explained_by(self) -> list[Tried]:
        """The hypotheses that explain all figures, closest first; none while no hypothesis is needed."""
        if self.as_evaluated.finding is not Standing.EXCLUDED:
            return []
        return sorted((s for s in self.hypotheses if s.finding is Standing.EXPLAINS), key=lambda s: s.distance)

    @property
    def sentences(self) -> list[str]:
        """The diagnosis in words, the conclusion first."""
        figures = " and ".join(f"{f.metric} {f.published:g}" for f in self.as_evaluated.figures)
        looked = f"{self.images:,} of {self.split_size:,} images"
        said = []
        named = self.explained_by
        undecided = [s.what for s in self.hypotheses if s.finding is Standing.UNDECIDED]
        tried = sum(hypothesis.finding is not Standing.NOT_RUN for hypothesis in self.hypotheses)
        if self.as_evaluated.finding is not Standing.EXCLUDED:
            said.append(f"{looked}, newly drawn, do not rule {figures} out as evaluated: diagnose more images")
        elif not named and undecided:
            said.append(f"{looked} do not tell whether a hypothesis explains {figures}: diagnose more images")
        elif not named:
            said.append(f"none of {tried} hypotheses explains {figures} ({looked})")
        elif len(named) == 1:
            said.append(f"{named[0].what} explains {figures} ({looked})")
        else:
            apart = "; diagnose more images to tell them apart" if self.images < self.split_size else ""
            said.append(f"{len(named)} of {tried} hypotheses explain {figures}, closest first ({looked}){apart}")
        said += [_would_give(hypothesis) for hypothesis in named] or self._closest()
        said.append(_would_give(self.as_evaluated))
        if undecided and self.as_evaluated.finding is Standing.EXCLUDED:
            said.append(f"undecided, too few images: {', '.join(undecided)}")
        said += [f"not tried: {s.what}: {s.reason}" for s in self.hypotheses if s.finding is Standing.NOT_RUN]
        return said

    def _closest(self) -> list[str]:
        """The hypothesis that comes closest, while none explains the figures; of several that tie none is picked."""
        judged = [hypothesis for hypothesis in self.hypotheses if hypothesis.figures]
        least = min((hypothesis.distance for hypothesis in judged), default=0.0)
        closest = [hypothesis for hypothesis in judged if hypothesis.distance <= least + _SAME_POINTS]
        if len(closest) == 1:
            return [_would_give(closest[0])]
        return [f"none is closest: {len(closest)} come equally close"] if closest else []

    def to_json(self) -> dict[str, object]:
        """The diagnosis as `hubtool verify --json` prints it."""
        return {
            "explained_by": [hypothesis.key for hypothesis in self.explained_by],
            "conclusion": self.sentences[0],
            "images": self.images,
            "dataset_images": self.split_size,
            "seed": self.seed,
            "confidence": CONFIDENCE,
            "as_evaluated": self.as_evaluated.to_json(),
            "suspects": [hypothesis.to_json() for hypothesis in self.hypotheses],
        }


def each_confidence(candidates: int, figures: int) -> float:
    """Confidence of one interval, so that all of them hold at once with 99 %."""
    return 1 - (1 - CONFIDENCE) / (candidates * figures)


def figure(metric: str, published: float, sample: SampleCounts, confidence: float) -> Figure:
    """Judge a published figure under a hypothesis: as `hubtool.evidence.judge` judges a claim."""
    low, high = interval = sample.interval(confidence)
    measured = sample.accuracy()
    if sample.images == sample.split_size:
        fits = round(abs(measured - published), 9) <= TOLERANCE
    else:
        fits = low - ROUNDING <= published <= high + ROUNDING
    finding = Standing.EXCLUDED
    if fits:
        finding = Standing.UNDECIDED if high - low > WIDEST_CONSISTENT else Standing.EXPLAINS
    return Figure(metric, published, measured, interval, finding)


def _would_give(tried: Tried) -> str:
    return f"{tried.what}: {_listed(tried.figures)}"


def _listed(figures: Sequence[Figure]) -> str:
    return ", ".join(_figure_text(f) for f in figures)


def _figure_text(f: Figure) -> str:
    low, high = f.interval
    said = f"{f.metric} {f.measured:.2f}" if low == high else f"{f.metric} {f.measured:.2f} ({low:.2f} to {high:.2f})"
    return f"{said}, {'without' if f.finding is Standing.EXCLUDED else 'which fits'} {f.published:g}"
