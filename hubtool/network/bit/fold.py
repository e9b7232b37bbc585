"""Standardising the kernels once, instead of at every call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hubtool.extras import require
from hubtool.network.bit.spec import WS_EPSILON, standardised_kernels
from hubtool.network.spec import ModelSpec

_BLOCK_SCALARS = 1 << 20
"""Kernels are worked on in parts of about this size: float64 takes several times the room of the kernel itself."""


def fold_weight_standardisation(spec: ModelSpec, weights: Mapping[str, Any]) -> dict[str, Any]:
    """The weights of a BiT network with every convolution kernel but the head's standardised.

    Parameters
    ----------
    weights
        Parameters as published: name -> array; kernels are (out, in, kh, kw).

    Returns
    -------
    dict
        The same names; see `standardised` for the kernels.
    """
    kernels = standardised_kernels(spec)
    return {name: standardised(array) if name in kernels else array for name, array in weights.items()}


def standardised(kernel: Any) -> Any:
    """A kernel (out, in, kh, kw) float32 with zero mean and unit biased variance per output channel.

    Computed in float64; the formula is that of `hubtool.network.bit.cells.StandardisedConv2d`.
    """
    np = require("numpy", extra="eval", purpose="fold weights")
    result = np.empty(kernel.shape, "float32")
    step = max(1, _BLOCK_SCALARS // max(1, kernel[0].size))
    for start in range(0, len(kernel), step):
        wide = kernel[start : start + step].astype("float64")
        wide -= wide.mean((1, 2, 3), keepdims=True)
        variance = (wide**2).mean((1, 2, 3), keepdims=True)
        result[start : start + step] = wide / np.sqrt(variance + WS_EPSILON)
    return result
