"""Which images can be decoded, before any of them is evaluated."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from hubtool.data.split import Dataset
from hubtool.progress import Progress

_AT_ONCE = 32


def unreadable(dataset: Dataset, indices: Sequence[int], progress: Progress) -> dict[int, str]:
    """Why images at `indices` cannot be decoded, by index; it decodes every one of them."""
    reasons: dict[int, str] = {}
    task = progress.task(f"decoding {dataset.name}", len(indices), "images")
    rest = iter(indices)
    try:
        while part := list(islice(rest, _AT_ONCE)):
            reasons.update(dataset.unreadable(part))
            task.advance(len(part))
    finally:
        task.finish()
    return reasons
