"""How sure a part of a split makes us about the whole."""

from __future__ import annotations

import math
from collections.abc import Callable

CONFIDENCE = 0.99
_NEGLIGIBLE = 1e-20
"""A probability that no sum of 50,000 of its like brings near a tail."""


def exact_interval(
    correct: int, images: int, split: int, confidence: float = CONFIDENCE, *, unknown: int = 0
) -> tuple[float, float]:
    """Interval for a whole split's accuracy from a random part of it, in percent.

    Images are drawn without replacement, so the count of correct ones in the part is hypergeometric; the
    interval holds every number of correct images in the split under which neither tail of what was seen is
    less likely than (1 - confidence) / 2. Source: W. G. Cochran, Sampling Techniques, 3rd ed., section 3.6.

    Parameters
    ----------
    correct, images
        Correctly classified and evaluated images of the part; 0 <= correct <= images <= split.
    split
        Images in the whole split.
    unknown
        Further images of the part whose answers are not known: all wrong for the lower end, all right for the upper.

    Returns
    -------
    tuple
        Lowest and highest accuracy, 0 to 100.
    """
    tail = (1 - confidence) / 2
    drawn = images + unknown
    unseen = split - drawn
    low = first(correct, correct + unseen, lambda total: _at_least_is_likelier(correct, drawn, total, split, tail))
    # Wrong answers are drawn from the split just as right ones are: the upper end is the mirrored lower end.
    wrong = images - correct
    wrong_low = first(wrong, wrong + unseen, lambda total: _at_least_is_likelier(wrong, drawn, total, split, tail))
    return 100 * low / split, 100 * (split - wrong_low) / split


def first(low: int, high: int, holds: Callable[[int], bool]) -> int:
    """Smallest number in [low, high] from which on a monotone condition holds; it holds at `high`."""
    while low < high:
        middle = (low + high) // 2
        if holds(middle):
            high = middle
        else:
            low = middle + 1
    return low


def log_choose(n: int, k: int) -> float:
    """Natural logarithm of the binomial coefficient."""
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def _at_least_is_likelier(seen: int, images: int, total: int, split: int, tail: float) -> bool:
    """Whether P(X >= seen) > tail when `images` are drawn from `split` of which `total` are marked.

    Terms are summed from the likeliest outwards, each from the one before it, and no further than it takes.
    """
    lowest, highest = max(seen, images - (split - total)), min(images, total)
    if lowest > highest:
        return False
    mode = (images + 1) * (total + 1) // (split + 2)
    start = min(max(mode, lowest), highest)
    at_start = math.exp(
        log_choose(total, start) + log_choose(split - total, images - start) - log_choose(split, images)
    )
    probability = term = at_start
    for x in range(start, highest):
        term *= (total - x) * (images - x) / ((x + 1) * (split - total - images + x + 1))
        probability += term
        if probability > tail or term < _NEGLIGIBLE:
            break
    term = at_start
    for x in range(start, lowest, -1):
        term *= x * (split - total - images + x) / ((total - x + 1) * (images - x + 1))
        probability += term
        if probability > tail or term < _NEGLIGIBLE:
            break
    return probability > tail
