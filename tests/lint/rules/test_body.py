"""HT6xx, each rule by tables of texts and the places of its diagnostics."""

from __future__ import annotations

from pathlib import Path

import pytest

import hubtool.lint.rules  # noqa: F401 (fills the table of rules)
from hubtool.card.cardfiles import card_files
from hubtool.card.parse import parse_card, read_card
from hubtool.lint.diagnostic import Diagnostic
from hubtool.lint.engine import check_card
from hubtool.lint.rule import Facts

BLOCK = "# net\n\n---\nmodel-name: net\n---\n"
FIRST_LINE = 6
PATH = Path("mindspore/2.5/net.md")
CODES = frozenset(f"HT{number}" for number in range(601, 612))


def check(body: str, code: str, path: Path = PATH) -> list[Diagnostic]:
    return check_card(parse_card(BLOCK + body, path), Facts(), frozenset({code}))


def places(body: str, code: str, path: Path = PATH) -> list[tuple[int, int]]:
    """Line, counted from the first of the body, and column of each diagnostic."""
    found = check(body, code, path)
    assert all(diagnostic.code == code for diagnostic in found)
    return [(diagnostic.span.line - FIRST_LINE + 1, diagnostic.span.column) for diagnostic in found]


@pytest.mark.parametrize(
    ("body", "missing"),
    [
        ("## Introduction\n\na\n\n## References\n\nb\n", []),
        ("## 1. Model Description\n\na\n\n## Citation\n\nb\n", []),
        ("## 简介\n\na\n\n## 参考论文\n\nb\n", []),
        ("# Net\n\n" + "A network for images. " * 5 + "\n\n## Reference\n\nb\n", []),
        ("## Introduction\n\nsee <https://arxiv.org/abs/1912.11370>\n", []),
        ("## Introduction\n\na\n", ["paper"]),
        ("## Usage\n\na\n\n## Citation\n\nb\n", ["introduction"]),
        ("<!-- ## Introduction -->\n", ["introduction", "paper"]),
        ("```\n## Introduction\n## References\n```\n", ["introduction", "paper"]),
        ("", ["introduction", "paper"]),
    ],
)
def test_missing_section(body: str, missing: list[str]) -> None:
    found = check(body, "HT601")
    assert [(d.span.line, d.span.column, d.span.end_column) for d in found] == [(5, 1, 4)] * bool(missing)
    said = found[0].message if found else ""
    assert [word for word in ("introduction", "paper") if word in said] == missing


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("## A\n\n### B\n\n## C\n", []),
        ("# A\n\n## B\n\n#### C\n", [(5, 1)]),
        ("### A\n\n## B\n", []),
        ("A\n===\n\n### B\n", [(4, 1)]),
        ("## A\n\n```sh\n#### comment\n```\n", []),
        ("## A\n\n> #### quoted\n", []),
        ("#### A\n\n## B\n\n#### C\n\n###### D\n", [(5, 1), (7, 1)]),
    ],
)
def test_heading_jump(body: str, expected: list[tuple[int, int]]) -> None:
    assert places(body, "HT602") == expected


