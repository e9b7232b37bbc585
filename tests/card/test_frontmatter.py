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
