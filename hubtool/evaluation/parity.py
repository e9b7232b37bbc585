"""Whether two engines give the same answers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from hubtool.evaluation.topk import best_classes
from hubtool.evidence.conditions import Parity
from hubtool.extras import require

BOUND = 1e-4
"""Accepted difference of two logits in float32; for logits larger than 1, times the largest of them."""


def parity(reference: str, expected: Any, found: Any, names: Sequence[str]) -> Parity:
    """How logits differ from those of the reference; both (N, num_classes) float32.

    Parameters
    ----------
    reference
        What gave the expected logits, in words.
    names
        Of the images.

    Raises
    ------
    CheckpointMismatch
        Expected logits are not finite: the network itself is broken.
    """
    np = require("numpy", extra="eval", purpose="compare engines")
    best = best_classes(expected)
    bound = BOUND * max(1.0, float(np.abs(expected).max(initial=0.0)))
    if not np.isfinite(found).all():
        return Parity(reference, len(names), 0, 0, math.inf, bound, tuple(names))
    other = best_classes(found)
    same = best[:, 0] == other[:, 0]
    return Parity(
        reference=reference,
        images=len(names),
        same_top1=int(same.sum()),
        same_top5=int((best == other).all(axis=1).sum()),
        max_abs_difference=float(np.abs(expected - found).max(initial=0.0)),
        bound=bound,
        changed=tuple(name for name, kept in zip(names, same.tolist(), strict=True) if not kept),
    )
