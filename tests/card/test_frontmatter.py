from __future__ import annotations

import frontmatter
import pytest

from hubtool.card.frontmatter import find_outline
from hubtool.card.handler import HubHandler

CARD = "# title\n\n---\n\nmodel-name: bit\nversion: 1.10\n\n---\n\n## Introduction\n\ntext\n"


def test_the_parts_of_a_hub_card() -> None:
    outline = find_outline(CARD)
    assert outline is not None
    assert (outline.title, outline.title_line) == ("title", 1)
    assert (outline.yaml, outline.yaml_line) == ("\nmodel-name: bit\nversion: 1.10\n", 4)
    assert (outline.body.splitlines()[1], outline.body_line) == ("## Introduction", 9)


@pytest.mark.parametrize(
    ("text", "title", "yaml"),
    [
        ("---\na: 1\n---\n# title\n", "title", "a: 1"),
        ("# t\r\n---\r\na: 1\r\n---\r\nbody", "t", "a: 1\r"),
        ("# t #\n-----\na: 1\n-----\n", "t", "a: 1"),
        ("<!-- note -->\n# t\n---\na: 1\n---\n", None, "a: 1"),
        ("# t\n---\na: 1\n...\nbody", "t", "a: 1"),
        ("# t\n---\n---\nbody", "t", ""),
        ("---\na: 1\n---\n\nno heading\n# later", None, "a: 1"),
    ],
)
def test_shapes_that_are_understood(text: str, title: str | None, yaml: str) -> None:
    outline = find_outline(text)
    assert outline is not None
    assert outline.closed
    if title is not None:
        assert outline.title == title
    assert outline.yaml == yaml


@pytest.mark.parametrize("text", ["", "# title\n", "# title\n\ntext\n\n---\n\nmore\n\n---\n", "text --- text"])
def test_rules_of_the_body_are_no_front_matter(text: str) -> None:
    assert find_outline(text) is None


BEFORE = [
    "<!--\nCopyright\n# not the title\n-->\n",
    "<!-- one --> <!-- two -->\n",
    "[![build](a.svg)](b) [![licence](c.svg)](d)\n\n",
    "![a][b] | ![c][d]\n",
    "English | [简体中文](README_CN.md)\n\n",
    "[English](README.md) / 中文\n",
    "**English** | [日本語](a.md) | [Français](b.md)\n",
    '<p align="center">\n  <img src="logo.png">\n</p>\n\n',
    '<div align="right">\n\n[EN](a) · [ZH](b)\n\n</div>\n',
]


@pytest.mark.parametrize("before", BEFORE)
def test_comments_badges_and_languages_stand_before_the_block(before: str) -> None:
    for text, line in (
        (f"{before}# t\n---\na: 1\n---\n", before.count("\n") + 1),
        (f"# t\n{before}---\na: 1\n---\n", 1),
    ):
        outline = find_outline(text)
        assert outline is not None
        assert (outline.title, outline.title_line, outline.yaml) == ("t", line, "a: 1")


def test_a_title_in_html() -> None:
    outline = find_outline('<h1 align="center">BiT <b>R50</b></h1>\n\n---\na: 1\n---\n')
    assert outline is not None
    assert (outline.title, outline.title_line) == ("BiT R50", 1)


@pytest.mark.parametrize(
    "above", ["text\n", "# t\n\nBiT is a family of networks.\n\n", "> quote\n\ntext\n\n---\n\nmore\n\n"]
)
def test_below_other_text_only_a_field_of_a_card_makes_a_block(above: str) -> None:
    outline = find_outline(f"{above}---\n\n# yaml\nmodel-name: bit\n---\n")
    assert outline is not None
    assert (outline.yaml_line, outline.closed) == (above.count("\n") + 2, True)
    assert find_outline(f"{above}---\n\nsee: above\n---\n") is None


def test_rules_in_the_body_stay_in_the_body() -> None:
    outline = find_outline(CARD + "\n---\n\nmore\n")
    assert outline is not None
    assert outline.body.endswith("\n---\n\nmore\n")


def test_a_block_without_end_is_not_closed() -> None:
    outline = find_outline("# t\n---\na: 1\n")
    assert outline is not None
    assert not outline.closed


def test_the_handler_teaches_python_frontmatter_the_hub_shape() -> None:
    assert frontmatter.loads(CARD).metadata == {}
    post = frontmatter.loads(CARD, handler=HubHandler())
    assert post.metadata == {"model-name": "bit", "version": "1.10"}
    assert post.content.startswith("# title\n\n## Introduction")


def test_the_handler_leaves_a_text_without_block_alone() -> None:
    assert frontmatter.loads("just text", handler=HubHandler()).content == "just text"
    assert not HubHandler().detect("# t\n---\na: 1\n")
    assert HubHandler().detect(CARD)
