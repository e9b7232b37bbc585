from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from hubtool.card.parse import parse_card
from hubtool.lint.engine import check_card
from hubtool.lint.rule import Facts
from hubtool.lint.rules.links import LINK_CODES, links_of

TEXT = """\
# a

see [it](https://a.example/x), <https://b.example/y>; *https://c.example/z.*
`https://b.example/y` (http://d.example)
"""


@dataclass(frozen=True)
class State:
    state: Literal["alive", "dead", "unreachable"]
    reason: str = ""


def found(**states: State) -> list[tuple[int, int, str, str]]:
    def probe(url: str) -> State:
        return states.get(url.partition("//")[2][0], State("alive"))

    diagnostics = check_card(parse_card(TEXT, Path("a.md")), Facts(probe=probe), LINK_CODES)
    return [(d.span.line, d.span.column, d.code, d.message) for d in diagnostics]


def test_every_link_has_its_place() -> None:
    places = [(url, span.line, span.column, span.end_column) for url, span in links_of(parse_card(TEXT, Path("a.md")))]
    assert places == [
        ("https://a.example/x", 3, 10, 29),
        ("https://b.example/y", 3, 33, 52),
        ("https://c.example/z", 3, 56, 75),
        ("https://b.example/y", 4, 2, 21),
        ("http://d.example", 4, 24, 40),
    ]


def test_dead_and_unreachable_links_are_named_at_each_place() -> None:
    assert found() == []
    assert found(b=State("dead", "gone"), d=State("unreachable", "no answer")) == [
        (3, 33, "HT801", "https://b.example/y: gone"),
        (4, 2, "HT801", "https://b.example/y: gone"),
        (4, 24, "HT802", "http://d.example: no answer"),
    ]


def test_without_a_probe_nothing_is_found() -> None:
    assert check_card(parse_card(TEXT, Path("a.md")), Facts(), LINK_CODES) == []
