"""When a published number of parameters is that of a network."""

from __future__ import annotations

_DECIMALS = 2


def published_fits(count: int, published_m: float, decimals: int = _DECIMALS) -> bool:
    """Whether a published number of parameters can be that of a network.

    Cards round it or cut it off: 217.319 is written as 217.32 or as 217.31. So the two may differ by one step of the
    last decimal.

    Parameters
    ----------
    count
        Parameters of the network.
    published_m
        What the card says, in millions.
    decimals
        How many the card writes; more than two count as two.
    """
    step = 10.0 ** -min(decimals, _DECIMALS)
    return round(abs(count / 1e6 - published_m), 9) <= step
