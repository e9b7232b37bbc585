from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubtool.card.parse import ParsedCard, parse_card
from hubtool.card.span import Span
from hubtool.lint.diagnostic import Diagnostic, Severity
from hubtool.lint.engine import check_card
from hubtool.lint.fixes import apply_edits
from hubtool.lint.rule import CARD_RULES, CATALOGUE_RULES, Facts
from hubtool.lint.suppress import drop_ignored, suppress
from tests.effort import little_effort

_MARK = "hubtool:"
RAN = frozenset({"HT101", "HT102", "HT108", "HT901", "HT902"})


def parse(text: str) -> ParsedCard:
    return parse_card(text, Path("cards/net.md"))


def found(parsed: ParsedCard, *places: tuple[int, str]) -> list[Diagnostic]:
    return [Diagnostic(parsed.shown, Span(n, 1, n, 2), code, Severity.ERROR, "wrong") for n, code in places]


def codes(diagnostics: list[Diagnostic]) -> list[tuple[int, int, str]]:
    return [(d.span.line, d.span.column, d.code) for d in diagnostics]


def card(yaml: str = "model-name: net", body: str = "text", title: str = "# net\n") -> str:
    return f"{title}\n---\n\n{yaml}\n\n---\n\n{body}\n"


@pytest.mark.parametrize(
    ("text", "places", "left"),
    [
        # YAML: title 1, opening 3, yaml from 5.
        (card("evaluation: -  # hubtool: ignore[HT108]"), [(5, "HT108")], []),
        (card("evaluation: -  # hubtool: ignore[lone-dash]"), [(5, "HT108")], []),
        (card("evaluation: -  #hubtool:ignore [ HT101 ,HT108 ] says who"), [(5, "HT101"), (5, "HT108")], []),
        (card("evaluation: -  # none yet # hubtool: ignore[HT108]"), [(5, "HT108")], []),
        (card("evaluation: -  # hubtool: ignore[HT108]  # hubtool: ignore[HT101]"), [(5, "HT101"), (5, "HT108")], []),
        (card("# hubtool: ignore[HT108]\nevaluation: -"), [(6, "HT108")], []),
        (card("  # hubtool: ignore[HT108]\n\n# a note\n# hubtool: ignore[HT101]\nevaluation: -"), [(9, "HT101"), (9, "HT108")], []),
        (card("a: b\n# hubtool: ignore[HT108]"), [(8, "HT108")], []),  # the closing line
        (card("# hubtool: ignore-file[HT108]\na: b"), [(1, "HT108"), (6, "HT108"), (10, "HT108")], []),
        (card("a: b # hubtool: ignore-file[HT1]"), [(1, "HT101"), (10, "HT108")], []),
        (card("a: | # hubtool: ignore[HT108]\n  text"), [(5, "HT108")], []),
        (card("a: b # hubtool: ignore[HT108]\nc: d"), [(5, "HT108"), (6, "HT108")], [(6, 1, "HT108")]),
        # Markdown: body from 9.
        (card(body="text <!-- hubtool: ignore[HT108] -->"), [(9, "HT108")], []),
        (card(body="text <!--hubtool:ignore[HT108] because-->  "), [(9, "HT108")], []),
        (card(body="<!-- hubtool: ignore[HT108] -->\n\n\ntext\nmore"), [(12, "HT108"), (13, "HT108")], [(13, 1, "HT108")]),
        (card(body="<!-- hubtool: ignore[HT108] -->\n<!-- hubtool: ignore[HT101] -->\ntext"), [(11, "HT101"), (11, "HT108")], []),
        (card(body="text\n\n<!-- hubtool: ignore-file[HT108] -->"), [(1, "HT108"), (5, "HT108"), (9, "HT108")], []),
        (card(title="<!-- hubtool: ignore[HT108] -->\n# net\n"), [(2, "HT108")], []),
        (card(title="# net\n<!-- hubtool: ignore[HT102] -->"), [(3, "HT102")], []),  # missing fields: at the opening line
        ("no block <!-- hubtool: ignore[HT102] -->", [(1, "HT102")], []),
        ("# net\n\n---\na: b # hubtool: ignore[HT102]", [(4, "HT102")], []),  # never closed
        ("<!-- hubtool: ignore-file[HT101] -->", [(1, "HT101")], []),
    ],
)  # fmt: skip
@pytest.mark.parametrize("written", [str, lambda text: text.replace("\n", "\r\n"), lambda text: "\ufeff" + text])
def test_what_a_comment_covers(
    text: str, places: list[tuple[int, str]], left: list[tuple[int, int, str]], written: Callable[[str], str]
) -> None:
    parsed = parse(written(text))
    diagnostics = found(parsed, *places)
    assert codes(suppress(parsed, diagnostics, RAN)) == left
    assert codes(drop_ignored(parsed, diagnostics)) == left


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (card("a: 'b # hubtool: ignore[HT101]'"), 5),
        (card('a: "b # hubtool: ignore[HT101]"'), 5),
        (card("a: b# hubtool: ignore[HT101]"), 5),
        (card("a: |\n  # hubtool: ignore-file[HT101]\n  text"), 6),
        (card("a: >\n  x\n  # hubtool: ignore[HT101]\n  text"), 8),
        (card("<!-- hubtool: ignore-file[HT101] -->"), 5),
        (card(body="# hubtool: ignore-file[HT101]"), 9),
        (card(body="`<!-- hubtool: ignore-file[HT101] -->`"), 9),
        (card(body="<!-- hubtool: ignore-file[HT101] --> text"), 9),
        (card(body="<!-- hubtool: ignore-file[HT101] --> text -->"), 9),
        (card(body="<!-- hubtool: ignore-file[HT101]"), 9),
        (card(body="```html\n<!-- hubtool: ignore-file[HT101] -->\n```"), 10),
        (card(body="~~~~\n~~~\n<!-- hubtool: ignore-file[HT101] -->\n~~~~"), 11),
        (card(body="```\nnever closed\n<!-- hubtool: ignore-file[HT101] -->"), 11),
        (card(body="<!-- hubtool: results -->"), 10),
    ],
)
def test_what_is_no_comment(text: str, line: int) -> None:
    parsed = parse(text)
    diagnostics = found(parsed, (line, "HT101"))
    assert suppress(parsed, diagnostics, RAN) == diagnostics


