"""The scanner sees the headings, fences, links and tables that a Markdown parser sees."""

from __future__ import annotations

import html
import re
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from hubtool.card.cardfiles import card_files
from hubtool.card.parse import ParsedCard, parse_card
from hubtool.lint.markdown.body import Body, read_body
from hubtool.lint.markdown.text import plain_text, slugs
from tests.effort import little_effort

BLOCK = "# net\n\n---\nmodel-name: net\n---\n"
FIRST_LINE = 6
PARSER = MarkdownIt("commonmark").enable("table")


def card(body: str) -> ParsedCard:
    return parse_card(BLOCK + body, Path("net.md"))


def body_of(text: str) -> Body:
    body = read_body(card(text))
    assert body is not None
    return body


def places(body: Body, offset: int) -> tuple[int, int]:
    span = body.span(offset, offset)
    return span.line - FIRST_LINE + 1, span.column


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# A\n", [(1, 1, "A")]),
        ("A # B\n", []),
        ("#A\n", []),
        ("####### A\n", []),
        ("   ## A ##\n", [(1, 2, "A")]),
        ("##\n", [(1, 2, "")]),
        ("## C#\n", [(1, 2, "C#")]),
        ("## A\r\n\r\nB\r\n", [(1, 2, "A")]),
        ("x\n\n    # code\n", []),
        ("```\n# code\n```\n# A\n", [(4, 1, "A")]),
        ("~~~\n# code\n```\n# code\n~~~~\n# A\n", [(6, 1, "A")]),
        ("````\n```\n# code\n````\n# A", [(5, 1, "A")]),
        ("```\n> ```\n# code\n```\n", []),
        ("``` no `fence`\n# A\n", [(2, 1, "A")]),
        ("<!-- \n# hidden\n-->\n# A\n", [(4, 1, "A")]),
        ("<pre>\n\n# hidden\n</pre>\n# A\n", [(5, 1, "A")]),
        ("<div>\n# raw\n\n# A\n", [(4, 1, "A")]),
        ("A\n===\nB\n---\n", [(1, 1, "A"), (3, 2, "B")]),
        ("A\nB\n---\n", [(1, 2, "A\nB")]),
        ("A\n\n---\n", []),
        ("- A\n---\n", []),
        ("| A |\n---\n", []),
        ("---\nA\n---\n", [(2, 2, "A")]),
    ],
)
def test_headings(text: str, expected: list[tuple[int, int, str]]) -> None:
    body = body_of(text)
    assert [(places(body, h.start)[0], h.level, h.title) for h in body.outline] == expected


@pytest.mark.parametrize("text", ["> # A\n", "- # A\n", "- a\n\n  # A\n", "1. > ## A\n"])
def test_a_heading_in_a_list_or_quotation_is_not_in_the_outline(text: str) -> None:
    body = body_of(text)
    assert [heading.title for heading in body.headings] == ["A"]
    assert body.outline == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("```\na\n```\n", [(1, True)]),
        ("```\na\n", [(1, False)]),
        ("```\na\n~~~\n", [(1, False)]),
        ("```\na\n``` b\n", [(1, False)]),
        ("```\na\n    ```\n", [(1, False)]),
        ("a\n\n    ```\n", []),
        ("- ```\n  a\n  ```\n", [(1, True)]),
        ("1. a\n\n    ```\n    b\n     ```\n", [(3, True)]),
        ("- a\n\n  ```\n  b\n\n- c\n\n  ```\n  d\n  ```\n", [(3, True), (8, True)]),
        ("- a\n\nb\n\n    ```\n", []),
        ("> ```\n> a\n\nb\n", [(1, True)]),
        ("> ```\n> a\n", [(1, False)]),
        ("```", [(1, False)]),
    ],
)
def test_fences(text: str, expected: list[tuple[int, bool]]) -> None:
    body = body_of(text)
    assert [(places(body, fence.start)[0], fence.closed) for fence in body.fences] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a [b](c)", [(1, 3, "b", "c")]),
        ("![b](c 'title')", [(1, 1, "b", "c")]),
        ("[b](<c d>)", [(1, 1, "b", "c d")]),
        ("[b](c_(d))", [(1, 1, "b", "c_(d)")]),
        ("[b]()", [(1, 1, "b", "")]),
        ("[b](c d)", []),
        ("[[1](#a)] [2](#b)", [(1, 2, "1", "#a"), (1, 11, "2", "#b")]),
        ("[![i](j)](k)", [(1, 2, "i", "j"), (1, 1, "![i](j)", "k")]),
        ("[a [b](c)](d)", [(1, 4, "b", "c")]),
        ("`[b](c)` [d](e)", [(1, 10, "d", "e")]),
        ("``a ` [b](c)`` ` [d](e)", [(1, 18, "d", "e")]),
        ("`a\n\n[b](c)`", [(3, 1, "b", "c")]),
        (r"\[b](c) \`[d](e)`", [(1, 11, "d", "e")]),
        ("[b\n\n](c)", []),
        ("<!-- [b](c) --> [d](e)", []),
        ("x <!-- [b](c) --> [d](e)", [(1, 19, "d", "e")]),
        ("```\n[b](c)\n```\n", []),
        ("a\n\n    [b](c)\n", []),
        ("- a\n    - [b](c)\n", [(2, 7, "b", "c")]),
        ("<p><img src='a.png' alt=b></p>", [(1, 4, "b", "a.png")]),
        ("<IMG width=3 SRC=a.png />", [(1, 1, None, "a.png")]),
        ('x <a\nhref="b">c</a>', [(1, 3, "", "b")]),
        ("`<img src=a>`", []),
        ("<https://a.b/(c)>", []),
        ("[a][b]\n\n[b]: c.md 'title'\n", [(3, 1, "b", "c.md")]),
        ("[1] says\n\n[1]: Smith\n", []),
    ],
)
def test_links(text: str, expected: list[tuple[int, int, str | None, str]]) -> None:
    body = body_of(text)
    assert [(*places(body, link.start), link.text, link.target) for link in body.links] == expected


