import re

import pytest
from markdown_it import MarkdownIt

import hubtool.lint.rules  # noqa: F401 (fills the tables of rules)
from hubtool.lint.diagnostic import Severity
from hubtool.lint.docs import FAMILIES, explanation, rule_page, rules_document
from hubtool.lint.rule import CARD_RULES, CATALOGUE_RULES, Rule

DOC = """\
A value is a lone dash.

To YAML a dash opens a list, and most readers
refuse the whole block.

Bad:
    evaluation: -

    asset: -

Good:
    evaluation:
"""


def a_rule(code="HT108", name="lone-dash", severity=Severity.WARNING, fixes="safe", doc=DOC):
    return Rule(code, name, severity, fixes, doc)


def headings(markdown):
    tokens = MarkdownIt().parse(markdown)
    return [
        (token.tag, tokens[index + 1].content) for index, token in enumerate(tokens) if token.type == "heading_open"
    ]


def fences(markdown):
    return [(token.info, token.content) for token in MarkdownIt().parse(markdown) if token.type == "fence"]


def all_rules():
    return [*CARD_RULES, *CATALOGUE_RULES]


def test_a_docstring_comes_apart():
    told = explanation(DOC)
    assert told.headline == "A value is a lone dash."
    assert told.why == "To YAML a dash opens a list, and most readers\nrefuse the whole block."
    assert told.bad == "evaluation: -\n\nasset: -"
    assert told.good == "evaluation:"


@pytest.mark.parametrize(
    "doc", ["", "Only a headline.", "Bad:\n    x", "A headline.\n\nGood:\n    x\n\nBad:\n", "Bad:\n\nBad:\n"]
)
def test_missing_parts_are_empty(doc):
    assert all(isinstance(part, str) for part in explanation(doc))
    assert rule_page(a_rule(doc=doc)).startswith("# HT108 lone-dash\n")


def test_a_page_says_everything():
    assert rule_page(a_rule()) == (
        "# HT108 lone-dash\n"
        "\n"
        "**Warning**, fixed by `--fix`.\n"
        "\n"
        "A value is a lone dash.\n"
        "\n"
        "To YAML a dash opens a list, and most readers\nrefuse the whole block.\n"
        "\n"
        "Bad:\n"
        "\n"
        "```yaml\nevaluation: -\n\nasset: -\n```\n"
        "\n"
        "Good:\n"
        "\n"
        "```yaml\nevaluation:\n```\n"
    )


@pytest.mark.parametrize(
    ("fixes", "told"),
    [("no", "fix it by hand."), ("safe", "fixed by `--fix`."), ("unsafe", "fixed by `--fix --unsafe-fixes`.")],
)
def test_a_page_says_how_it_is_fixed(fixes, told):
    assert told in rule_page(a_rule(fixes=fixes))


@pytest.mark.parametrize(
    ("snippet", "language"),
    [
        ("evaluation: -", "yaml"),
        ("asset:\n  - file-format: ckpt\n    asset-link: <https://a/b>", "yaml"),
        ("---\nmodel-name: a\n---", "yaml"),
        ("# a title\n\n---\nmodel-name: a\n---", "markdown"),
        ("| Model | Top-1 |\n| --- | --- |", "markdown"),
        ("a card saved as UTF-16", "markdown"),
        ("```python\nload()\n```", "markdown"),
    ],
)
def test_a_snippet_stays_whole_in_its_fence(snippet, language):
    indented = "\n".join(f"    {line}" for line in snippet.split("\n"))
    page = rule_page(a_rule(doc=f"A headline.\n\nWhy.\n\nBad:\n{indented}\n\nGood:\n{indented}"))
    assert fences(page) == [(language, f"{snippet}\n")] * 2


def test_the_document_has_a_table_and_a_page_a_rule_by_family():
    rules = [a_rule("HT301", "title-differs", doc="A `a|b` differs.\n\nWhy.\n\nBad:\n    x\n\nGood:\n    y"), a_rule()]
    document = rules_document(rules)
    assert "| [HT108](#ht108-lone-dash) | lone-dash | warning | safe | A value is a lone dash. |\n" in document
    assert "| [HT301](#ht301-title-differs) | title-differs | warning | safe | A `a\\|b` differs. |\n" in document
    assert headings(document) == [
        ("h1", "Rules"),
        ("h2", "HT1xx: Structure"),
        ("h3", "HT108 lone-dash"),
        ("h2", "HT3xx: Names"),
        ("h3", "HT301 title-differs"),
    ]


def test_every_rule_is_documented():
    missing = {
        f"{rule.code} {part}"
        for rule in all_rules()
        for part, text in explanation(rule.doc)._asdict().items()
        if not text.strip()
    }
    assert not missing


def test_every_headline_is_one_sentence_on_one_line():
    assert not [rule.code for rule in all_rules() if not re.match(r"[^\n]+\.\n\n", rule.doc)]


def test_every_docstring_has_its_parts_once_and_in_order():
    wrong = [
        rule.code for rule in all_rules() if re.findall(r"^(Bad|Good):", rule.doc, re.MULTILINE) != ["Bad", "Good"]
    ]
    assert not wrong


def test_every_snippet_is_indented():
    unindented = [
        rule.code
        for rule in all_rules()
        for line in rule.doc.partition("\nBad:\n")[2].split("\n")
        if line and line != "Good:" and not line.startswith("    ")
    ]
    assert not unindented


def test_every_code_and_name_is_well_formed_and_of_one_rule():
    rules = all_rules()
    assert not [rule.code for rule in rules if not re.fullmatch(r"HT[1-9]\d\d", rule.code)]
    assert not [rule.name for rule in rules if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", rule.name)]
    assert len({rule.code for rule in rules}) == len({rule.name for rule in rules}) == len(rules)
    assert {rule.code[2] for rule in rules} <= FAMILIES.keys()


def test_the_document_of_all_rules_links_to_each():
    document = rules_document(all_rules())
    anchors = {text.casefold().replace(" ", "-") for tag, text in headings(document) if tag == "h3"}
    assert set(re.findall(r"\]\(#(ht[^)]*)\)", document)) == anchors
    assert len(anchors) == len(all_rules())
