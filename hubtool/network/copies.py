"""Which tensors of a file are the parameters of a network: one copy of them, whatever stands around their names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hubtool.checkpoint.leftovers import NONE, Affix, Role, affixes
from hubtool.checkpoint.tensors import printable
from hubtool.network.spec import Shape

_CHOOSE = "choose: --ema (in Python ema=True) for the averages, --no-ema (ema=False) for the other weights"


@dataclass(frozen=True, slots=True)
class Chosen:
    """The copy of the parameters that counts.

    Attributes
    ----------
    affix
        What stands around the names of the parameters in it.
    others
        Complete copies of the weights that were not chosen.
    problem, hint
        Why no copy can be taken, and what to do; empty where one is taken, and where none is complete.
    """

    affix: Affix
    others: tuple[Affix, ...] = ()
    problem: str = ""
    hint: str = ""


def choose(names: Iterable[str], shapes: Mapping[str, Shape], ema: bool | None) -> Chosen:
    """The copy of a network's parameters in a file with these names; the nearest one where none is complete.

    Parameters
    ----------
    shapes
        Of the network, by the names of its parameters.
    ema
        Take the weights that were averaged over time, or those that were not; None where the user has not chosen.
    """
    copies = _Copies(names, shapes)
    if problem := copies.ambiguity(ema):
        return Chosen(copies.nearest, problem=problem, hint=_CHOOSE)
    wanted = copies.averaged if ema or (ema is None and not copies.plain) else copies.plain
    if len(wanted) == 1:
        others = (affix for affix in (*copies.plain, *copies.averaged) if affix != wanted[0])
        return Chosen(wanted[0], tuple(others))
    if wanted:
        said = " and ".join(copies.example(affix) for affix in wanted)
        return Chosen(wanted[0], problem=f"several sets of weights: {said}", hint="keep one of them in the file")
    if copies.states and not copies.partial:
        said = f"optimiser state without weights: {copies.example(copies.states[0])}"
        return Chosen(copies.nearest, problem=said, hint="name the file that holds the weights")
    return Chosen(copies.nearest)


class _Copies:
    """The sets of tensors in a file that are named after all parameters of a network."""

    def __init__(self, names: Iterable[str], shapes: Mapping[str, Shape]):
        self._found: Counter[Affix] = Counter()
        self._examples: dict[Affix, str] = {}
        for name in names:
            for affix in affixes(name, shapes.__contains__):
                self._found[affix] += 1
                self._examples.setdefault(affix, name)
        whole = [affix for affix, count in self._found.items() if count == len(shapes)]
        self.averaged = [affix for affix in whole if affix.role is Role.AVERAGE]
        self.states = [affix for affix in whole if affix.role is Role.STATE]
        self.plain = [affix for affix in whole if affix.role is None]
        if len(self.plain) > 1:
            self.plain = [affix for affix in self.plain if not affix.may_be_state] or self.plain

    @property
    def partial(self) -> bool:
        """Whether at least half of the weights are there, without a word of optimisers around their names."""
        most = max(self._found.values(), default=0)
        return any(2 * count >= most for affix, count in self._found.items() if affix.role is not Role.STATE)

    @property
    def nearest(self) -> Affix:
        """What stands around most names, that of weights."""
        weights = [affix for affix in self._found if affix.role is not Role.STATE]
        return max(weights, key=lambda affix: (self._found[affix], affix == NONE), default=NONE)

    def ambiguity(self, ema: bool | None) -> str:
        """Why the user has to choose, or cannot choose so; empty where all is well."""
        averages = self.averaged or [affix for affix in self._found if affix.role is Role.AVERAGE]
        if ema is None and self.plain and averages:
            both = f"{self.example(self.plain[0])} and, averaged, {self.example(averages[0])}"
            return f"two sets of weights: {both}"
        if ema and self.plain and not self.averaged:
            return "no complete set of averaged weights"
        if ema is False and self.averaged and not self.plain:
            return f"averaged weights alone: {self.example(self.averaged[0])}"
        return ""

    def example(self, affix: Affix) -> str:
        """The first tensor of a copy, by its name."""
        return printable(self._examples[affix])
