import json
from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator

from hubtool.card.span import Span
from hubtool.lint.formats.sarif import uri_reference
from tests.lint.formats.reports import RULES, any_cards, diagnostic, report

TEXT = {"type": "string", "minLength": 1}
MESSAGE = {
    "type": "object",
    "required": ["text"],
    "properties": {"text": TEXT, "markdown": TEXT},
    "additionalProperties": False,
}
LEVEL = {"enum": ["none", "note", "warning", "error"]}
NUMBER = {"type": "integer", "minimum": 1}


def closed(required, **properties):
    return {"type": "object", "required": required, "properties": properties, "additionalProperties": False}


REGION = closed(["startLine"], startLine=NUMBER, startColumn=NUMBER, endLine=NUMBER, endColumn=NUMBER)
LOCATION = closed(
    ["artifactLocation", "region"],
    artifactLocation=closed(["uri"], uri={"type": "string", "pattern": r"^([A-Za-z0-9._~/:-]|%[0-9A-F]{2})*$"}),
    region=REGION,
)
RULE = closed(
    ["id"],
    id=TEXT,
    name=TEXT,
    shortDescription=MESSAGE,
    fullDescription=MESSAGE,
    help=MESSAGE,
    defaultConfiguration=closed([], level=LEVEL),
)
RESULT = closed(
    ["message"],
    ruleId=TEXT,
    ruleIndex={"type": "integer", "minimum": 0},
    level=LEVEL,
    message=closed(["text"], text={"type": "string"}),
    locations={"type": "array", "items": closed([], physicalLocation=LOCATION)},
    partialFingerprints={"type": "object", "additionalProperties": {"type": "string"}},
)
DRIVER = closed(
    ["name"], name=TEXT, version=TEXT, semanticVersion=TEXT, rules={"type": "array", "uniqueItems": True, "items": RULE}
)
RUN = closed(
    ["tool"],
    tool=closed(["driver"], driver=DRIVER),
    columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
    results={"type": "array", "items": RESULT},
)
LOG = closed(
    ["version", "runs"],
    **{"$schema": TEXT},
    version={"const": "2.1.0"},
    runs={"type": "array", "items": RUN, "minItems": 1, "maxItems": 1},
)
"""What SARIF 2.1.0 says about the properties that are written, and no other property."""

VALIDATOR = Draft202012Validator(LOG)


def run_of(cards):
    document = json.loads(report("sarif", cards))
    VALIDATOR.validate(document)
    return document["runs"][0]


def fingerprints(lines, *spans):
    cards = [("a.md", lines, [diagnostic(span=span) for span in spans])]
    return [result["partialFingerprints"]["hubtool/v1"] for result in run_of(cards)["results"]]


def test_a_result_says_what_and_where():
    run = run_of(
        [
            (
                "cards/模 1.md",
                ["", "evaluation: -"],
                [diagnostic("HT108", "no {dash}", Span(2, 13, 2, 14), path="cards/模 1.md")],
            )
        ]
    )
    (result,) = run["results"]
    assert result.pop("partialFingerprints").keys() == {"hubtool/v1"}
    assert result == {
        "ruleId": "HT108",
        "ruleIndex": 0,
        "level": "warning",
        "message": {"text": "no {dash}"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": "cards/%E6%A8%A1%201.md"},
                    "region": {"startLine": 2, "startColumn": 13, "endLine": 2, "endColumn": 14},
                }
            }
        ],
    }
    assert run["columnKind"] == "unicodeCodePoints"


def test_rules_come_with_their_explanation():
    rules = run_of([])["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == list(RULES)
    assert [rule["defaultConfiguration"]["level"] for rule in rules] == ["warning", "error", "note"]
    first = rules[0]
    assert first["name"] == "lone-dash"
    assert first["shortDescription"]["text"] == "A value is a lone dash."
    assert first["fullDescription"]["text"] == "To YAML a dash opens a list."
    assert "# HT108 lone-dash" in first["help"]["markdown"]
    assert "evaluation: -" in first["help"]["text"]


def test_every_index_points_at_its_rule():
    run = run_of([("a.md", ["x"], [diagnostic(code) for code in (*reversed(RULES), "HT999")])])
    rules = run["tool"]["driver"]["rules"]
    indexed = [result for result in run["results"] if "ruleIndex" in result]
    assert len(indexed) == len(RULES)
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in indexed)


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("cards/a.md", "cards/a.md"),
        ("../a b#c?.md", "../a%20b%23c%3F.md"),
        ("a:b/100%.md", "a%3Ab/100%25.md"),
        ("/tmp/a b.md", "file:///tmp/a%20b.md"),
        ("C:/cards/a.md", "file:///C:/cards/a.md"),
        ("caf\udce9.md", "caf%E9.md"),
        ("\ud800.md", "%3F.md"),
    ],
)
def test_a_path_becomes_a_uri(path, uri):
    assert uri_reference(path) == uri


def test_a_fingerprint_survives_moved_lines_and_blanks():
    before = fingerprints(["a: 1", "b: 2"], Span(2, 1, 2, 5))
    assert fingerprints(["# new", "", "a: 1", "  b: 2\t"], Span(4, 3, 4, 7)) == before


def test_a_fingerprint_changes_with_the_line_and_the_code():
    first, *others = (
        fingerprints(["a: 1"], Span(1, 1, 1, 2)),
        fingerprints(["a: 2"], Span(1, 1, 1, 2)),
    )
    assert first not in others
    run = run_of([("a.md", ["a: 1"], [diagnostic("HT108"), diagnostic("HT201")])])
    assert len({result["partialFingerprints"]["hubtool/v1"] for result in run["results"]}) == 2


def test_equal_lines_have_fingerprints_of_their_own():
    found = fingerprints(["same", "same", "same"], Span(1, 1, 1, 5), Span(3, 1, 3, 5), Span(3, 2, 3, 5))
    assert [print_.rpartition(":")[2] for print_ in found] == ["1", "2", "3"]
    assert len({print_.rpartition(":")[0] for print_ in found}) == 1


@given(any_cards())
def test_whatever_is_said_it_is_sarif(cards):
    results = run_of(cards)["results"]
    assert len(results) == sum(len(diagnostics) for _, _, diagnostics in cards)


@given(any_cards())
def test_uris_are_plain(cards):
    for shown, _, _ in cards:
        assert uri_reference(shown).isascii()
        unquote_to_bytes(uri_reference(shown))
