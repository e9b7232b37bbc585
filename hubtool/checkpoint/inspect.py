"""What a file of weights holds: its tensors, and statistics of their values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from hubtool.checkpoint.leftovers import leftover_notes
from hubtool.checkpoint.statistics import Statistics, statistics
from hubtool.checkpoint.tensors import TensorFile, TensorInfo
from hubtool.extras import require


@dataclass(frozen=True, slots=True)
class Inspection:
    """The contents of a file of weights.

    Attributes
    ----------
    statistics
        By name of the tensor; empty when they were not asked for.
    crc_checked
        Whether the bytes agree with the CRC-32 in the file; None when it has none or nothing was read.
    networks
        The networks that have these parameters, each with its number of outputs.
    """

    weights: TensorFile
    statistics: Mapping[str, Statistics | None]
    crc_checked: bool | None
    networks: Mapping[str, int] = field(default_factory=dict)

    @property
    def tensors(self) -> tuple[TensorInfo, ...]:
        """In the order of the file."""
        return tuple(self.weights.tensors.values())

    @property
    def notes(self) -> tuple[str, ...]:
        """What the names of tensors tell: which are no parameters, and what all the others begin with."""
        return leftover_notes(self.weights.tensors)

    @property
    def dtypes(self) -> Counter[str]:
        """How many tensors there are of each type."""
        return Counter(tensor.dtype for tensor in self.tensors)

    def to_json(self) -> dict[str, Any]:
        """As `hubtool inspect --json` prints it."""
        return {
            "path": str(self.weights.path),
            "format": self.weights.format,
            "size": self.weights.size,
            "crc_checked": self.crc_checked,
            "tensors": [self._tensor_json(tensor) for tensor in self.tensors],
            "texts": dict(self.weights.texts),
            "metadata": dict(self.weights.metadata),
            "notes": list(self.notes),
            "networks": [{"name": name, "num_classes": count} for name, count in self.networks.items()],
            "total": {
                "tensors": len(self.tensors),
                "count": sum(tensor.count for tensor in self.tensors),
                "bytes": sum(tensor.nbytes for tensor in self.tensors),
                "dtypes": dict(self.dtypes),
            },
        }

    def _tensor_json(self, tensor: TensorInfo) -> dict[str, Any]:
        found = self.statistics.get(tensor.name)
        return {
            "name": tensor.name,
            "dtype": tensor.dtype,
            "shape": list(tensor.shape),
            "count": tensor.count,
            "bytes": tensor.nbytes,
            "statistics": found.to_json() if found else None,
        }


def inspect(
    weights: TensorFile, *, with_statistics: bool, networks: Mapping[str, int] = MappingProxyType({})
) -> Inspection:
    """List the tensors of an open file; with statistics, every byte is read once, or twice if it carries a CRC.

    Parameters
    ----------
    networks
        As `Inspection` has them.

    Raises
    ------
    MissingExtra
        Statistics were asked for and numpy is not installed.
    CorruptCheckpoint
        The bytes disagree with the CRC-32 in the file.
    """
    if not with_statistics:
        return Inspection(weights, {}, None, networks)
    np = require("numpy", extra="eval", purpose="compute statistics")
    weights.check_crc()
    by_name = {name: statistics(np, weights, tensor) for name, tensor in weights.tensors.items()}
    return Inspection(weights, by_name, True if weights.has_crc else None, networks)
