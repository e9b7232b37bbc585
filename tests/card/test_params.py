from __future__ import annotations

import pytest

from hubtool.card.params import published_fits


@pytest.mark.parametrize(
    ("count", "published", "decimals", "fits"),
    [
        (217_319_080, 217.32, 2, True),  # rounded
        (217_319_080, 217.31, 2, True),  # cut off
        (217_319_080, 217.30, 2, False),
        (25_549_352, 25.55, 2, True),
        (25_549_352, 44.54, 2, False),
        (25_549_352, 25.6, 1, True),
        (25_549_352, 25.6, 2, False),
        (25_549_352, 26.0, 0, True),
        (25_549_352, 27.0, 0, False),
        (25_540_000, 25.55, 2, True),  # just one step, whatever binary fractions make of it
        (25_549_352, 25.5393, 4, False),
        (25_549_352, 25.5394, 4, True),
    ],
)
def test_a_number_may_be_rounded_or_cut_off(count: int, published: float, decimals: int, fits: bool) -> None:
    assert published_fits(count, published, decimals) is fits
