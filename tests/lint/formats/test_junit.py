import xml.etree.ElementTree as ET

from hypothesis import given

from hubtool.card.span import Span
from hubtool.lint.formats.junit import _ILLEGAL
from tests.lint.formats.reports import any_cards, diagnostic, report, totals

REQUIRED = {
    "testsuites": {"name", "tests", "failures", "errors"},
    "testsuite": {"name", "tests", "failures", "errors"},
    "testcase": {"name", "classname"},
    "failure": {"type", "message"},
    "system-out": set(),
}
CHILDREN = {
    "testsuites": {"testsuite"},
    "testsuite": {"testcase"},
    "testcase": {"failure", "system-out"},
    "failure": set(),
    "system-out": set(),
}


def suite_of(cards):
    root = ET.fromstring(report("junit", cards).encode("utf-8"))
    assert root.tag == "testsuites"
    for element in root.iter():
        assert element.attrib.keys() >= REQUIRED[element.tag]
        assert {child.tag for child in element} <= CHILDREN[element.tag]
    (suite,) = root
    for counted in (root, suite):
        assert counted.get("tests") == str(len(suite))
        assert counted.get("failures") == str(len(suite.findall("testcase/failure")))
        assert counted.get("errors") == "0"
    return suite


def test_errors_fail_a_card_and_the_rest_is_its_output():
    found = [
        diagnostic("HT201", 'no "title"', Span(1, 2, 1, 3)),
        diagnostic("HT108", "a < b & c", Span(2, 1, 2, 2)),
        diagnostic("HT201", "no name", Span(3, 1, 3, 2)),
    ]
    (case,) = suite_of([("a.md", ["x"], found)])
    assert case.get("name") == "a.md"
    failure, output = case
    assert failure.get("message") == 'HT201 no "title"'
    assert failure.text == 'a.md:1:2: error HT201 no "title"\na.md:3:1: error HT201 no name\n'
    assert output.text == "a.md:2:1: warning HT108 a < b & c\n"


def test_warnings_do_not_fail_a_card():
    suite = suite_of([("a.md", ["x"], [diagnostic("HT108"), diagnostic("HT501")]), ("b.md", (), ())])
    assert [[child.tag for child in case] for case in suite] == [["system-out"], []]


def test_a_card_that_comes_again_is_one_case():
    again = [
        ("a.md", ["x"], [diagnostic("HT108", "first")]),
        ("b.md", (), ()),
        ("a.md", ["x"], [diagnostic("HT201", "then"), diagnostic("HT108", "last")]),
    ]
    suite = suite_of(again)
    assert [case.get("name") for case in suite] == ["a.md", "b.md"]
    assert suite[0].find("failure").get("message") == "HT201 then"
    assert suite[0].find("system-out").text == "a.md:1:1: warning HT108 first\na.md:1:1: warning HT108 last\n"


def test_no_cards_are_a_document_too():
    assert len(suite_of([])) == 0


def test_what_xml_forbids_is_left_out():
    (case,) = suite_of([("a\x00\ud800.md", ["x"], [diagnostic(message="\x1b[1m\ufffe\t\r\n]]>")])])
    assert case.get("name") == "a.md"
    assert case.find("failure").get("message") == "HT201 [1m\t\r\n]]>"


@given(any_cards())
def test_whatever_is_said_it_is_xml(cards):
    suite = suite_of(cards)
    counts = totals(cards)
    assert (len(suite), len(suite.findall("testcase/failure"))) == (counts.cards, counts.cards_with_errors)
    assert [case.get("name") for case in suite] == [
        _ILLEGAL.sub("", shown) for shown in dict.fromkeys(shown for shown, _, _ in cards)
    ]
