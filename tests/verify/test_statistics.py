from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubtool.verify.statistics import exact_interval

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


def test_a_whole_split_leaves_no_doubt() -> None:
    assert exact_interval(354, 360, 360) == (pytest.approx(100 * 354 / 360), pytest.approx(100 * 354 / 360))


def test_against_scipy() -> None:
    hypergeom = pytest.importorskip("scipy.stats").hypergeom
    correct, images, split = 70, 100, 1000
    low, high = exact_interval(correct, images, split)
    lowest, highest = round(low * split / 100), round(high * split / 100)
    assert (
        hypergeom.sf(correct - 1, split, lowest, images) > 0.005 >= hypergeom.sf(correct - 1, split, lowest - 1, images)
    )
    assert hypergeom.cdf(correct, split, highest, images) > 0.005 >= hypergeom.cdf(correct, split, highest + 1, images)


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
