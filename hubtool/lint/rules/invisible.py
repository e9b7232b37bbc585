"""HT115: characters that look like a blank and are none, or like nothing at all."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from hubtool.card.parse import ParsedCard
from hubtool.card.span import Span
from hubtool.lint.diagnostic import Edit, Severity
from hubtool.lint.markdown.body import read_body
from hubtool.lint.rule import Facts, Finding, rule

_BLANKS = "\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_NOTHING = "\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff"
_INVISIBLE = re.compile(f"([{_BLANKS}{_NOTHING}])\\1*")
_IS_BLANK = re.compile(f"[{_BLANKS}]")
_IDEOGRAPHIC = "\u3000"
_JOINERS = "\u200c\u200d\u200e\u200f"
_UNSPACED = "\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Tibetan, Burmese, Khmer
_BETWEEN_WORDS = re.compile(f"[{_UNSPACED}]\u200b[{_UNSPACED}]")
_IN_CODE_COMMENT = re.compile(r"[^\n]*(?:#|//|[\"'])[^\n]*")
_MARKER = re.compile(r"[ \t>]*(?:#{1,6}|[-*+]|\d{1,9}[.)]|>)[ \t]*")


@rule("HT115", "invisible-character", Severity.WARNING, fixes="safe")
def invisible_character(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """A character looks like a blank and is none, or cannot be seen at all.

    They come with text pasted from web pages and office programs. A no-break space behind a colon is no separator to
    YAML, one behind `##` makes no heading, and a zero-width space in a name makes it another name. In the text of the
    body, where a no-break space is good typography, only characters without any width are reported.

    Bad:
        model-name:␣bit_resnet50 with a no-break space, U+00A0

    Good:
        model-name: bit_resnet50
    """
    if card.text.isascii():
        return
    head = len(card.text) - len(card.outline.body) if card.outline is not None and card.outline.closed else None
    for found in _INVISIBLE.finditer(card.text):
        is_blank = _IS_BLANK.match(found[0]) is not None
        if _joins(card.text, found) or (
            is_blank and head is not None and found.start() >= head and not _counts_in_body(card, found)
        ):
            continue
        yield Finding(_span(card, found), _message(found[0], is_blank=is_blank), _edit(found, is_blank=is_blank))


def _joins(text: str, found: re.Match[str]) -> bool:
    """Whether signs beyond ASCII need the character: emoji are joined, and scripts directed, by such."""
    if _BETWEEN_WORDS.fullmatch(text, max(0, found.start() - 1), found.end() + 1):
        return True  # scripts without blanks may break a line there
    if found[0][0] not in _JOINERS:
        return False
    around = (text[found.start() - 1 : found.start()], text[found.end() : found.end() + 1])
    return any(sign and not sign.isascii() and not _INVISIBLE.match(sign) for sign in around)


def _counts_in_body(card: ParsedCard, found: re.Match[str]) -> bool:
    """Whether a blank changes what the body is: behind the mark of a heading or item, in a table, in code."""
    start = card.text.rfind("\n", 0, found.start()) + 1
    end = card.text.find("\n", found.end())
    if _MARKER.fullmatch(card.text, start, found.start()) or "|" in card.text[start : end if end >= 0 else None]:
        return True
    if found[0][0] == _IDEOGRAPHIC and _IN_CODE_COMMENT.fullmatch(card.text, start, found.start()):
        return False  # Chinese in a comment or a text of the code
    body = read_body(card)
    return body is not None and any(fence.start <= found.start() < fence.end for fence in body.fences)


def _span(card: ParsedCard, found: re.Match[str]) -> Span:
    line = card.text.count("\n", 0, found.start()) + 1
    column = found.start() - card.text.rfind("\n", 0, found.start())
    return Span(line, column, line, column + len(found[0]))


def _message(found: str, *, is_blank: bool) -> str:
    sign = found[0]
    count = f"{len(found)} times " if len(found) > 1 else ""
    name = unicodedata.name(sign, "a control character").lower()
    return f"{count}U+{ord(sign):04X}, {name}: {'write a blank' if is_blank else 'delete it'}"


def _edit(found: re.Match[str], *, is_blank: bool) -> Edit:
    return Edit(found.start(), found.end(), " " * len(found[0]) if is_blank else "")
