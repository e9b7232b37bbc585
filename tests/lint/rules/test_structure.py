"""HT1xx, as tables: a text, and where which rule speaks."""

from pathlib import Path

import pytest

from hubtool.card.cardtext import Problem
from hubtool.card.parse import ParsedCard, parse_card
from hubtool.card.span import Span
from hubtool.lint.diagnostic import Diagnostic
from hubtool.lint.engine import check_card
from hubtool.lint.rule import CARD_RULES, Facts

CODES = frozenset(rule.code for rule in CARD_RULES if rule.code.startswith("HT1"))
PATH = Path("mindspore/2.5/net_digits.md")
VALID = """\
# net

---
model-name: net
backbone-name: net
module-type: cv
fine-tunable: True
input-shape: [1, 28, 28]
model-version: 2.5
train-dataset: mnist
evaluation: acc99.1
author: MindSpore team
update-time: 2025-03-10
repo-link: <https://github.com/mindspore-lab/mindcv>
vit-repo-link: <https://github.com/mindspore-lab/mindcv>
user-id: MindSpore
used-for: inference
mindspore-version: 2.5
asset:
  - file-format: ckpt
    asset-link: <https://download-mindspore.osinfra.cn/net-01234567.ckpt>
    asset-sha256: 01234567
license: Apache-2.0
summary: net for digits
---

## Introduction
"""
BLOCK_FIRST = VALID.replace("# net\n\n", "", 1)


def diagnostics(text: str) -> list[Diagnostic]:
    return check_card(parse_card(text, PATH), Facts(), CODES)


def places(text: str) -> list[tuple[int, int, str]]:
    return [(found.span.line, found.span.column, found.code) for found in diagnostics(text)]


def edited(text: str, code: str) -> str:
    """The text after the first edit of a rule."""
    edit = next(found.edit for found in diagnostics(text) if found.code == code)
    assert edit is not None
    assert edit.safe
    return text[: edit.start] + edit.text + text[edit.end :]


def with_line(old: str, new: str) -> str:
    """The valid card with one line replaced."""
    assert f"\n{old}\n" in VALID
    return VALID.replace(f"\n{old}\n", f"\n{new}\n")


@pytest.mark.parametrize(
    "text",
    [
        VALID,
        BLOCK_FIRST.replace("## Introduction", "# net\n\n## Introduction"),
        BLOCK_FIRST.replace("## Introduction", "net\n===\n"),
        BLOCK_FIRST.replace("## Introduction", "<h1 align=center>net</h1>"),
        VALID + "\na line break  \nof the body\n\n---\n\n",
        with_line("summary: net for digits", "summary: |\n  net  \n  for digits  "),
        with_line("model-name: net", '"model-name": net'),
    ],
    ids=["hub", "block-first", "underlined", "html", "body", "literal-text", "quoted-key"],
)
def test_a_good_card_has_no_finding(text: str) -> None:
    assert places(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("just text\n", [(1, 1, "HT102")]),
        ("", [(1, 1, "HT102")]),
        ("# net\n\n---\nmodel-name: net\n", [(3, 1, "HT103")]),
        (with_line("summary: net for digits", "summary: net: for digits"), [(24, 13, "HT104")]),
        (with_line("author: MindSpore team", "author: @team"), [(12, 9, "HT104")]),
        ("# net\n\n---\n- a\n- b\n---\n", [(4, 1, "HT105")]),
        ("# net\n\n---\nmodel-name\uff1anet\nauthor\uff1ame\n---\n", [(4, 1, "HT105")]),
        (with_line("author: MindSpore team", "author: a\nauthor: b"), [(13, 1, "HT106")]),
        (with_line("    asset-sha256: 01234567", "    asset-link: a.ckpt"), [(22, 5, "HT106")]),
        (with_line("model-version: 2.5", "model-version: &v 2.5\nother: *v"), [(10, 8, "HT107")]),
        (with_line("author: MindSpore team", "author: " + "[" * 40), [(12, 40, "HT107")]),
        (with_line("evaluation: acc99.1", "evaluation: -"), [(11, 13, "HT108")]),
        (BLOCK_FIRST, [(1, 1, "HT109")]),
        (VALID.replace("# net\n", "## net\n", 1), [(1, 1, "HT109")]),
        (with_line("model-name: net", "model_name: net"), [(4, 1, "HT110")]),
        (with_line("model-name: net", "modle-name: net"), [(4, 1, "HT110")]),
        (with_line("license: Apache-2.0", "licence: Apache-2.0"), [(23, 1, "HT110")]),
        (with_line("license: Apache-2.0", "license: MIT\nLicense: MIT"), [(24, 1, "HT110")]),
        (with_line("    asset-sha256: 01234567", "    sha256: 01234567"), [(22, 5, "HT110")]),
        (with_line("module-type: cv", "module-type: cv\nmodel-type: cnn"), [(7, 1, "HT111")]),
        (with_line("author: MindSpore team", "author: me\nmAP: 0.241"), [(13, 1, "HT111")]),
        (with_line("    asset-sha256: 01234567", "    asset-size: 3"), [(22, 5, "HT111")]),
        (VALID.replace("\n", "\r\n"), [(1, 6, "HT112")]),
        (VALID.replace("for digits\n", "for digits\r\n"), [(24, 24, "HT112")]),
        (VALID.replace("# net\n", "# net \n", 1), [(1, 6, "HT113")]),
        (with_line("author: MindSpore team", "author: me \t\n "), [(12, 11, "HT113"), (13, 1, "HT113")]),
        (VALID.replace("\n---\n\n##", "\n--- \n\n##"), [(25, 4, "HT113")]),
        ("\ufeff" + VALID, [(1, 1, "HT114")]),
    ],
)
def test_findings_and_their_places(text: str, expected: list[tuple[int, int, str]]) -> None:
    assert places(text) == expected


