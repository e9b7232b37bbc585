"""How diagnostics are shown: to a person, to another program, to a CI.

A formatter turns a stream of checked cards into a stream of text and keeps nothing that it need not keep, so that a
catalogue of any size is checked in the same memory.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from hubtool.lint.diagnostic import Diagnostic
from hubtool.lint.rule import Rule

FormatName = Literal["text", "json", "github", "sarif", "junit"]


@dataclass(frozen=True, slots=True)
class Totals:
    """Counts over all cards."""

    cards: int
    errors: int
    warnings: int
    infos: int
    cards_with_errors: int
    fixable: int = 0
    unsafely_fixable: int = 0


class Formatter:
    """Writes one report: `start`, then `add` for each card, then `end`; what they return is the report."""

    def start(self) -> str:
        """What comes before the first card."""
        return ""

    def render(self, shown: str, lines: Sequence[str], diagnostics: Sequence[Diagnostic]) -> Any:
        """What there is to say about one card, in a form that `add` takes.

        Changes nothing in the formatter: it may run on a copy, in the process that checked the card. Called for every
        card, and once more for a card about which the comparison of all cards found something.

        Parameters
        ----------
        shown
            The card, as the user named it.
        lines
            Its source lines; may be empty when they are not known.
        """
        raise NotImplementedError

    def add(self, shown: str, rendered: Any) -> str:  # noqa: ARG002 (for formats that keep cards)
        """What comes next in the report, now that this card is known."""
        return str(rendered)

    def end(self, totals: Totals) -> str:  # noqa: ARG002
        """What comes after the last card."""
        return ""


def formatter(name: FormatName, *, colour: bool, rules: Mapping[str, Rule]) -> Formatter:
    """Open a report.

    Parameters
    ----------
    colour
        Whether text is for a terminal that shows colours; the other formats have none.
    rules
        The rules by their codes.
    """
    # One format is used in a run: the others, and what they import, are not loaded.
    match name:
        case "text":
            from hubtool.lint.formats.text import TextFormatter

            return TextFormatter(colour=colour)
        case "json":
            from hubtool.lint.formats.json_format import JsonFormatter

            return JsonFormatter()
        case "github":
            from hubtool.lint.formats.github import GithubFormatter

            return GithubFormatter(rules)
        case "sarif":
            from hubtool.lint.formats.sarif import SarifFormatter

            return SarifFormatter(rules)
        case "junit":
            from hubtool.lint.formats.junit import JunitFormatter

            return JunitFormatter()
