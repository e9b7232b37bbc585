"""How sure a growing part of a split makes us about the whole, whenever we stop to look."""

from __future__ import annotations

import math

from hubtool.evidence.interval import CONFIDENCE, first, log_choose


class ConfidenceSequence:
    """Intervals for a split's accuracy that hold together, however often they are looked at.

    Images are drawn without replacement and at random from a split of N, of which an unknown number K is classified
    correctly. Let every K from 0 to N be equally likely at first; after n images, s of them correct, K - s then has
    the beta-binomial distribution with N - n trials and parameters 1 + s and 1 + n - s:

        posterior(K) = C(K, s) C(N - K, n - s) / C(N + 1, n + 1)

    For the true K the ratio prior(K) / posterior(K) starts at 1, is never negative, and is on average not larger after
    the next image than before it (a supermartingale), so by Ville's inequality the chance that it ever reaches
    1 / alpha is at most alpha. Those K for which it has not, which are those with posterior(K) > alpha / (N + 1), hold
    the truth at all times at once with probability 1 - alpha. It takes no assumption on K: the prior decides only how
    narrow the set is. Source: I. Waudby-Smith, A. Ramdas, Confidence sequences for sampling without replacement,
    NeurIPS 2020, section 2 (the prior-posterior-ratio martingale, here with the uniform beta-binomial prior),
    https://arxiv.org/abs/2006.04347.

    Parameters
    ----------
    split
        Images in the whole split.
    confidence
        1 - alpha.
    """

    def __init__(self, split: int, confidence: float = CONFIDENCE):
        self._split = split
        self._alpha = 1 - confidence
        self._low, self._high = 0, split

    @property
    def interval(self) -> tuple[float, float]:
        """Lowest and highest accuracy of the split that nothing seen so far excludes, 0 to 100."""
        return 100 * self._low / self._split, 100 * self._high / self._split

    def update(self, correct: int, images: int) -> None:
        """Look again, after so many images since the beginning, so many of them correct.

        What was excluded before stays excluded. Should nothing be left, which happens with probability alpha at
        most, what was seen last counts.
        """
        low, high = totals(correct, images, self._split, self._alpha)
        narrow_low, narrow_high = max(low, self._low), min(high, self._high)
        self._low, self._high = (narrow_low, narrow_high) if narrow_low <= narrow_high else (low, high)


def totals(correct: int, images: int, split: int, alpha: float) -> tuple[int, int]:
    """Smallest and largest K of one moment: the posterior has one peak, so all between them belong to the set."""
    threshold = math.log(alpha) - math.log(split + 1) + log_choose(split + 1, images + 1)

    def belongs(total: int) -> bool:
        return log_choose(total, correct) + log_choose(split - total, images - correct) > threshold

    lowest, highest = correct, correct + split - images
    # The peak: there posterior(K) is at least its mean over N - n + 1 values, which is more than alpha / (N + 1).
    peak = min(max(split * correct // images if images else lowest, lowest), highest)
    low = first(lowest, peak, belongs)
    high = highest - first(0, highest - peak, lambda down: belongs(highest - down))
    return low, high
