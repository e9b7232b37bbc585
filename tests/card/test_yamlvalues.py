from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from hubtool.card.span import Span
from hubtool.card.yamlvalues import read_yaml
from tests.effort import little_effort


@pytest.mark.parametrize(
    "written",
    ["1.10", "2022-06-22", "01234567", "12e45678", "77777777", "True", "null", "yes", "0x1f", "1_000", "12:30:45", "~"],
)
def test_scalars_stay_as_written(written: str) -> None:
    assert read_yaml(f"key: {written}").value == {"key": written}


@pytest.mark.parametrize(
    ("text", "path", "span"),
    [
        ("model-name: bit", ("model-name",), Span(1, 13, 1, 16)),
        ("a: 1\nlonger:   two words", ("longer",), Span(2, 11, 2, 20)),
        ("asset:\n- file-format: ckpt", ("asset", 0, "file-format"), Span(2, 16, 2, 20)),
        ("asset:\n-\n    file-format: ckpt", ("asset", 0, "file-format"), Span(3, 18, 3, 22)),
        ("名字: 模型", ("名字",), Span(1, 5, 1, 7)),
        ('a: "quoted"', ("a",), Span(1, 4, 1, 12)),
    ],
)
def test_every_value_has_its_place(text: str, path: tuple, span: Span) -> None:
    assert read_yaml(text).spans[path] == span


def test_places_count_from_the_line_given() -> None:
    read = read_yaml("a: 1\nb: 2", first_line=5)
    assert read.spans[("b",)] == Span(6, 4, 6, 5)
    assert read.key_spans[("b",)] == Span(6, 1, 6, 2)


@pytest.mark.parametrize(
    ("text", "kind", "line", "column"),
    [
        ("a: 1\na: 2", "duplicate-key", 2, 1),
        ("asset:\n- x: 1\n  x: 2", "duplicate-key", 3, 3),
        ("a: &x 1\nb: *x", "alias", 2, 4),
        ("a: b: c", "syntax", 1, 5),
        ("a: [1, 2", "syntax", 1, 9),
        ("a: \x00", "syntax", 1, 4),
        ("[a]: 1", "syntax", 1, 1),
        ("a: 1\n--- \nb: 2", "syntax", 2, 1),
        ("evaluation: -", "dash", 1, 13),
        ("a: " + "[" * 100 + "]" * 100, "depth", 1, 35),
        ("\tkey: 1", "syntax", 1, 1),
    ],
)
def test_problems_and_their_places(text: str, kind: str, line: int, column: int) -> None:
    (problem,) = read_yaml(text).problems
    assert (problem.kind, problem.span.line, problem.span.column) == (kind, line, column)


def test_a_lone_dash_is_read_as_written_and_the_rest_is_kept() -> None:
    assert read_yaml("evaluation: -\nauthor: me").value == {"evaluation": "-", "author": "me"}
    assert read_yaml("evaluation: ~").value == {"evaluation": "~"}


@pytest.mark.parametrize("odd", ["\r", "\x85", "\u2028", "\u2029"])
def test_line_ends_of_yaml_alone_move_no_place(odd: str) -> None:
    read = read_yaml(f"a: x{odd}y\nb: 2")
    assert read.value == {"a": "x y", "b": "2"}
    assert read.spans[("b",)] == Span(2, 4, 2, 5)


def test_many_lone_dashes_cost_no_more_than_many_lines() -> None:
    with little_effort():
        read_yaml("".join(f"k{n}: -\n" for n in range(20_000)))


def test_the_first_of_two_equal_keys_wins() -> None:
    assert read_yaml("a: 1\na:\n- 2\nb: 3").value == {"a": "1", "b": "3"}


def test_a_bomb_of_aliases_costs_nothing() -> None:
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 60)]
    with little_effort():
        assert read_yaml("\n".join(lines)).value is None


def test_nesting_beyond_the_stack_is_a_problem_and_no_crash() -> None:
    assert read_yaml("[" * 200_000).problems[0].kind == "depth"
    assert read_yaml("- " * 200_000).problems[0].kind in {"depth", "syntax"}


@given(st.text())
def test_any_text_is_read_without_an_exception(text: str) -> None:
    read = read_yaml(text)
    assert read.value is not None or read.problems or not text.strip() or text.strip()[0] in "#-.%"


_words = st.text(st.characters(whitelist_categories=("Ll", "Lu", "Nd")), min_size=1)


@given(st.dictionaries(_words, _words | st.lists(_words)))
def test_agrees_with_pyyaml_on_what_both_read(values: dict) -> None:
    text = yaml.safe_dump(values, allow_unicode=True)
    assert read_yaml(text).value == yaml.load(text, Loader=yaml.BaseLoader)