@pytest.mark.parametrize(
    ("body", "expected", "fixed"),
    [
        ("## A\n", [], "## A\n"),
        ("## A:\n", [(1, 5)], "## A\n"),
        ("## A： ##\r\n", [(1, 5)], "## A ##\r\n"),
        ("## A ::\n", [(1, 5)], "## A\n"),
        ("A:\n---\n", [(1, 2)], "A\n---\n"),
        ("## A :rocket:\n", [], "## A :rocket:\n"),
        ("## :\n", [], "## :\n"),
        ("## `a:`\n", [], "## `a:`\n"),
        ("```\n# a:\n```\n", [], "```\n# a:\n```\n"),
    ],
)
def test_heading_colon(body: str, expected: list[tuple[int, int]], fixed: str) -> None:
    assert places(body, "HT603") == expected
    text = BLOCK + body
    for diagnostic in reversed(check(body, "HT603")):
        edit = diagnostic.edit
        assert edit is not None
        assert edit.safe
        text = text[: edit.start] + edit.text + text[edit.end :]
    assert text == BLOCK + fixed


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("| a | b |\n| - | - |\n| 1 | 2 |\n| 3 |\n", []),
        ("| a | b |\n| - | - |\n| 1 | 2 | 3 |\n", [(3, 1)]),
        ("| a |\n| - |\n| `1|2` |\n| `1\\|2` |\n", [(3, 1)]),
        ("a | b\n- | -\n1 | 2 | 3\r\n", [(3, 1)]),
        ("| a | b |\n| --- |\n| 1 | 2 |\n", [(2, 1)]),
        ("| a | b |\n  | --- | -:- |\n", [(2, 3)]),
        ("| a | b |\n|——|——|\n", [(2, 1)]),
        ("| a | b |\n| - | - |\n\n| 1 | 2 | 3 |\n", []),
        ("```\n| a | b |\n| - |\n```\n", []),
        ("a\n\n---\n\n| b | c |\n", []),
        ("a\n---\n", []),
        ("| a | b |\n| - | - |\n| 1 | 2 |\n![plot](https://a.example/p.png)\n", [(4, 1)]),
        ("| a |\n| - |\n| 1 |\n2\n", []),
    ],
)
def test_malformed_table(body: str, expected: list[tuple[int, int]]) -> None:
    assert places(body, "HT604") == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("[a](there.md)\n", []),
        ("[a](./there.md#part) [b](there.md?raw=1)\n", []),
        ("[a](with%20blank.md) [b](<with blank.md>)\n", []),
        ("[a](folder/) [b](folder)\n", []),
        ("[a](gone.md)\n", [(1, 5)]),
        ("x\n\n![a](folder/gone.png)\n", [(3, 6)]),
        ("<p>\n<img src='gone.png' alt=''></p>\n", [(2, 11)]),
        ("[a](www.mindspore.cn)\n", [(1, 5)]),
        ("[a][b]\n\n[b]: gone.md\n", [(3, 6)]),
        (
            "[a](#x) [b]() [c](https://d.e/f) [d](mailto:a@b.c) [e](/root) [f](//g.h) [g](data:image/png;base64,AA)\n",
            [],
        ),
        ("[a]({{ url }}) [b](${base}/c) [c](...)\n", []),
        ("$f[x](y)$\n", []),
        ("`[a](gone.md)`\n\n    [a](gone.md)\n", []),
        ("```\n[a](gone.md)\n```\n", []),
        ("<!-- [a](gone.md) -->\n", []),
        ("[a](a%00b)\n", [(1, 5)]),
    ],
)
def test_dead_relative_link(tmp_path: Path, body: str, expected: list[tuple[int, int]]) -> None:
    (tmp_path / "folder").mkdir()
    for name in ("there.md", "with blank.md"):
        (tmp_path / name).touch()
    assert places(body, "HT605", tmp_path / "net.md") == expected


def test_relative_links_of_a_card_that_is_nowhere_are_left_alone() -> None:
    assert places("[a](gone.md)\n", "HT605") == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("[a](#results)\n\n## Results\n", []),
        ("[a](#Results) [b](#user-content-results) [c](#net) [d](#top) [e](#)\n\n## Results\n", []),
        ("[a](#result)\n\n## Results\n", [(1, 5)]),
        ("[a](#b-1)\n\n## B\n\n## B\n", []),
        ("[a](#b-2)\n\n## B\n\n## B\n", [(1, 5)]),
        ("[a](#here) [b](#there)\n\n<a id='here'></a>\n<a name=there></a>\n", []),
        ("[a](#%E7%AE%80%E4%BB%8B) [b](#简介)\n\n## 简介\n", []),
        ("[a](#b)\n\n> ## B\n", []),
        ("[a](#b)\n\n```\n# B\n```\n", [(1, 5)]),
        ("<a href='#b'>c</a>\n", [(1, 10)]),
        ("[a](other.md#b)\n", []),
    ],
)
def test_dead_anchor(body: str, expected: list[tuple[int, int]]) -> None:
    assert places(body, "HT606") == expected


