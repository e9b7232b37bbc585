"""Standardising the kernels once, instead of at every call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hubtool.extras import require
from hubtool.network.bit.spec import WS_EPSILON, standardised_kernels
from hubtool.network.spec import ModelSpec


def fold_weight_standardisation(spec: ModelSpec, weights: Mapping[str, Any]) -> dict[str, Any]:
    """The weights of a BiT network with every convolution kernel but the head's standardised.

    Parameters
    ----------
    weights
        Parameters as published: name -> array; kernels are (out, in, kh, kw).

    Returns
    -------
    dict
        The same names; kernels float32 with zero mean and unit biased variance per output channel,
        computed in float64 (the formula is that of `hubtool.network.bit.cells.StandardisedConv2d`).
    """
    np = require("numpy", extra="eval", purpose="fold weights")
    kernels = standardised_kernels(spec)
    return {name: _standardised(np, array) if name in kernels else array for name, array in weights.items()}


def _standardised(np: Any, kernel: Any) -> Any:
    wide = kernel.astype("float64")
    centred = wide - wide.mean((1, 2, 3), keepdims=True)
    variance = (centred**2).mean((1, 2, 3), keepdims=True)
    return (centred / np.sqrt(variance + WS_EPSILON)).astype("float32")