def test_a_comment_behind_a_fence_counts() -> None:
    parsed = parse(card(body="```\na ` b\n```\n``` not `a` fence\ntext <!-- hubtool: ignore[HT101] -->"))
    assert suppress(parsed, found(parsed, (13, "HT101")), RAN) == []


@pytest.mark.parametrize(
    ("text", "places", "said"),
    [
        (card("a: b  # hubtool: ignore[HT101]"), [], [(5, 25, "HT901")]),
        (card("a: b  # hubtool: ignore[HT101, HT108]"), [(5, "HT108")], [(5, 25, "HT901")]),
        (card("a: b  # hubtool: ignore[HT101, HT108]"), [], [(5, 25, "HT901"), (5, 32, "HT901")]),
        (card("a: b  # hubtool: ignore[HT101]"), [(6, "HT101")], [(5, 25, "HT901"), (6, 1, "HT101")]),
        (card(body="<!-- hubtool: ignore-file[HT101] -->"), [], [(9, 27, "HT901")]),
        (card(body="<!-- hubtool: ignore[HT101, HT901] -->"), [], []),
        (card("# hubtool: ignore-file[HT901]", "<!-- hubtool: ignore[HT101] -->"), [], []),
        (card("a: b  # hubtool: ignore[HT109]"), [], []),  # known, did not run
        (card("a: b  # hubtool: ignore[HT1]"), [], []),  # a part of the family did not run
        (card("a: b  # hubtool: ignore[HT101, HT1O1]"), [(5, "HT101")], [(5, 32, "HT902")]),
        (card("a: b  # hubtool: ignore[HT1O1]"), [], [(5, 25, "HT902")]),
        (card("a: b  # hubtool: ignore[HT1O1, HT902]"), [], []),
        (card("a: b  # hubtool: ignore"), [], [(5, 18, "HT902")]),
        (card("a: b  # hubtool: ignore[ ]"), [], [(5, 18, "HT902")]),
        (card("a: b  # hubtool: ingore[HT101]"), [(5, "HT101")], [(5, 1, "HT101"), (5, 18, "HT902")]),
        (card(body="text <!-- hubtool: ignore_file[HT101] -->"), [], [(9, 20, "HT902")]),
    ],
)  # fmt: skip
def test_what_is_wrong_with_comments(
    text: str, places: list[tuple[int, str]], said: list[tuple[int, int, str]]
) -> None:
    if "HT109" in text and not any(rule.code == "HT109" for rule in CARD_RULES):
        pytest.skip("no such rule")
    parsed = parse(text)
    assert codes(suppress(parsed, found(parsed, *places), RAN)) == said


def test_messages_say_what_to_write() -> None:
    parsed = parse(card("a: b  # hubtool: ignore[ht101, HT102]", "<!-- hubtool: ingore-file[HT1] -->"))
    assert [d.message for d in suppress(parsed, [], RAN)] == [
        "`ht101` is not a rule: did you mean `HT101`?",
        "`HT102` finds nothing on line 5: remove it from the comment",
        "`ingore-file` is not an instruction to hubtool: did you mean `ignore-file`?",
    ]


def test_the_two_rules_can_be_switched_off() -> None:
    parsed = parse(card("a: b  # hubtool: ignore[HT101, HT1O1]"))
    assert suppress(parsed, [], RAN - {"HT901", "HT902"}) == []
    assert [d.code for d in suppress(parsed, [])] == ["HT901", "HT902"]


