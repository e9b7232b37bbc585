import re
import unicodedata

import pytest
from hypothesis import given

from hubtool.card.span import Span
from hubtool.lint.diagnostic import Edit
from hubtool.lint.formats.text import excerpt
from tests.lint.formats.reports import any_cards, diagnostic, report

ANSI = re.compile(r"\x1b\[\d+m")


def at(column, end_column, end_line=1):
    return Span(1, column, end_line, end_column)


def test_a_diagnostic_is_a_line_an_excerpt_and_carets():
    lines = ["# title", "evaluation: -"]
    found = diagnostic("HT108", "`-` opens a list: leave the value empty", Span(2, 13, 2, 14), edit=Edit(20, 21, ""))
    assert report("text", [("a.md", lines, [found])]) == (
        "a.md:2:13: warning HT108 `-` opens a list: leave the value empty [fixable]\n"
        "    evaluation: -\n"
        "                ^\n"
        "\n"
        "1 card: 1 warning\n"
        "1 can be fixed with --fix\n"
    )


@pytest.mark.parametrize(
    ("line", "span", "source", "carets"),
    [
        ("key: value", at(6, 11), "key: value", "     ^^^^^"),
        ("key: value", at(1, 1), "key: value", "^"),
        ("key:", at(5, 5), "key:", "    ^"),
        ("key:", at(5, 6), "key:", "    ^"),
        ("key:", at(99, 120), "key:", "    ^"),
        ("key: |", at(6, 3, end_line=4), "key: |", "     ^"),
        ("key: >-  ", at(6, 1, end_line=2), "key: >-  ", "     ^^^^"),
        ("\tkey: 1", at(2, 5), "\tkey: 1", "\t^^^"),
        ("模型: 值 x", at(5, 6), "模型: 值 x", "      ^^"),
        ("名 value", at(3, 8), "名 value", "   ^^^^^"),
        ("e\u0301 x", at(4, 5), "e\u0301 x", "  ^"),
        ("a\x1b[0mb", at(6, 7), r"a\x1b[0mb", "        ^"),
        ("a\x1bb", at(2, 3), r"a\x1bb", " ^^^^"),
    ],
)
def test_carets_stand_under_the_place(line, span, source, carets):
    assert excerpt(line, span) == (f"    {source}", f"    {carets}")


def test_a_tab_in_a_place_is_underlined_to_its_stop():
    assert excerpt("ab\tc", at(3, 4)) == ("    ab\tc", "      ^^")


LONG = "".join(f"{number:04}" for number in range(500))


@pytest.mark.parametrize(
    ("span", "source", "marked"),
    [
        (at(1, 5), LONG[:100] + "...", "0000"),
        (at(1001, 1005), "..." + LONG[960:1060] + "...", "0250"),
        (at(1997, 2001), "..." + LONG[1900:], "0499"),
        (at(1991, 1995), "..." + LONG[1900:], "97" + "04"),
    ],
)
def test_a_long_line_is_cut_around_the_place(span, source, marked):
    shown, carets = excerpt(LONG, span)
    assert shown == "    " + source
    assert shown[carets.index("^") : len(carets)] == marked


def test_carets_end_where_a_long_line_is_cut():
    shown, carets = excerpt("x" * 5000, at(1, 5001))
    assert shown == "    " + "x" * 100 + "..."
    assert carets == "    " + "^" * 100


def test_a_long_line_of_wide_characters_is_cut_by_columns():
    shown, carets = excerpt("模" * 3000, at(2001, 2003))
    assert shown == "    ..." + "模" * 50 + "..."
    assert carets == " " * (7 + 40) + "^^^^"


@pytest.mark.parametrize("lines", [(), [], [""], ["first"]])
def test_no_excerpt_without_a_line_to_show(lines):
    written = report("text", [("a.md", lines, [diagnostic(span=Span(len(lines) + 1, 1, len(lines) + 1, 1))])])
    assert written.splitlines()[1] == ""


@pytest.mark.parametrize(
    ("codes", "summary"),
    [
        ([], "1 card: no problem"),
        (["HT201"], "1 card: 1 error"),
        (["HT201", "HT201", "HT108"], "1 card: 2 errors, 1 warning"),
        (["HT501", "HT501"], "1 card: 2 infos"),
    ],
)
def test_the_last_line_counts(codes, summary):
    written = report("text", [("a.md", ["x"], [diagnostic(code) for code in codes])])
    assert written.splitlines()[-1] == summary


def test_many_cards_are_counted_in_plural():
    assert report("text", [("a.md", (), ()), ("b.md", (), ())]) == "2 cards: no problem\n"


@pytest.mark.parametrize(
    ("safe", "unsafe", "told"),
    [
        (2, 0, "2 can be fixed with --fix"),
        (0, 1, "1 can be fixed with --fix --unsafe-fixes"),
        (1, 2, "1 can be fixed with --fix, 2 more can be fixed with --fix --unsafe-fixes"),
    ],
)
def test_what_can_be_fixed_is_said(safe, unsafe, told):
    found = [diagnostic("HT108", edit=Edit(0, 1, "", safe=index < safe)) for index in range(safe + unsafe)]
    assert report("text", [("a.md", ["x"], found)]).splitlines()[-1] == told


def test_colour_changes_nothing_but_colour():
    cards = [("a.md", ["x", "\ty"], [diagnostic(), diagnostic("HT108", span=Span(2, 2, 2, 3), edit=Edit(0, 1, ""))])]
    painted = report("text", cards, colour=True)
    assert "\x1b[31merror\x1b[0m" in painted
    assert "\x1b[33mwarning\x1b[0m" in painted
    assert "\x1b[2m[fixable]\x1b[0m" in painted
    assert ANSI.sub("", painted) == report("text", cards)


@given(any_cards())
def test_no_control_character_gets_through(cards):
    written = ANSI.sub("", report("text", cards, colour=True))
    assert {char for char in written if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"}} <= {"\n", "\t"}
    written.encode("utf-8")
