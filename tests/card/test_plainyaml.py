from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubtool.card.frontmatter import find_outline
from hubtool.card.plainyaml import read_plain
from hubtool.card.yamlvalues import parse_yaml

CARD = """
model-name: bit_resnet50

model-version: 1.10
evaluation: top1acc76.85 | top5acc93.24
summary:
asset:

-
    file-format: ckpt
    asset-link: <https://example.com/bit.ckpt#part>

-   file-format: ckpt
    asset-sha256: 01234567

license: Apache2.0
"""
# Pieces of which lines close to YAML's corners are made.
PIECES = st.sampled_from(
    [
        "a",
        "b c",
        "key",
        ":",
        ": ",
        "-",
        "- ",
        " ",
        "  ",
        "    ",
        "\n",
        "\r\n",
        "\n\n",
        "#",
        " #",
        "'",
        '"',
        "~",
        "|",
        ">",
        "[",
        "{",
        "<x>",
        "?",
        "? ",
        "&a ",
        "*a",
        "!!int",
        "%",
        "@",
        "1.10",
        "\t",
        "\r",
        "\x85",
        "\u2028",
        "\ufeff",
        "---",
        "...",
        "为",
        "：",
        "😀",
    ]
)
VALUES = st.sampled_from(["", " 1.10", " a b", "  <https://x.y/z#a>", " a: b", " a:", " -", " 为", " x\r", "   "])
BLANKS = st.sampled_from(["\n", "\n", "\n", "\n\n", " \n", "\n  \n", "\r\n"])


@st.composite
def blocks(draw: st.DrawFn) -> str:
    """A block of keys and perhaps a list, as cards have it, in any outline."""
    parts = []
    for number in range(draw(st.integers(1, 4))):
        parts += [f"key{number}:", draw(VALUES), draw(BLANKS)]
    if draw(st.booleans()):
        dash, gap = (
            " " * draw(st.integers(0, 2)),
            draw(st.sampled_from(["\n", "\n\n"]) | st.integers(1, 4).map(lambda n: " " * n)),
        )
        indent = dash + (" " * draw(st.integers(1, 4)) if "\n" in gap else " " * (1 + len(gap)))
        parts += ["files:", draw(BLANKS)]
        for _ in range(draw(st.integers(1, 3))):
            parts += [dash, "-", gap, indent if "\n" in gap else ""]
            keys = draw(st.lists(st.sampled_from("fgh"), min_size=1, max_size=3))
            for position, key in enumerate(keys):
                parts += [indent if position else "", key, ":", draw(VALUES), draw(BLANKS)]
    if draw(st.booleans()):
        parts += ["last:", draw(VALUES)]
    return "".join(parts)


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """A block in which one piece of text was lost and another one put in its place."""
    text = draw(blocks())
    at = draw(st.integers(0, len(text)))
    return text[:at] + draw(PIECES) + text[at + draw(st.integers(0, 3)) :]


def agrees(text: str) -> bool:
    """Whether there is an answer; one that is not the parser's fails the test."""
    plain = read_plain(text, 7)
    if plain is None:
        return False
    parsed = parse_yaml(text, 7)
    assert parsed.problems == ()
    assert plain == (parsed.value, parsed.spans, parsed.key_spans)
    assert [list(part) for part in plain[::2]] == [list(parsed.value), list(parsed.key_spans)]
    return True


@pytest.mark.parametrize(
    "text", [CARD, CARD.strip(), CARD.replace("\n", "\r\n"), CARD + "\n  \n\n", "a:", "a: 1", "a:\n- b:\n- b: 2"]
)
def test_a_card_is_read_as_the_parser_reads_it(text: str) -> None:
    assert agrees(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "a",
        "- a: 1",
        "a: b: c",
        "a: 'b'",
        "a: b\n  c",
        "a: [b]",
        "a: b # c",
        "a: &x b",
        "a: |\n  b",
        "a: 1\na: 2",
        "a:\n  b: 1",
        "a:\t1",
        "a:\n-\n- b: 1",
        "a:\n- b: 1\n c: 2",
        "a:\n- b: 1\n - c: 2",
        "a: 1\n- b: 1",
        "a:\n- b: 1\n- 2",
        "a: b\u2028c",
        "evaluation: -",
        "a:\n- a:\n ",
        "a:\n- b: 1\n  b: 2",
    ],
)
def test_what_is_not_plain_is_left_to_the_parser(text: str) -> None:
    assert read_plain(text, 1) is None


@given(blocks())
@settings(max_examples=300)
def test_any_layout(text: str) -> None:
    agrees(text)


@given(damaged())
@settings(max_examples=500)
def test_any_damage(text: str) -> None:
    agrees(text)


@given(st.lists(PIECES, max_size=20).map("".join))
def test_any_pieces(text: str) -> None:
    agrees("a: 1\n" + text)


@given(st.text(max_size=30))
def test_any_value(value: str) -> None:
    agrees(f"a: {value}\nb: 1")


def test_the_corpus(corpus: Path) -> None:
    outlines = [find_outline(path.read_text(encoding="utf-8", errors="replace")) for path in corpus.rglob("*.md")]
    blocks = [outline.yaml for outline in outlines if outline is not None]
    assert sum(map(agrees, blocks)) > 0.8 * len(blocks)
