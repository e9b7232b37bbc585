"""Answers of a network as rows: the five best classes of each image, and whether the label is among them."""

from __future__ import annotations

from typing import Any

from hubtool.errors import CheckpointMismatch
from hubtool.extras import require

TOP_K = (1, 5)
BEST = max(TOP_K)
NO_CLASS = -1
"""Stands where a network has fewer than five classes."""


def new_rows(count: int) -> Any:
    """Room for so many answers: 32 bytes an image.

    Fields: `index` of the image in the dataset, its `label`, `best`, the five best classes in order (`NO_CLASS`
    where there are fewer), and `logit`, that of the best.
    """
    np = require("numpy", extra="eval", purpose="evaluate")
    return np.empty(count, [("index", "<u4"), ("label", "<i4"), ("best", "<i4", (BEST,)), ("logit", "<f4")])


def best_classes(logits: Any) -> Any:
    """The five best classes of each image, the best first; (N, classes) -> (N, 5) int.

    Of equal logits the lower class number stands first; `NO_CLASS` fills up what fewer classes leave.

    Raises
    ------
    CheckpointMismatch
        A logit is NaN or infinite.
    """
    np = require("numpy", extra="eval", purpose="evaluate")
    if not np.isfinite(logits).all():
        raise CheckpointMismatch("the network answers with values that are not finite", hint="inspect the checkpoint")
    best = np.argsort(-logits, axis=1, kind="stable")[:, :BEST]
    return np.pad(best, ((0, 0), (0, BEST - best.shape[1])), constant_values=NO_CLASS)


def is_correct(best: Any, labels: Any, k: int) -> Any:
    """Whether each label is among the k best classes; (N, 5) int and (N,) int -> (N,) bool.

    No answer is right for a label below 0, which is no class: `NO_CLASS` must not pass for it.
    """
    return (best[:, :k] == labels[:, None]).any(axis=1) & (labels >= 0)


def right(rows: Any, k: int) -> Any:
    """Whether the label of each row is among its k best classes; bool array."""
    return is_correct(rows["best"], rows["label"], k)


def count_correct(rows: Any) -> dict[int, int]:
    """Right answers by k."""
    return {k: int(right(rows, k).sum()) for k in TOP_K}