def test_the_target_of_a_link_has_its_place() -> None:
    text = "a [b]( <c> ) ![](d) <img src='e'>"
    body = body_of(text)
    assert [body.text[link.target_start :][: len(link.target)] for link in body.links] == ["c", "d", "e"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("| a | b |\n|---|:-:|\n| 1 | 2 |\n\n| 3 |\n", [(True, [2])]),
        ("a | b\n-|-\n1 | 2 | 3\n", [(True, [3])]),
        ("a\n|-|\n", [(True, [])]),
        ("| a | b |\n|---|\n| 1 | 2 |\n", [(False, [])]),
        ("| a | b |\n|---|—|\n", [(False, [])]),
        ("|---|---|\n| 1 | 2 |\n", []),
        ("```\n| a | b |\n|---|\n```\n", []),
        ("| a |\n|---|\n| `1|2` |\n| `3\\|4` |\n# B\n", [(True, [2, 1])]),
    ],
)
def test_tables(text: str, expected: list[tuple[bool, list[int]]]) -> None:
    assert [(table.valid, [row.cells for row in table.rows]) for table in body_of(text).tables] == expected


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Quick Start", "quick-start"),
        ("Top-1 (%)", "top-1-"),
        ("snake_case & more", "snake_case--more"),
        ("`code_here`: [link](https://a.b)", "code_here-link"),
        ("_stressed_ **word**", "stressed-word"),
        ("简介：模型", "简介模型"),
        ("A &amp; B", "a--b"),
        (r"a\_b", "a_b"),
    ],
)
def test_slugs_are_those_of_github(title: str, slug: str) -> None:
    assert list(slugs([title])) == [slug]


def test_a_second_heading_of_the_same_text_gets_a_number() -> None:
    assert list(slugs(["Notes", "notes", "Notes"])) == ["notes", "notes-1", "notes-2"]


def test_plain_text_is_what_a_reader_sees() -> None:
    assert plain_text("`a` [b](c) ![d](e) <b>f</b>") == "a b  f"


def test_a_card_without_a_closed_block_has_no_body() -> None:
    assert read_body(parse_card("# net\n", Path("net.md"))) is None
    assert read_body(parse_card("---\na: b\n", Path("net.md"))) is None


@pytest.mark.parametrize("end", ["", "\n"])
def test_an_empty_body_has_nothing(end: str) -> None:
    body = read_body(parse_card(f"# net\n\n---\nmodel-name: net\n---{end}", Path("net.md")))
    assert body is not None
    assert (body.headings, body.fences, body.links, body.tables) == ((), (), (), ())


@given(
    st.lists(
        st.sampled_from(
            [
                "#",
                " ",
                "\n",
                "\n\n",
                "-",
                "1.",
                ">",
                "```",
                "~",
                "[",
                "](",
                ")",
                "!",
                "|",
                "a",
                "<!--",
                "-->",
                "`",
                "\t",
                "\\",
                "<div>",
                "<img src=",
                "\r\n",
                "=",
                ":",
            ]
        )
    ).map("".join)
)
def test_any_text_can_be_read(text: str) -> None:
    body = body_of(text)
    for heading in body.headings:
        assert body.text[: heading.end].endswith(heading.title)
    for link in body.links:
        assert body.text[link.target_start :].startswith(link.target)
    for table in body.tables:
        assert all(0 < row.start <= row.end <= len(body.text) for row in table.rows)
    assert [(stretch.start, stretch.end) for stretch in body.stretches] == sorted(
        (stretch.start, stretch.end) for stretch in body.stretches
    )


@pytest.mark.parametrize(
    "part", ["[", "![", "](", "[a](b", "`a ``b ", "<!--", "> ```\n", "- a\n\n  ```\n", "|-|\n", "[a]: b\n", "- ", "| "]
)
def test_time_grows_with_the_length_only(part: str) -> None:
    text = part * (100_000 // len(part))
    with little_effort():
        body = body_of(text)
        _ = body.links, body.tables


def test_a_parser_sees_the_same_in_every_real_card(corpus: Path) -> None:
    for path in card_files(corpus):
        parsed = parse_card(path.read_text(encoding="utf-8"), path)
        body = read_body(parsed)
        if body is not None and parsed.outline is not None:
            assert _scanned(body) == _parsed(parsed.outline.body), path


Seen = tuple[list[tuple[int, int]], list[int], list[str]]


def _scanned(body: Body) -> Seen:
    first = body.span(body.start, body.start).line

    def line(offset: int) -> int:
        return body.span(offset, offset).line - first

    headings = [(line(heading.start), heading.level) for heading in body.headings]
    markdown = [link for link in body.links if body.text[link.start] != "<"]
    return headings, [line(fence.start) for fence in body.fences], sorted(_plain(link.target) for link in markdown)


def _parsed(text: str) -> Seen:
    headings, fences, targets = [], [], []
    for token in PARSER.parse(text):
        line = token.map[0] if token.map else 0
        if token.type == "heading_open":
            headings.append((line, int(token.tag[1])))
        elif token.type == "fence":
            fences.append(line)
        for child in token.children or []:
            if child.type == "link_open" and child.markup != "autolink":
                targets.append(_plain(str(child.attrs["href"])))
            elif child.type == "image":
                targets.append(_plain(str(child.attrs["src"])))
    return headings, fences, sorted(targets)


def _plain(target: str) -> str:
    return unquote(html.unescape(re.sub(r"\\([^\w\s])", r"\1", target)))
