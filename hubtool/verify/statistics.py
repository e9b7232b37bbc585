"""How sure a part of a split makes us about the whole."""

from __future__ import annotations

import math
from collections.abc import Callable

CONFIDENCE = 0.99


def exact_interval(correct: int, images: int, split: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
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

    Returns
    -------
    tuple
        Lowest and highest accuracy, 0 to 100.
    """
    tail = (1 - confidence) / 2
    unseen = split - images
    low = _first(correct, correct + unseen, lambda total: _upper_tail(correct, images, total, split) > tail)
    # Wrong answers are drawn from the split just as right ones are: the upper end is the mirrored lower end.
    wrong = images - correct
    wrong_low = _first(wrong, wrong + unseen, lambda total: _upper_tail(wrong, images, total, split) > tail)
    return 100 * low / split, 100 * (split - wrong_low) / split


def _first(low: int, high: int, holds: Callable[[int], bool]) -> int:
    """Smallest number in [low, high] from which on a monotone condition holds; it holds at `high`."""
    while low < high:
        middle = (low + high) // 2
        if holds(middle):
            high = middle
        else:
            low = middle + 1
    return low


def _upper_tail(seen: int, images: int, total: int, split: int) -> float:
    """P(X >= seen) when `images` are drawn from `split` of which `total` are marked."""
    last = min(images, total)
    first = max(seen, images - (split - total))
    return sum(math.exp(_log_probability(x, images, total, split)) for x in range(first, last + 1))


def _log_probability(x: int, images: int, total: int, split: int) -> float:
    return _log_choose(total, x) + _log_choose(split - total, images - x) - _log_choose(split, images)


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
