import re

import pytest
from hypothesis import given

from hubtool.card.span import Span
from hubtool.lint.formats.characters import visible
from tests.lint.formats.reports import any_cards, diagnostic, report

COMMAND = re.compile(r"::(error|warning|notice) ([^\n\r]*?)::([^\n\r]*)")
ESCAPES = {"%25": "%", "%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ","}


def unescaped(text):
    return re.sub("%(25|0D|0A|3A|2C)", lambda escape: ESCAPES[escape[0]], text)


@pytest.mark.parametrize(
    ("found", "command"),
    [
        (
            diagnostic("HT201", "no title", Span(3, 5, 3, 9)),
            "::error file=a.md,line=3,col=5,endLine=3,endColumn=9,title=HT201 missing-field::no title",
        ),
        (
            diagnostic("HT108", "100 %: a, b\r\nc", Span(1, 1, 1, 2), path="d:e/f, 5 %.md"),
            "::warning file=d%3Ae/f%2C 5 %25.md,line=1,col=1,endLine=1,endColumn=2,title=HT108 lone-dash::100 %25: a, b%0D%0Ac",
        ),
        (
            diagnostic("HT501", "over lines", Span(3, 5, 4, 2)),
            "::notice file=a.md,line=3,endLine=4,title=HT501 odd-claim::over lines",
        ),
        (
            diagnostic("HT999", "\x1b[2J", Span(1, 1, 1, 1)),
            "::error file=a.md,line=1,col=1,endLine=1,endColumn=1,title=HT999::\\x1b[2J",
        ),
    ],
)
def test_a_diagnostic_is_a_workflow_command(found, command):
    assert report("github", [(found.path, ["x"], [found])]) == command + "\n"


def test_nothing_is_said_about_a_clean_card():
    assert report("github", [("a.md", (), ())]) == ""


@given(any_cards())
def test_whatever_is_said_a_runner_reads_it_back(cards):
    lines = report("github", cards).split("\n")[:-1]
    expected = [found for _, _, diagnostics in cards for found in diagnostics]
    assert len(lines) == len(expected)
    for line, found in zip(lines, expected, strict=True):
        _, properties, message = COMMAND.fullmatch(line).groups()
        pairs = dict(pair.split("=", 1) for pair in properties.split(","))
        assert unescaped(pairs["file"]) == visible(found.path, keep="\r\n")
        assert unescaped(message) == visible(found.message, keep="\r\n")
