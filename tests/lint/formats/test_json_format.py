import json

from hypothesis import given

from hubtool.card.span import Span
from hubtool.lint.diagnostic import Edit
from hubtool.lint.formats.characters import valid_unicode
from tests.lint.formats.reports import any_cards, diagnostic, report, totals


def test_the_document_is_as_promised():
    found = [
        diagnostic("HT201", "no title", Span(1, 1, 1, 9)),
        diagnostic("HT108", "模", Span(3, 5, 4, 1), edit=Edit(0, 1, "")),
    ]
    assert json.loads(report("json", [("a.md", ["x"], found), ("b.md", (), ())])) == {
        "cards": 2,
        "diagnostics": [
            {
                "path": "a.md",
                "line": 1,
                "column": 1,
                "end_line": 1,
                "end_column": 9,
                "code": "HT201",
                "severity": "error",
                "message": "no title",
                "fixable": False,
            },
            {
                "path": "a.md",
                "line": 3,
                "column": 5,
                "end_line": 4,
                "end_column": 1,
                "code": "HT108",
                "severity": "warning",
                "message": "模",
                "fixable": True,
            },
        ],
        "summary": {"errors": 1, "warnings": 1, "infos": 0, "cards_with_errors": 1},
    }


def test_no_cards_and_no_problems_are_a_document_too():
    summary = {"errors": 0, "warnings": 0, "infos": 0, "cards_with_errors": 0}
    assert json.loads(report("json", [])) == {"cards": 0, "diagnostics": [], "summary": summary}
    assert json.loads(report("json", [("a.md", (), ())])) == {"cards": 1, "diagnostics": [], "summary": summary}


def test_a_diagnostic_a_line():
    cards = [
        ("a.md", ["x"], [diagnostic(), diagnostic()]),
        ("b.md", (), ()),
        ("c.md", ["x"], [diagnostic(path="c.md")]),
    ]
    assert sum(line.startswith('{"path"') for line in report("json", cards).splitlines()) == 3


@given(any_cards())
def test_whatever_is_said_it_is_json(cards):
    written = report("json", cards)
    assert written.isascii()
    document = json.loads(written)
    expected = [valid_unicode(found.message) for _, _, diagnostics in cards for found in diagnostics]
    assert [found["message"] for found in document["diagnostics"]] == expected
    assert document["cards"] == totals(cards).cards