def test_a_file_that_is_no_text_is_unreadable() -> None:
    problem = Problem("unreadable", Span(2, 3, 2, 4), "byte 0xff is not UTF-8: save the card as UTF-8")
    found = check_card(ParsedCard("net.md", PATH, problems=(problem,)), Facts(), CODES)
    assert [(one.code, one.span.line, one.span.column) for one in found] == [("HT101", 2, 3)]


@pytest.mark.parametrize(
    ("code", "text", "after"),
    [
        ("HT108", with_line("evaluation: acc99.1", "evaluation: -"), with_line("evaluation: acc99.1", "evaluation:")),
        ("HT110", with_line("model-name: net", "model_name: net"), VALID),
        ("HT110", with_line("model-name: net", '"Model Name": net'), with_line("model-name: net", '"model-name": net')),
        ("HT110", with_line("  - file-format: ckpt", "  - fileFormat: ckpt"), VALID),
        ("HT112", VALID.replace("net\n", "net\r\n"), VALID),
        ("HT113", with_line("user-id: MindSpore", "user-id: MindSpore  "), VALID),
        ("HT113", VALID.replace("# net\n", "# net \r\n"), VALID.replace("# net\n", "# net\r\n")),
    ],
)
def test_a_fix_changes_only_what_is_wrong(code: str, text: str, after: str) -> None:
    assert edited(text, code) == after


@pytest.mark.parametrize("stray", [0, 1, 5])
def test_a_card_that_ends_its_lines_in_crlf_keeps_them_unless_asked_otherwise(stray: int) -> None:
    text = VALID.replace("\n", "\r\n").replace("\r\n", "\n", stray)
    (found,) = [one for one in diagnostics(text) if one.code == "HT112"]
    assert not found.edit.safe
    assert text[: found.edit.start] + found.edit.text + text[found.edit.end :] == VALID


@pytest.mark.parametrize(
    "text",
    [
        with_line("model-name: net", "modle-name: net"),
        with_line("license: Apache-2.0", "license: MIT\nLicense: MIT"),
        with_line("license: Apache-2.0", "License: MIT\nLICENSE: MIT"),
    ],
    ids=["a-guess", "the-right-key-is-there", "two-rivals"],
)
def test_an_uncertain_key_is_not_renamed(text: str) -> None:
    found = [one for one in diagnostics(text) if one.code == "HT110"]
    assert found
    assert all(one.edit is None for one in found)


def test_the_message_of_a_syntax_error_says_what_to_do() -> None:
    (found,) = diagnostics(with_line("summary: net for digits", "summary: net: for digits"))
    assert 'key: "a: b"' in found.message


def test_a_misspelt_key_names_the_field() -> None:
    (found,) = diagnostics(with_line("update-time: 2025-03-10", "date: 2025-03-10"))
    assert "`date`" in found.message
    assert "`update-time`" in found.message


@pytest.mark.parametrize("end", ["\r", "\x85", "\u2028", "\r\r\r\r"])
def test_other_line_ends_break_nothing(end: str) -> None:
    text = f"---\na: b{end}\nb: -{end}{end}{end}\nModel_Name: c {end}\nlast: -{end}\n---\n"
    assert {found.code for found in diagnostics(text)} <= CODES
