"""What a rule is, and the table of all rules.

A rule is one function with the decorator `rule` (or `catalogue_rule`, for what only several cards together show).
Its docstring is what `hubtool rule CODE` and the documentation print, in four parts: a headline, why it matters, and
two indented snippets under `Bad:` and `Good:`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from hubtool.card.params import ParameterCounts
from hubtool.card.parse import ParsedCard
from hubtool.card.record import Asset, Variant
from hubtool.card.span import Span
from hubtool.lint.diagnostic import Edit, Severity
from hubtool.lint.summary import Summary

Fixes = Literal["no", "safe", "unsafe"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule yields: a place, what is wrong there and what to write instead, and possibly an edit that does."""

    span: Span
    message: str
    edit: Edit | None = None


class LinkState(Protocol):
    """What a link gave when it was looked up."""

    @property
    def state(self) -> Literal["alive", "dead", "unreachable"]:
        """Whether something is there, certainly nothing, or nobody can tell now."""

    @property
    def reason(self) -> str:
        """Why it is not alive."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What rules know beyond the card.

    Attributes
    ----------
    counts_of
        How many parameters the network has that a row of a results table is about; None where that is not certain.
    other_counts
        Of the networks from which a figure may have been copied.
    pinned
        The full digest that a lockfile has for a file of the cards in a folder, and that lockfile; None where no card
        has a lockfile.
    probe
        What an http(s) link gives; None where the network is not asked.
    """

    counts_of: Callable[[ParsedCard, Variant], ParameterCounts | None] | None = None
    other_counts: tuple[ParameterCounts, ...] = ()
    pinned: Callable[[Asset, Path], tuple[str, Path] | None] | None = None
    probe: Callable[[str], LinkState] | None = None


class Place(Protocol):
    """What a catalogue rule finds something at: a card's summary, or a file beside cards."""

    @property
    def shown(self) -> str:
        """Its path, as the user named it or the folder it is in."""


CardCheck = Callable[[ParsedCard, Facts], Iterable[Finding]]
CatalogueCheck = Callable[[Sequence[Summary]], Iterable[tuple[Place, Finding]]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule and how it is known.

    Attributes
    ----------
    code
        HT and three digits; a code is never given to another rule.
    name
        In kebab-case.
    fixes
        Whether its findings carry edits, and whether those are safe.
    """

    code: str
    name: str
    severity: Severity
    fixes: Fixes
    doc: str


CARD_RULES: dict[Rule, CardCheck] = {}
CATALOGUE_RULES: dict[Rule, CatalogueCheck] = {}


def rule(code: str, name: str, severity: Severity, *, fixes: Fixes = "no") -> Callable[[CardCheck], CardCheck]:
    """Register a function that looks at one card."""

    def register(check: CardCheck) -> CardCheck:
        CARD_RULES[_new_rule(code, name, severity, fixes, check)] = check
        return check

    return register


def catalogue_rule(code: str, name: str, severity: Severity) -> Callable[[CatalogueCheck], CatalogueCheck]:
    """Register a function that looks at the summaries of all cards."""

    def register(check: CatalogueCheck) -> CatalogueCheck:
        CATALOGUE_RULES[_new_rule(code, name, severity, "no", check)] = check
        return check

    return register


def _new_rule(code: str, name: str, severity: Severity, fixes: Fixes, check: Callable[..., object]) -> Rule:
    taken = {known.code for known in (*CARD_RULES, *CATALOGUE_RULES)}
    if code in taken:
        raise ValueError(f"{code} is taken")
    return Rule(code, name, severity, fixes, inspect.cleandoc(check.__doc__ or ""))
