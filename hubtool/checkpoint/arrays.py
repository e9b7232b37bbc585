"""The parameters of a network from a file of weights, without holding all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hubtool.checkpoint.tensors import TensorFile, TensorInfo


class Arrays(Mapping[str, Any]):
    """Tensors of an open file as numpy arrays, each read when it is asked for: see `TensorFile.values`.

    Parameters
    ----------
    tensors
        Where the values are in the file, by what they are called here.
    """

    def __init__(self, weights: TensorFile, tensors: Mapping[str, TensorInfo]):
        self._weights = weights
        self._tensors = tensors

    def __getitem__(self, name: str) -> Any:
        return self._weights.values(self._tensors[name])

    def __len__(self) -> int:
        return len(self._tensors)

    def __iter__(self) -> Iterator[str]:
        return iter(self._tensors)
