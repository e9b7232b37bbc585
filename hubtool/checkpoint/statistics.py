"""Statistics of a tensor, in one pass and a fixed amount of memory."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from hubtool.checkpoint.dtypes import DTYPES, decode, is_decoded
from hubtool.checkpoint.tensors import TensorFile, TensorInfo


@dataclass(frozen=True, slots=True)
class Statistics:
    """Statistics of one tensor, over its finite values.

    Attributes
    ----------
    minimum, maximum
        Exact; None when there is no finite value, and for complex numbers.
    mean, std
        Computed in float64; `std` divides by the number of values. None as above, or when a sum overflows float64.
    nan, inf
        How many values are NaN, and how many infinite; a complex number counts once.
    """

    minimum: float | int | None
    maximum: float | int | None
    mean: float | None
    std: float | None
    nan: int
    inf: int

    def to_json(self) -> dict[str, Any]:
        """As `hubtool inspect --json` prints it."""
        return {
            "min": self.minimum,
            "max": self.maximum,
            "mean": self.mean,
            "std": self.std,
            "nan": self.nan,
            "inf": self.inf,
        }


def statistics(np: Any, weights: TensorFile, tensor: TensorInfo) -> Statistics | None:
    """Statistics of one tensor of an open file; None for a type that hubtool does not decode.

    Parameters
    ----------
    np
        The numpy module.

    Raises
    ------
    CorruptCheckpoint
        The file became shorter since it was opened.
    """
    if not is_decoded(tensor.dtype):
        return None
    stored = np.uint8 if tensor.dtype == "bool" else DTYPES[tensor.dtype].stored
    pieces = (decode(np, np.frombuffer(chunk, stored), tensor.dtype) for chunk in weights.chunks(tensor.name))
    with np.errstate(all="ignore"):  # what overflows float64 is None in the result
        return _complex(np, pieces) if tensor.dtype.startswith("complex") else _real(np, pieces)


def _complex(np: Any, pieces: Iterable[Any]) -> Statistics:
    nan = inf = 0
    for values in pieces:
        is_nan = np.isnan(values)
        nan += int(is_nan.sum())
        inf += int((np.isinf(values) & ~is_nan).sum())
    return Statistics(None, None, None, None, nan, inf)


def _real(np: Any, pieces: Iterable[Any]) -> Statistics:
    low = high = None
    count = nan = inf = 0
    mean = squares = 0.0  # of the values so far; squares of their distances from the mean
    for piece in pieces:
        values = piece.astype("float32") if piece.dtype == "float16" else piece  # float16 is computed in software
        least, most = values.min(), values.max()
        if not (math.isfinite(least) and math.isfinite(most)):  # a NaN is both least and most
            finite = np.isfinite(values)
            is_nan = int(np.isnan(values).sum())
            nan += is_nan
            inf += values.size - int(finite.sum()) - is_nan
            values = values[finite]
            if not values.size:
                continue
            least, most = values.min(), values.max()
        low = least.item() if low is None else min(low, least.item())
        high = most.item() if high is None else max(high, most.item())
        # Chan, Golub, LeVeque (1983): the moments of two sets give those of their union without cancellation.
        wide = values.astype("float64")
        own_mean = float(wide.mean())
        wide -= own_mean
        distance, total = own_mean - mean, count + wide.size
        squares += float(np.dot(wide, wide)) + distance * distance * count * wide.size / total
        mean += distance * wide.size / total
        count = total
    if not count:
        return Statistics(None, None, None, None, nan, inf)
    return Statistics(low, high, _finite(mean), _finite(math.sqrt(squares / count)), nan, inf)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
