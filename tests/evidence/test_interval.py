from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubtool.evidence.interval import exact_interval

np = pytest.importorskip("numpy")


@st.composite
def parts(draw: st.DrawFn) -> tuple[int, int, int]:
    split = draw(st.integers(1, 300))
    images = draw(st.integers(1, split))
    return draw(st.integers(0, images)), images, split


@given(parts())
def test_the_interval_holds_what_was_seen_and_what_is_possible(part: tuple[int, int, int]) -> None:
    correct, images, split = part
    low, high = exact_interval(correct, images, split)
    assert 0 <= low <= high <= 100
    possible = [100 * total / split for total in range(correct, correct + split - images + 1)]
    assert possible[0] <= low <= high <= possible[-1]


@given(parts())
def test_right_and_wrong_answers_are_treated_alike(part: tuple[int, int, int]) -> None:
    correct, images, split = part
    low, high = exact_interval(correct, images, split)
    mirrored = exact_interval(images - correct, images, split)
    assert mirrored == (pytest.approx(100 - high), pytest.approx(100 - low))


@given(parts(), st.data())
def test_unknown_answers_may_be_all_wrong_or_all_right(part: tuple[int, int, int], data: st.DataObject) -> None:
    correct, images, split = part
    unknown = data.draw(st.integers(0, split - images))
    low, high = exact_interval(correct, images, split, unknown=unknown)
    for right in range(unknown + 1):
        known_low, known_high = exact_interval(correct + right, images + unknown, split)
        assert low <= known_low <= known_high <= high
    assert low == exact_interval(correct, images + unknown, split)[0]
    assert high == exact_interval(correct + unknown, images + unknown, split)[1]


def test_a_whole_split_leaves_no_doubt() -> None:
    assert exact_interval(354, 360, 360) == (pytest.approx(100 * 354 / 360), pytest.approx(100 * 354 / 360))


def test_against_scipy() -> None:
    hypergeom = pytest.importorskip("scipy.stats").hypergeom
    for split in (1, 2, 7, 20):
        for images in range(1, split + 1):
            for correct in range(images + 1):
                totals = np.arange(correct, correct + split - images + 1)
                upper = hypergeom.sf(correct - 1, split, totals, images)
                lower = hypergeom.cdf(correct, split, totals, images)
                inside = totals[(upper > 0.005) & (lower > 0.005)]
                expected = (100 * inside[0] / split, 100 * inside[-1] / split)
                assert exact_interval(correct, images, split) == pytest.approx(expected)


@pytest.mark.parametrize(("correct", "images"), [(1537, 2000), (0, 30_000), (19_000, 25_000), (49_990, 49_999)])
def test_against_scipy_at_the_size_of_imagenet(correct: int, images: int) -> None:
    hypergeom = pytest.importorskip("scipy.stats").hypergeom
    split = 50_000
    low, high = (round(end * split / 100) for end in exact_interval(correct, images, split))
    assert hypergeom.sf(correct - 1, split, low, images) > 0.005
    assert low == correct or hypergeom.sf(correct - 1, split, low - 1, images) <= 0.005
    assert hypergeom.cdf(correct, split, high, images) > 0.005
    assert high == correct + split - images or hypergeom.cdf(correct, split, high + 1, images) <= 0.005


@pytest.mark.parametrize(("true", "images"), [(354, 60), (354, 200), (180, 90), (276, 30)])
def test_the_interval_misses_the_truth_at_most_as_often_as_promised(true: int, images: int) -> None:
    split, draws = 360, 4000
    random = np.random.default_rng(0)
    seen = random.hypergeometric(true, split - true, images, draws)
    intervals = {int(x): exact_interval(int(x), images, split) for x in set(seen)}
    missed = sum(not intervals[int(x)][0] <= 100 * true / split <= intervals[int(x)][1] for x in seen)
    # 1 % of 4,000 is 40; with 66 the chance of a false alarm is under 1 in 10,000.
    assert missed <= 66


def test_imagenet_sizes_are_quick_and_sensible() -> None:
    low, high = exact_interval(1537, 2000, 50_000)
    assert (low, high) == (pytest.approx(74.4, abs=0.2), pytest.approx(79.2, abs=0.2))
    lines = 0

    def count(_frame: FrameType, event: str, _arg: object) -> Callable | None:
        nonlocal lines
        lines += event == "line"
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        for images in range(100, 50_000, 5_000):
            exact_interval(int(0.7685 * images), images, 50_000)
    finally:
        sys.settrace(before)
    assert lines < 200_000  # of Python run: a tail is not summed term by term
