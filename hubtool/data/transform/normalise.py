"""From pixels to what a network takes: the second of the two steps.

The arithmetic is that of mindspore.dataset, to the last bit, in single precision: `Normalize` subtracts the mean and
then divides; `Rescale` multiplies and adds, and rounds once. A pixel has 256 values, so each is computed once.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from hubtool.data.transform.spec import BGR, Normalisation
from hubtool.extras import require

_WHITE = 255
_LEVELS = 256


def normalised(pixels: Any, normalisation: Normalisation, out: Any = None) -> Any:
    """(..., H, W, 3) uint8, red first, to (..., C, H, W) float32, C being the number of means.

    Parameters
    ----------
    out
        Where to write the result, a contiguous array of that shape; None for a new array.

    Raises
    ------
    MissingExtra
        numpy is not installed.
    """
    np = require("numpy", extra="eval", purpose="normalise images")
    tables = _tables(normalisation)
    if out is None:
        out = np.empty((*pixels.shape[:-3], len(tables), *pixels.shape[-3:-1]), np.float32)
    for channel, table in enumerate(tables):
        source = 2 - channel if normalisation.channels == BGR else channel
        # With `clip`, numpy writes to the result itself; no level is outside.
        np.take(table, pixels[..., source], out=out[..., channel, :, :], mode="clip")
    return out


@lru_cache(maxsize=64)
def _tables(normalisation: Normalisation) -> Any:
    """(C, 256) float32: what each level becomes in each channel."""
    np = require("numpy", extra="eval", purpose="normalise images")
    levels = np.arange(_LEVELS, dtype=np.float32)
    if not normalisation.rescale:
        return np.stack([_normalize(levels, *by) for by in zip(normalisation.mean, normalisation.std, strict=True)])
    levels = _rescale(levels, 1 / _WHITE, 0.0)
    means, stds = ([value / _WHITE for value in values] for values in (normalisation.mean, normalisation.std))
    # MindCV rescales twice where all channels are alike (`transforms_mnist`), and normalises else.
    step = _rescale_by if len(set(means)) == len(set(stds)) == 1 else _normalize
    return np.stack([step(levels, *by) for by in zip(means, stds, strict=True)])


def _normalize(levels: Any, mean: float, std: float) -> Any:
    np = require("numpy", extra="eval", purpose="normalise images")
    return (levels - np.float32(mean)) / np.float32(std)


def _rescale_by(levels: Any, mean: float, std: float) -> Any:
    return _rescale(levels, 1 / std, -mean / std)


def _rescale(levels: Any, factor: float, shift: float) -> Any:
    """One rounding at the end, as a fused multiply-add has it; in double precision the product is exact."""
    np = require("numpy", extra="eval", purpose="normalise images")
    exact = levels.astype(np.float64) * np.float64(np.float32(factor)) + np.float64(np.float32(shift))
    return exact.astype(np.float32)
