"""The parameters of a network from a file of weights, without holding all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hubtool.checkpoint.tensors import TensorFile


class Arrays(Mapping[str, Any]):
    """Tensors of an open file as numpy arrays, each read when it is asked for: see `TensorFile.array`.

    Parameters
    ----------
    names
        What the tensors are called here, and what they are called in the file.
    """

    def __init__(self, weights: TensorFile, names: Mapping[str, str]):
        self._weights = weights
        self._names = names

    def __getitem__(self, name: str) -> Any:
        return self._weights.array(self._names[name])

    def __len__(self) -> int:
        return len(self._names)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)
