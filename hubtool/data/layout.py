"""What a way of keeping a dataset on disk has to offer; `registry` lists them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hubtool.data.labelspace import LabelSpace
from hubtool.data.samples import Split


@dataclass(frozen=True, slots=True)
class Layout:
    """A way to keep a dataset.

    Attributes
    ----------
    name
        One line for messages: what lies where.
    recognises
        Whether a path that exists looks like it; cheap, and never raises but OSError.
    read
        Lists its images with their labels, and raises BrokenDataset, NotFound, UsageProblem or MissingExtra.
    """

    name: str
    recognises: Callable[[Path], bool]
    read: Callable[[Path, LabelSpace], Split]
