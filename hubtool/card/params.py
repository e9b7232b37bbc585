"""When a published number of parameters is that of a network: one rule for the linter and for verification.

Cards count all scalars of a checkpoint, batch statistics and index tables included, or only those that training
changes; and they round the number or cut it off. So a figure is that of a network if it is one of the two counts at
the decimals that the card writes. A figure that is only near, by 0.005 M or 0.1 %, is accepted too, unless it is
exactly the figure of another network: then it was copied from there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

_DECIMALS = 2
"""Cards write two; of more, the others do not count."""
_NEAR = 1e-3
"""How far a figure may be from the count, as a part of it."""
_NEAR_M = 0.005
"""The same in millions, for small networks."""
_NOISE = 1e-9
"""What binary fractions make of decimal ones, in millions."""


@dataclass(frozen=True, slots=True)
class Published:
    """A number of parameters as a card publishes it.

    Attributes
    ----------
    millions
        The number, in millions.
    decimals
        How many decimals of a million the card writes: 6 for 25,549,352, 3 for 850K.
    """

    millions: float
    decimals: int = _DECIMALS

    @property
    def step(self) -> float:
        """One in the last decimal that counts, in millions."""
        return 10.0 ** -min(self.decimals, _DECIMALS)

    def __str__(self) -> str:
        return f"{self.millions:g} M"


@dataclass(frozen=True, slots=True)
class ParameterCounts:
    """How many parameters a network has.

    Attributes
    ----------
    name
        Of the network.
    everything
        Scalars of its checkpoint.
    trainable
        Those of them that training changes.
    """

    name: str
    everything: int
    trainable: int

    def named(self) -> dict[str, int]:
        """The counts by what they are called; one where both are the same."""
        if self.everything == self.trainable:
            return {"parameters": self.everything}
        return {"all parameters": self.everything, "trainable parameters": self.trainable}

    def described(self, decimals: int = 6) -> str:
        """As in `7.296968 M parameters, 7.259656 M of them trainable`."""
        said = f"{self.everything / 1e6:.{decimals}f} M parameters"
        if self.everything == self.trainable:
            return said
        return f"{said}, {self.trainable / 1e6:.{decimals}f} M of them trainable"


def agreeing(published: Published, counts: ParameterCounts, others: Iterable[ParameterCounts] = ()) -> str:
    """Which of a network's counts a published number is, as `ParameterCounts.named` calls it; empty for none.

    Parameters
    ----------
    others
        Other networks, from which the number may have been copied.
    """
    named = sorted(counts.named().items(), key=lambda one: abs(one[1] / 1e6 - published.millions))
    for what, count in named:
        if _is_written(count, published):
            return what
    for what, count in named:
        if _is_near(count, published):
            return "" if copied_from(published, counts, others) else what
    return ""


def copied_from(published: Published, counts: ParameterCounts, others: Iterable[ParameterCounts]) -> str:
    """The other network whose number a card publishes exactly, by its name; empty where there is none.

    A number with fewer than two decimals is not enough to tell.
    """
    if published.decimals < _DECIMALS:
        return ""
    near = (other for other in others if other.name != counts.name)
    exact = (other for other in near if any(_is_written(count, published) for count in other.named().values()))
    return next((other.name for other in exact), "")


def _is_written(count: int, published: Published) -> bool:
    """Whether a number is a count, rounded or cut off at the decimals that are written."""
    missing = count / 1e6 - published.millions
    return -published.step / 2 - _NOISE <= missing < published.step - _NOISE


def _is_near(count: int, published: Published) -> bool:
    """Whether a number is a count but for little, or was rounded to two decimals first."""
    missing = abs(count / 1e6 - published.millions)
    rounding = published.step / 2 if published.decimals < _DECIMALS else 0.0
    return missing <= rounding + max(_NEAR_M, _NEAR * count / 1e6) + _NOISE