def test_a_dead_anchor_names_the_nearest_heading() -> None:
    (found,) = check("[a](#result)\n\n## Results\n", "HT606")
    assert found.message == "no heading has the anchor `#result`; did you mean `#results`?"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("[a](b)\n", []),
        ("x [a]()\n", [(1, 3)]),
        ("![a]()\n", [(1, 1)]),
        ("[a](<>) [b]( )\n", [(1, 1), (1, 9)]),
        ("<a href=''>b</a>\n", [(1, 1)]),
        ("<a name=b></a>\n", []),
        ("`layers[0]()`\n", []),
        ("```python\nlayers[0]()\n```\n", []),
    ],
)
def test_empty_link(body: str, expected: list[tuple[int, int]]) -> None:
    assert places(body, "HT607") == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("```\na\n```\n", []),
        ("```python\na\n", [(1, 1)]),
        ("a\n\n  ~~~\nb\n```\n", [(3, 3)]),
        ("1. a\n\n    ```\n    b\n    ```\n", []),
        ("```\na\n```\n\n```\nb\n```python\n", [(5, 1)]),
        ("Use ```` ``` ```` here\n", []),
    ],
)
def test_unclosed_fence(body: str, expected: list[tuple[int, int]]) -> None:
    assert places(body, "HT608") == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("![a](b)\n", []),
        ("a ![](b)\n", [(1, 3)]),
        ("![ ](b)\n", [(1, 1)]),
        ("<img src=a>\n", [(1, 1)]),
        ("<img src=a alt=''> <img src=a alt='b'>\n", []),
        ("[](b) ![]()\n", []),
    ],
)
def test_image_without_alt(body: str, expected: list[tuple[int, int]]) -> None:
    assert places(body, "HT609") == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("## A\n\na\n\n## B\n\nb\n", []),
        ("## A\n\n### B\n\nb\n", []),
        ("## A\n\n## B\n\nb\n", [(1, 1)]),
        ("## A\n\n### B\n\n## C\n\nc\n", [(3, 1)]),
        ("## A\n\na\n\n## B\n", [(5, 1)]),
        ("## A\n\n<!-- later -->\n", [(1, 1)]),
        ("## A\n\n```\n```\n", []),
        ("A\n---\n\nB\n---\n\nb\n", [(1, 1)]),
    ],
)
def test_empty_section(body: str, expected: list[tuple[int, int]]) -> None:
    assert places(body, "HT610") == expected


@pytest.mark.parametrize("text", ["", "text\n", "# net\n", "---\na: b\n", "# net\n\n---\n- a\n---\n", "# n\n---\n---"])
def test_no_rule_fails_on_a_card_without_a_record(text: str) -> None:
    check_card(parse_card(text, PATH), Facts(), CODES)


def test_the_cards_of_the_tool_are_clean() -> None:
    folder = Path(__file__).parents[3] / "cards"
    for path in card_files(folder):
        assert check_card(read_card(path), Facts(), CODES) == []


def test_no_real_card_has_an_error(corpus: Path) -> None:
    for path in card_files(corpus):
        found = check_card(read_card(path), Facts(), CODES)
        assert [diagnostic for diagnostic in found if diagnostic.severity.value == "error"] == []


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("https://a.example", []),
        ("ftp://a.example/b", []),
        ("images/plot.png", []),
        ("mailto:a@b.example", []),
        ("<a b://c>", []),
        ("hhttps://a.example", [(1, 5)]),
        ("htp://a.example", [(1, 5)]),
    ],
)
def test_odd_scheme(target: str, expected: list[tuple[int, int]]) -> None:
    assert places(f"[a]({target})\n", "HT611") == expected
