"""A cell of a table: its text as a reader sees it, and where its links lead."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from hubtool.card.span import Span

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

LINE = "\n"
"""What a `<br>` in a cell is read as."""

_MARKUP = re.compile(r"[\\`*_\[\]<>&!~$]")
_BARE_LINK = re.compile(r"https?://[^\s<>|]+")
_TAG = re.compile(r"<(?P<end>/?)(?P<name>[a-z0-9]+)(?P<rest>[^>]*)>?", re.IGNORECASE)
_HREF = re.compile(r"\bhref\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.IGNORECASE)
_STRUCK = re.compile(r"~~(?:(?!~~).)*~~")
_FOOTNOTE = re.compile(r"\[\^[^\[\]]*\]|(?:(?<=[^\s\[])|(?<=[\d%])\s+)\[{1,2}\d{1,2}\]{1,2}(?!\()")
_MARK_TEXT = re.compile(r"[^\w.,]*\w{0,2}[^\w.,]*|[±+\u2212↑↓-].*")
_TEN = re.compile(r"(?<![\d.,])10$")
_UNIT = re.compile(r"\((?:[KMBG%]|ms)\)")
_THRESHOLD = re.compile(r"\b(?:m?AP|A[RP])$")
_TEX = ((re.compile(r"\\(?:text|math)?(?:bf|it|rm)?\{([^{}]*)\}"), r"\1"), (re.compile(r"\\pm\b"), "±"))
_TEX_INDEX = ((re.compile(r"(?<=AP)[_^]\{(50|75)\}"), r"\1"), (re.compile(r"[_^]\{(\s*±[^{}]*|[^\W\d]+)\}"), r" \1"))
_ODD = re.compile(r"[^ -~\n]")
_SPACES = re.compile(r"[^\S\n]+")


class Cell(NamedTuple):
    """A cell.

    Attributes
    ----------
    text
        Without markup, footnote marks and what is struck out; full-width signs and the digits of other scripts as
        their ASCII twins; `LINE` where a line breaks.
    links
        Targets of its links.
    """

    text: str
    links: tuple[str, ...]
    span: Span


def read_cell(content: str, span: Span, env: dict[str, object]) -> Cell:
    """Read the source of a cell, Markdown with or without HTML; `env` holds the definitions of reference links."""
    if not _MARKUP.search(content):
        return Cell(_plain(content), tuple(_BARE_LINK.findall(content)), span)
    children: list[Token] = []
    markdown().inline.parse(content, markdown(), env, children)
    text, links = _walked(children)
    text = _STRUCK.sub("", _FOOTNOTE.sub("", text))
    if "$" in text or "\\" in text:
        for pattern, shown in (*_TEX, *_TEX_INDEX):
            text = pattern.sub(shown, text)
        text = text.replace("$", "")
    return Cell(_plain(text), links or tuple(_BARE_LINK.findall(text)), span)


@cache
def markdown() -> MarkdownIt:
    """The parser of Markdown with tables, imported when a card has one."""
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark").enable("table")


def _walked(children: list[Token]) -> tuple[str, tuple[str, ...]]:
    """The text of inline tokens and the targets of their links."""
    parts: list[str] = []
    links: list[str] = []
    opened: list[tuple[str, int]] = []
    for child in children:
        if child.type == "link_open":
            links.append(str(child.attrs["href"]))
        elif child.type in {"softbreak", "hardbreak"}:
            parts.append(" ")
        elif child.type != "html_inline":
            parts.append(child.content)
        elif tag := _TAG.match(child.content):
            name = tag["name"].casefold()
            if name == "br":
                parts.append(LINE)
            elif name == "a" and (target := _HREF.search(tag["rest"])):
                links.append(target[target.lastindex or 1])
            elif name in {"sup", "sub", "del", "s", "strike"}:
                if not tag["end"]:
                    opened.append((name, len(parts)))
                elif opened and opened[-1][0] == name:
                    _raise(parts, *opened.pop())
    while opened:  # headings such as `mAP<sup>val<br>50-95` close nothing
        _raise(parts, *opened.pop())
    return "".join(parts), tuple(links)


def _raise(parts: list[str], tag: str, start: int) -> None:
    parts[start:] = [_raised(tag, "".join(parts[:start]), "".join(parts[start:]))]


def _raised(tag: str, before: str, text: str) -> str:
    """What remains of raised, lowered or struck-out text: not a footnote mark, nor a digit that joins a number."""
    if tag == "sup" and _TEN.search(before):
        return f"^{text}"
    if _UNIT.fullmatch(text.strip()):
        return text
    if tag == "sup" and _THRESHOLD.search(before) and text.strip() in {"50", "75"}:
        return text.strip()
    if tag not in {"sup", "sub"} or (tag == "sup" and _MARK_TEXT.fullmatch(text.strip())):
        return ""
    if before[-1:].isalpha() and text[:1].isalpha():
        return f" {text}"
    joins = text[:1].isdigit() and before[-1:].isdigit()
    return f" ({text})" if joins else text


def _plain(text: str) -> str:
    if _ODD.search(text):
        text = "".join(map(_ascii_twin, text))
    return LINE.join(_SPACES.sub(" ", line).strip() for line in text.strip().split(LINE))


@cache
def _ascii_twin(sign: str) -> str:
    """The ASCII sign that reads the same, a blank for any kind of blank, nothing for what cannot be seen."""
    if sign.isascii() and sign.isprintable():
        return sign
    category = unicodedata.category(sign)
    if sign.isspace():
        twin = sign if sign == LINE else " "
    elif category == "Nd":  # digits of any script; raised ones are no digits, but footnote marks
        twin = str(unicodedata.digit(sign))
    elif category in {"Cf", "Cc"} or unicodedata.digit(sign, None) is not None:
        twin = ""
    elif "\uff01" <= sign <= "\uff5e":
        twin = chr(ord(sign) - 0xFEE0)
    else:
        twin = _TWINS.get(sign, sign)
    return twin


_TWINS = {"\u2212": "-", "\ufe63": "-", "\u066a": "%", "\ufe6a": "%", "\u066b": ".", "\u066c": ",", "\u3001": ","}
