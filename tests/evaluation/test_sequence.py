from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from itertools import combinations
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubtool.evaluation.early_stop import EarlyStop
from hubtool.evaluation.sequence import ConfidenceSequence, totals
from hubtool.evaluation.topk import TOP_K

np = pytest.importorskip("numpy")
ALPHA = 0.01


def posterior(total: int, correct: int, images: int, split: int) -> Fraction:
    return Fraction(comb(total, correct) * comb(split - total, images - correct), comb(split + 1, images + 1))


def test_the_set_is_that_of_exact_arithmetic() -> None:
    for split in range(1, 31):
        for images in range(split + 1):
            for correct in range(images + 1):
                possible = range(correct, correct + split - images + 1)
                inside = [k for k in possible if posterior(k, correct, images, split) > Fraction(1, 100 * (split + 1))]
                assert inside == list(range(inside[0], inside[-1] + 1))
                assert totals(correct, images, split, ALPHA) == (inside[0], inside[-1])


def test_for_the_true_total_the_ratio_does_not_grow_on_average() -> None:
    """E[ratio after one more image | ratio now] <= ratio now, which is what Ville's inequality asks for; exact."""
    split = 12

    def ratio(total: int, correct: int, images: int) -> Fraction:
        return 1 / (posterior(total, correct, images, split) * (split + 1))

    for total in range(split + 1):
        assert ratio(total, 0, 0) == 1
        for images in range(split):
            for correct in range(max(0, images - split + total), min(total, images) + 1):
                chance = Fraction(total - correct, split - images)
                mean = sum(
                    probability * ratio(total, correct + answer, images + 1)
                    for answer, probability in ((1, chance), (0, 1 - chance))
                    if probability
                )
                assert mean <= ratio(total, correct, images)
                assert mean == ratio(total, correct, images) or chance in {0, 1}


@pytest.mark.parametrize("confidence", [0.99, 0.5])
def test_no_truth_of_a_tiny_split_is_missed_more_often_than_promised(confidence: float) -> None:
    """Every order in which the images of a split can come, looked at after every image."""
    split = 11
    for total in range(split + 1):
        orders = list(combinations(range(split), total))
        missed = sum(_is_ever_missed(set(order), total, split, 1 - confidence) for order in orders)
        assert missed <= (1 - confidence) * len(orders)


def _is_ever_missed(right: set[int], total: int, split: int, alpha: float) -> bool:
    correct = 0
    for images in range(1, split + 1):
        correct += images - 1 in right
        low, high = _totals(correct, images, split, alpha)
        if not low <= total <= high:
            return True
    return False


@cache
def _totals(correct: int, images: int, split: int, alpha: float) -> tuple[int, int]:
    return totals(correct, images, split, alpha)


@pytest.mark.parametrize("percent", [0, 2, 50, 76.5, 99.5])
def test_coverage_over_time(percent: float) -> None:
    """2,000 simulated splits, looked at after every image until the last."""
    split, draws = 200, 2000
    total = round(split * percent / 100)
    random = np.random.default_rng(1)
    right = np.arange(split) < total
    missed = 0
    for _ in range(draws):
        seen = np.cumsum(random.permutation(right)).tolist()
        intervals = (_totals(correct, images, split, ALPHA) for images, correct in enumerate(seen, start=1))
        missed += not all(low <= total <= high for low, high in intervals)
    # 1 % of 2,000 is 20; with 39 the chance of a false alarm is under 1 in 10,000.
    assert missed <= 39


@st.composite
def runs(draw: st.DrawFn) -> tuple[int, list[tuple[int, int]]]:
    """A split, and (correct, images) after each of its batches."""
    answers = draw(st.lists(st.booleans(), min_size=1, max_size=200))
    size = draw(st.integers(1, len(answers)))
    ends = [*range(size, len(answers), size), len(answers)]
    return len(answers), [(sum(answers[:end]), end) for end in ends]


