import pytest
from hypothesis import given

from hubtool.lint.formats.characters import valid_unicode, visible
from tests.lint.formats.reports import ANY_TEXT


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain, 模型 and é", "plain, 模型 and é"),
        ("full\u3000width\u00a0blanks", "full\u3000width\u00a0blanks"),
        ("\x1b[31mred\x07", r"\x1b[31mred\x07"),
        ("a\tb\r\nc", r"a\tb\r\nc"),
        ("\x9b31m", r"\x9b31m"),
        ("abc\u202edcba", r"abc\u202edcba"),
        ("zero\u200bwidth\ufeff", r"zero\u200bwidth\ufeff"),
        ("\u2028\ud800\U000e0001", r"\u2028\ud800\U000e0001"),
    ],
)
def test_what_shows_nothing_becomes_an_escape(raw, shown):
    assert visible(raw) == shown


def test_some_characters_can_be_kept():
    assert visible("a\tb\x00", keep="\t") == "a\tb\\x00"


@given(ANY_TEXT)
def test_whatever_comes_is_one_printable_line(text):
    assert all(char.isprintable() or char.isspace() for char in visible(text))
    assert len(visible(text).splitlines()) <= 1


@given(ANY_TEXT)
def test_whatever_comes_can_be_encoded(text):
    assert len(valid_unicode(text).encode("utf-8")) >= len(text)


def test_only_lone_surrogates_are_replaced():
    assert valid_unicode("a\ud800b \U0001f600") == "a\ufffdb \U0001f600"
