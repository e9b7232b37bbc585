"""The thousand classes of ILSVRC2012, by the WordNet synsets that folders and files of labels name them with."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cache
from pathlib import Path

from hubtool.card.datasets import IMAGENET, dataset_named

_FILE = Path(__file__).with_name("ilsvrc2012_synsets.txt")
_SYNSET = re.compile(r"(n[0-9]{8})(?![0-9A-Za-z])")


@cache
def ilsvrc2012_synsets() -> tuple[str, ...]:
    """The 1,000 synsets, sorted, which is the order of a network's outputs."""
    lines = _FILE.read_text(encoding="ascii").splitlines()
    return tuple(line for line in lines if line and not line.startswith("#"))


def known_class_names(dataset: str) -> tuple[str, ...] | None:
    """The names of a dataset's classes in the order of the outputs; None where hubtool does not know them."""
    return ilsvrc2012_synsets() if dataset_named(dataset) is IMAGENET else None


def synset_in(name: str) -> str:
    """The synset that a class is called by, as in `n01440764` or `n01440764_tench`; empty if by none."""
    match = _SYNSET.match(name)
    return match[1] if match else ""


def are_synsets(names: Collection[str]) -> bool:
    """Whether all names are those of synsets, and there is at least one."""
    return bool(names) and all(map(synset_in, names))
