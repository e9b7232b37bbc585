"""The arithmetic of a diagnosis."""

from __future__ import annotations

import pytest

from hubtool.diagnosis.conclusion import Diagnosis, SampleCounts, Standing, Tried, each_confidence, figure
from hubtool.evidence.interval import exact_interval

np = pytest.importorskip("numpy")


def test_all_intervals_hold_at_once() -> None:
    assert each_confidence(candidates=1, figures=1) == pytest.approx(0.99)
    assert each_confidence(candidates=20, figures=2) == pytest.approx(1 - 0.01 / 40)


def test_what_changes_sides_is_all_that_is_uncertain() -> None:
    """512 of 50,000 images of which 9 change sides: half of the width of what the sample alone would tell."""
    sample = SampleCounts(correct=392, gained=8, lost=1, images=512, split_size=50_000, whole=37_500)
    assert sample.accuracy() == pytest.approx(75 + 100 * 7 / 512)
    low, high = sample.interval(0.9995)
    wide = exact_interval(392, 512, 50_000, 0.9995)
    assert low < sample.accuracy() < high
    assert high - low < 0.51 * (wide[1] - wide[0])


def test_without_the_whole_split_the_sample_speaks_for_itself() -> None:
    sample = SampleCounts(correct=392, gained=8, lost=1, images=512, split_size=50_000)
    assert sample.interval(0.99) == exact_interval(392, 512, 50_000, 0.99)
    assert sample.accuracy() == pytest.approx(100 * 392 / 512)


def test_a_whole_split_leaves_a_point() -> None:
    sample = SampleCounts(correct=50, gained=10, lost=0, images=64, split_size=64, whole=40)
    assert sample.interval(0.99) == (100 * 50 / 64, 100 * 50 / 64)


@pytest.mark.parametrize("confidence", [0.9, 0.99])
@pytest.mark.parametrize(("gains", "losses"), [(60, 20), (5, 0), (300, 290)])
def test_paired_intervals_hold_as_often_as_they_promise(confidence: float, gains: int, losses: int) -> None:
    """Samples drawn from a split in which it is known what a hypothesis changes."""
    split, right, size, rounds = 2000, 1500, 200, 400
    before = np.arange(split) < right
    now = before.copy()
    now[:losses] = False
    now[right : right + gains] = True
    random = np.random.default_rng(0)
    held = 0
    for _ in range(rounds):
        drawn = random.choice(split, size, replace=False)
        b, n = before[drawn], now[drawn]
        sample = SampleCounts(int(n.sum()), int((n & ~b).sum()), int((b & ~n).sum()), size, split, right)
        low, high = sample.interval(confidence)
        held += low <= 100 * now.sum() / split <= high
    assert held / rounds >= confidence


@pytest.mark.parametrize(
    ("sample", "published", "finding"),
    [
        (SampleCounts(76, 0, 0, 100, 100), 76.1, Standing.EXPLAINS),
        (SampleCounts(76, 0, 0, 100, 100), 76.11, Standing.EXCLUDED),
        (SampleCounts(390, 8, 1, 512, 50_000, 37_500), 76.85, Standing.EXPLAINS),
        (SampleCounts(383, 1, 1, 512, 50_000, 37_500), 78.5, Standing.EXCLUDED),
        (SampleCounts(12, 0, 0, 16, 50_000), 76.85, Standing.UNDECIDED),
    ],
)
def test_findings(sample: SampleCounts, published: float, finding: Standing) -> None:
    assert figure("top1", published, sample, 0.9995).finding is finding


def test_the_best_guess_is_a_percentage() -> None:
    assert SampleCounts(correct=12, gained=12, lost=0, images=12, split_size=64, whole=4).accuracy() == 100
    assert SampleCounts(correct=0, gained=0, lost=12, images=12, split_size=64, whole=4).accuracy() == 0


def test_a_hypothesis_that_is_undecided_is_not_called_none() -> None:
    unsure = Tried("a", "what a does", (figure("top1", 90.0, SampleCounts(11, 10, 0, 12, 64, 4), 0.99),))
    sentences = Diagnosis(tried("", 70), (unsure, tried("b", 60)), images=12, split_size=64, seed=0).sentences
    assert sentences[0] == "12 of 64 images do not tell whether a hypothesis explains top1 90: diagnose more images"
    assert sentences[-1] == "undecided, too few images: what a does"


def tried(key: str, correct: int) -> Tried:
    return Tried(key, f"what {key} does", (figure("top1", 90.0, SampleCounts(correct, 0, 0, 100, 100), 0.99),))


@pytest.mark.parametrize(
    ("correct", "said"),
    [
        ((70, 75, 60), "what b does: top1 75.00, without 90"),
        ((70, 70, 60), "none is closest: 2 come equally close"),
        ((85, 95, 60), "none is closest: 2 come equally close"),
    ],
)
def test_of_hypotheses_that_tie_none_is_called_the_closest(correct: tuple[int, ...], said: str) -> None:
    hypotheses = tuple(tried(key, count) for key, count in zip("abc", correct, strict=True))
    diagnosis = Diagnosis(tried("", 70), hypotheses, images=100, split_size=100, seed=0)
    assert diagnosis.sentences[:2] == ["none of 3 hypotheses explains top1 90 (100 of 100 images)", said]