def test_a_rule_over_all_cards_is_not_unused_here() -> None:
    for rule in CATALOGUE_RULES:
        parsed = parse(card(f"a: b  # hubtool: ignore[{rule.code}]"))
        assert suppress(parsed, []) == []
        assert drop_ignored(parsed, found(parsed, (5, rule.code))) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (card("a: b  # hubtool: ignore[HT101]"), card("a: b")),
        (card("a: b  # note # hubtool: ignore[HT101] why"), card("a: b  # note")),
        (card("a: b  # hubtool: ignore[HT101] why  # note"), card("a: b  # note")),
        (card("a: b  # hubtool: ignore[HT102, HT101,HT108] why"), card("a: b  # hubtool: ignore[HT108] why")),
        (card("a: b  # hubtool: ignore[HT101, HT1O2]"), card("a: b  # hubtool: ignore[HT1O2]")),
        (card("x: y\n# hubtool: ignore[HT101]\na: b"), card("x: y\na: b")),
        (card("x: y\n\n# hubtool: ignore[HT101]\n\na: b"), card("x: y\n\n\na: b")),
        (card(body="text <!-- hubtool: ignore[HT101] -->  "), card(body="text")),
        (card(body="one\n\n<!-- hubtool: ignore[HT101] -->\n\ntwo"), card(body="one\n\ntwo")),
        (card(body="one\n\n<!-- hubtool: ignore[HT101] -->\ntwo"), card(body="one\n\ntwo")),
        (card(body="one\n<!-- hubtool: ignore[HT101] -->\ntwo"), card(body="one\n\ntwo")),
        ("text\n<!-- hubtool: ignore[HT101] -->", "text\n"),
        ("<!-- hubtool: ignore[HT101] -->", ""),
    ],
)  # fmt: skip
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_edit_of_an_unused_comment(before: str, after: str, end: str) -> None:
    parsed = parse(before.replace("\n", end))
    line = next(n for n, text in enumerate(parsed.lines, 1) if _MARK in text)
    unused = [d for d in suppress(parsed, found(parsed, (line, "HT108")), RAN) if d.code == "HT901"]
    assert all(d.edit is not None and d.edit.safe for d in unused)
    assert apply_edits(parsed.text, [d.edit for d in unused if d.edit])[0] == after.replace("\n", end)


def test_cards_without_the_word_cost_nothing() -> None:
    parsed = parse(card())
    diagnostics = found(parsed, (1, "HT101"))
    assert suppress(parsed, diagnostics, RAN) is diagnostics


def test_the_rules_themselves_find_nothing() -> None:
    parsed = parse(card("a: b  # hubtool: ignore[HT101, HT1O1]"))
    assert check_card(parsed, Facts(), frozenset({"HT901", "HT902"})) == []


@pytest.mark.parametrize(
    "text",
    [
        card("# hubtool: ignore[HT101]\n" * 20_000),
        card(body="<!-- hubtool: ignore[HT101] -->\n" * 20_000),
        card("a: b" + " # hubtool: ignore[HT101]" * 20_000),
        card(body="<!-- hubtool: ignore[" * 40_000),
        card(body="<!-- hubtool: " + "a" * 500_000),
        card(body="<!-- hubtool: ignore" + " " * 500_000 + "-->"),
        card("# hubtool: ignore" + " " * 500_000 + "x"),
        card("# hubtool: ignore[" + "HT101," * 50_000),
        card("# hubtool: ignore[" + "HT101," * 50_000 + "]"),
        card("# hubtool: ignore[" + ",".join(f"H{n}" for n in range(50_000)) + "]"),
        card(body="<!-- hubtool: ignroe[HT101] -->\n" * 20_000),
    ],
    ids=range(11),
)
def test_hostile_cards_cost_linear_time(text: str) -> None:
    parsed = parse(text)
    with little_effort(125):
        suppress(parsed, found(parsed, *[(9, "HT102")] * 1000), RAN)


_PIECES = st.sampled_from(
    ["hubtool:", " ignore", "-file", "[", "]", "HT101", ",", "HT999", "<!--", "-->", "#", " ", "\n", "\r\n", "---\n",
     "```\n", "a: ", "|", '"', "'", "- ", "text", "\t", "\u2028", "{", "}"]
)  # fmt: skip


@given(st.lists(_PIECES, max_size=40).map("".join))
def test_any_text_gives_places_inside_it(text: str) -> None:
    parsed = parse("# net\n---\n\n\n" + text)
    for diagnostic in suppress(parsed, found(parsed, (4, "HT101")), RAN):
        span = diagnostic.span
        assert 1 <= span.line <= len(parsed.lines)
        if diagnostic.code != "HT101":
            assert 1 <= span.column < span.end_column <= len(parsed.lines[span.line - 1]) + 1
        if diagnostic.edit:
            assert 0 <= diagnostic.edit.start <= diagnostic.edit.end <= len(parsed.text)