@given(runs())
def test_invariants(run: tuple[int, list[tuple[int, int]]]) -> None:
    split, looks = run
    sequence = ConfidenceSequence(split)
    assert sequence.interval == (0, 100)
    low, high = 0.0, 100.0
    for correct, images in looks:
        sequence.update(correct, images)
        now_low, now_high = totals(correct, images, split, ALPHA)
        assert correct <= now_low <= now_high <= correct + split - images
        assert now_low <= max(split * correct // images, correct) <= now_high
        new_low, new_high = sequence.interval
        if max(low, 100 * now_low / split) <= min(high, 100 * now_high / split):
            assert low <= new_low <= new_high <= high
        else:
            assert (new_low, new_high) == (100 * now_low / split, 100 * now_high / split)
        low, high = new_low, new_high
    assert sequence.interval == (100 * looks[-1][0] / split,) * 2


def _stops_at(
    answers: Sequence[bool], claims: list[tuple[int, float]], tolerance: float = 0.1, batch: int = 32
) -> tuple[int, EarlyStop]:
    """How many images a run takes in which top-1 and top-5 have the same answers."""
    stop = EarlyStop(claims, len(answers), tolerance)
    correct = 0
    for start in range(0, len(answers), batch):
        correct += int(np.sum(answers[start : start + batch]))
        images = min(start + batch, len(answers))
        if stop(dict.fromkeys(TOP_K, correct), images):
            return images, stop
    raise AssertionError("the whole split settles every claim")


def test_a_checkpoint_that_does_not_belong_is_refuted_within_64_images() -> None:
    """Top-1 of 0.1 % and top-5 of 0.5 %, as of random weights, where the card publishes 76.85 and 93.24."""
    random = np.random.default_rng(2)
    for _ in range(200):
        top5 = random.permutation(np.arange(50_000) < 250)
        images, stop = _stops_at(top5, [(1, 76.85), (5, 93.24)])
        assert images <= 64
        assert stop.intervals[1][1] < 76.75


def test_a_true_claim_is_seldom_refuted_and_settled_before_the_end() -> None:
    """2,000 simulated splits of 2,000 images: refuted at most in 1 % of them, whenever they stop."""
    split, draws, tolerance = 2000, 2000, 2.0
    random = np.random.default_rng(3)
    refuted, ends = 0, []
    answers = np.arange(split) < 1537
    for _ in range(draws):
        images, stop = _stops_at(random.permutation(answers), [(1, 76.85)], tolerance, batch=100)
        low, high = stop.intervals[1]
        refuted += low > 76.85 + tolerance or high < 76.85 - tolerance
        ends.append(images)
    assert refuted <= 39
    assert np.mean(ends) < 0.9 * split


@pytest.mark.parametrize("published", [79.85, 73.85])
def test_a_claim_that_is_three_points_off_is_refuted_before_the_end(published: float) -> None:
    answers = np.random.default_rng(4).permutation(np.arange(50_000) < 38_425)  # 76.85
    images, stop = _stops_at(answers, [(1, published)])
    assert images < 10_000
    low, high = stop.intervals[1]
    assert low <= 76.85 <= high
    assert not low - 0.1 <= published <= high + 0.1


def test_every_claim_has_to_be_settled() -> None:
    answers = np.random.default_rng(5).permutation(np.arange(5000) < 3843)
    alone, _ = _stops_at(answers, [(1, 20.0)])
    both, stop = _stops_at(answers, [(1, 20.0), (5, 76.86)])
    assert alone == 32
    assert both > 4000
    assert stop.intervals[5][1] - stop.intervals[5][0] <= 0.2


@pytest.mark.parametrize("truth", [False, True])
def test_coverage_where_images_are_unreadable(truth: bool) -> None:
    """1,000 simulated splits: the truth is missed at most in 1 % of them, also if all left out are wrong, or right."""
    split, unreadable, draws = 200, 30, 1000
    random = np.random.default_rng(6)
    answers = np.arange(split) % 5 > 0
    answers[:unreadable] = truth
    accuracy, skip, missed = 100 * answers.sum() / split, set(range(unreadable)), 0
    for _ in range(draws):
        order = random.permutation(split).tolist()
        stop = EarlyStop([(1, 0.0)], split, order=order, skip=skip)
        seen = np.cumsum([answers[index] for index in order if index not in skip])
        held = True
        for images in range(10, len(seen) + 1, 10):
            stop(dict.fromkeys(TOP_K, int(seen[images - 1])), images)
            low, high = stop.intervals[1]
            held &= low <= accuracy <= high
        missed += not held
    assert missed <= 23
