"""What the docstrings of rules say, as pages to read."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable
from itertools import groupby
from typing import NamedTuple

from hubtool.lint.rule import Fixes, Rule

FAMILIES = {
    "1": "Structure",
    "2": "Fields",
    "3": "Names",
    "4": "Assets",
    "5": "Claims",
    "6": "Body",
    "7": "Catalogue",
    "8": "Evidence and links",
    "9": "The linter's own controls",
}
"""By the first digit of their codes."""

_PARTS = re.compile(r"^(Bad|Good):[ ]*$", re.MULTILINE)
_YAML_LINE = re.compile(r"\s*(- )?[\w.-]+( [\w.-]+)?:( .*)?|\s*- .*|---|\s*#[^#].*|\s*")
_YAML_KEY = re.compile(r"^\s*(- )?[\w.-]+( [\w.-]+)?:( |$)", re.MULTILINE)
_FIXES: dict[Fixes, str] = {
    "no": "fix it by hand",
    "safe": "fixed by `--fix`",
    "unsafe": "fixed by `--fix --unsafe-fixes`",
}
_FIXES_SHORT: dict[Fixes, str] = {"no": "", "safe": "safe", "unsafe": "unsafe"}


class Explanation(NamedTuple):
    """The parts of a rule's docstring; a part that is not there is empty."""

    headline: str
    why: str
    bad: str
    good: str


def explanation(doc: str) -> Explanation:
    """Split a rule's docstring into a headline, why it matters, and snippets under `Bad:` and `Good:`."""
    told, *rest = _PARTS.split(doc)
    headline, _, why = told.strip().partition("\n\n")
    snippets = {name: textwrap.dedent(text).strip("\n") for name, text in zip(rest[::2], rest[1::2], strict=True)}
    good = snippets.get("Good", "").rstrip()
    return Explanation(" ".join(headline.split()), why.strip(), snippets.get("Bad", "").rstrip(), good)


def rule_page(rule: Rule, *, level: int = 1) -> str:
    """All about one rule, in Markdown.

    Parameters
    ----------
    level
        Of the heading.
    """
    told = explanation(rule.doc)
    parts = [
        f"{'#' * level} {rule.code} {rule.name}",
        f"**{rule.severity.value.capitalize()}**, {_FIXES[rule.fixes]}.",
        told.headline,
        told.why,
        *_example("Bad", told.bad),
        *_example("Good", told.good),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def rules_document(rules: Iterable[Rule]) -> str:
    """All about all rules, in Markdown: a table of them, then a page each, family by family."""
    ordered = sorted(rules, key=lambda rule: rule.code)
    sections = ["# Rules", _INTRODUCTION, "\n".join([*_TABLE_HEAD, *map(_row, ordered)])]
    for digit, family in groupby(ordered, key=lambda rule: rule.code[2:3]):
        sections.append(f"## HT{digit}xx: {FAMILIES.get(digit, 'Others')}")
        sections += [rule_page(rule, level=3).rstrip("\n") for rule in family]
    return "\n\n".join(sections) + "\n"


_INTRODUCTION = """\
<!-- Generated from the docstrings of the rules by `make docs`: do not edit. -->

What `hubtool validate` checks. An error is certainly wrong, a warning is probably wrong, an info is a hint. Only errors
make the command fail. `hubtool rule CODE` prints the same in a terminal."""

_TABLE_HEAD = ("| code | name | severity | fix | problem |", "| --- | --- | --- | --- | --- |")


def _row(rule: Rule) -> str:
    headline = explanation(rule.doc).headline.replace("|", r"\|")
    anchor = f"{rule.code}-{rule.name}".casefold()
    return (
        f"| [{rule.code}](#{anchor}) | {rule.name} | {rule.severity.value} | {_FIXES_SHORT[rule.fixes]} | {headline} |"
    )


def _example(title: str, snippet: str) -> list[str]:
    if not snippet:
        return []
    longest = max((len(run) for run in re.findall("`+", snippet)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{title}:", f"{fence}{_language(snippet)}\n{snippet}\n{fence}"]


def _language(snippet: str) -> str:
    lines = snippet.split("\n")
    if _YAML_KEY.search(snippet) and all(_YAML_LINE.fullmatch(line) for line in lines) and not lines[0].startswith("#"):
        return "yaml"
    return "markdown"


if __name__ == "__main__":
    import sys

    import hubtool.lint.rules  # noqa: F401 (fills the tables of rules)
    from hubtool.lint.rule import CARD_RULES, CATALOGUE_RULES

    sys.stdout.write(rules_document((*CARD_RULES, *CATALOGUE_RULES)))
