"""Which published numbers of parameters are those of a network."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubtool.card.params import ParameterCounts, Published, agreeing, copied_from

RESNET50 = ParameterCounts("resnet50", 25_610_152, 25_557_032)
RESNETV2_50 = ParameterCounts("resnetv2_50", 25_602_216, 25_553_064)
counts_of_networks = st.integers(100_000, 400_000_000)


def fits(count: int, published: float, decimals: int) -> bool:
    return bool(agreeing(Published(published, decimals), ParameterCounts("n", count, count)))


@pytest.mark.parametrize(
    ("count", "published", "decimals", "expected"),
    [
        (217_319_080, 217.32, 2, True),  # rounded
        (217_319_080, 217.31, 2, True),  # cut off
        (217_319_080, 217.11, 2, True),  # within 0.1 %
        (217_319_080, 217.10, 2, False),
        (25_549_352, 25.55, 2, True),
        (25_549_352, 44.54, 2, False),
        (25_549_352, 25.57, 2, True),  # within 0.1 %
        (25_549_352, 25.58, 2, False),
        (25_549_352, 25.6, 1, True),  # rounded twice
        (25_549_352, 25.6, 2, False),
        (25_549_352, 26.0, 0, True),
        (25_549_352, 27.0, 0, False),
        (25_540_000, 25.55, 2, True),  # just one step, whatever binary fractions make of it
        (25_549_352, 25.5239, 4, True),
        (25_549_352, 25.5238, 4, False),
        (25_549_352, 25.549352, 6, True),
        (25_549_352, 25.5, 6, False),
        (729_564, 0.73, 2, True),
        (729_564, 0.730, 3, True),
        (729_564, 2.0, 0, False),
        (729_564, 0.7345, 4, True),  # within 0.005 M
        (729_564, 0.7346, 4, False),
    ],
)
def test_a_number_may_be_rounded_or_cut_off(count: int, published: float, decimals: int, expected: bool) -> None:
    assert fits(count, published, decimals) is expected


@pytest.mark.parametrize(
    ("name", "everything", "trainable", "published", "which"),
    [
        ("swin_tiny", 33_378_474, 28_288_354, 33.38, "all parameters"),
        ("swin_tiny", 33_378_474, 28_288_354, 28.29, "trainable parameters"),
        ("regnet_x_800mf", 7_296_968, 7_259_656, 7.26, "trainable parameters"),
        ("mobilenet_v1_025", 475_801, 470_329, 0.47, "trainable parameters"),
        ("mobilevit_xx_small", 1_277_096, 1_272_504, 1.27, "trainable parameters"),
        ("seresnet18", 11_789_224, 11_779_624, 11.80, "all parameters"),  # neither, and near enough
        ("vgg13", 133_044_904, 133_044_904, 133.04, "parameters"),
        ("vgg13", 133_044_904, 133_044_904, 133.2, ""),
    ],
)
def test_it_may_be_all_parameters_or_the_trainable_ones(
    name: str, everything: int, trainable: int, published: float, which: str
) -> None:
    assert agreeing(Published(published), ParameterCounts(name, everything, trainable)) == which


def test_a_near_number_that_is_another_network_s_was_copied_from_it() -> None:
    both = (RESNET50, RESNETV2_50)
    assert agreeing(Published(25.61), RESNETV2_50) == "all parameters"
    assert agreeing(Published(25.61), RESNETV2_50, both) == ""
    assert copied_from(Published(25.61), RESNETV2_50, both) == "resnet50"
    assert agreeing(Published(25.60), RESNET50, both) == ""
    assert agreeing(Published(25.60), RESNETV2_50, both) == "all parameters"
    assert agreeing(Published(25.61), RESNET50, both) == "all parameters"
    assert agreeing(Published(25.6, 1), RESNET50, both) == "all parameters"  # not enough to tell them apart


@given(counts_of_networks, st.integers(0, 6))
def test_every_number_fits_itself_rounded_and_cut_off(count: int, decimals: int) -> None:
    scale = 10**decimals
    assert fits(count, round(count / 1e6, decimals), decimals)
    assert fits(count, math.floor(count * scale / 10**6) / scale, decimals)


@given(counts_of_networks, st.sampled_from([-1, 1]), st.floats(2, 100))
def test_no_number_fits_that_differs_by_more_than_a_thousandth_and_the_last_digit(
    count: int, sign: int, steps: float
) -> None:
    assert not fits(count, round(count / 1e6 + sign * (0.01 + 0.001 * count / 1e6 + 0.01 * steps), 6), 2)


@given(counts_of_networks, counts_of_networks, st.floats(0.1, 500))
def test_what_fits_is_within_a_thousandth_or_the_last_digit_of_the_count_that_is_named(
    everything: int, trainable: int, published: float
) -> None:
    counts = ParameterCounts("n", everything, trainable)
    which = agreeing(Published(published), counts)
    if which:
        missing = abs(counts.named()[which] / 1e6 - published)
        assert missing <= max(0.01, 0.001 * counts.named()[which] / 1e6) + 1e-8
