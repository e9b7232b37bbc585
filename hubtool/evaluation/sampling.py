"""Which images of a split are evaluated, and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hubtool.evidence.verdict import TOLERANCE
from hubtool.extras import require

BATCH_SIZE = 32


@dataclass(frozen=True, slots=True)
class Sampling:
    """How much of a split is evaluated.

    Attributes
    ----------
    limit
        At most so many images, drawn at random; None for the whole split.
    seed
        Of that draw, and of the order when stopping early.
    batch_size
        Images that go through the network at once.
    early_stop
        Evaluate in random order, and end as soon as every claim is settled.
    tolerance
        How far off a claim may be, in points: decides what settles it.
    skip_unreadable
        Skip images that cannot be decoded, which are looked for first; without this, one ends the evaluation.
    """

    limit: int | None = None
    seed: int = 0
    batch_size: int = BATCH_SIZE
    early_stop: bool = False
    tolerance: float = TOLERANCE
    skip_unreadable: bool = False

    def order(self, split_size: int) -> Sequence[int]:
        """Places of the images in a split of that size, in the order in which they are evaluated."""
        return draw(split_size, self.limit, self.seed, shuffled=self.early_stop)


def draw(size: int, limit: int | None, seed: int | Sequence[int], *, shuffled: bool) -> Sequence[int]:
    """The images to evaluate: of a split of that size, all or as many as the limit says.

    In the order of the dataset, which is quicker to read, unless `shuffled`.
    """
    np = require("numpy", extra="eval", purpose="evaluate")
    count = size if limit is None else min(limit, size)
    if shuffled:
        order: list[int] = np.random.default_rng(seed).permutation(size)[:count].tolist()
        return order
    if count == size:
        return range(size)
    return sorted(np.random.default_rng(seed).choice(size, count, replace=False).tolist())
