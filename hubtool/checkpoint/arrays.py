"""The values of a file of weights by name, without holding all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hubtool.checkpoint.tensors import TensorFile


class Arrays(Mapping[str, Any]):
    """The tensors of an open file as numpy arrays, each read when it is asked for: see `TensorFile.array`."""

    def __init__(self, weights: TensorFile):
        self._weights = weights

    def __getitem__(self, name: str) -> Any:
        return self._weights.array(name)

    def __len__(self) -> int:
        return len(self._weights.tensors)

    def __iter__(self) -> Iterator[str]:
        return iter(self._weights.tensors)
