"""HT112 to HT114: what readers cannot see in the text: line ends, blanks, a byte order mark."""

from __future__ import annotations

from collections.abc import Iterable

from hubtool.card.frontmatter import Outline
from hubtool.card.parse import ParsedCard
from hubtool.card.span import Span
from hubtool.lint.diagnostic import Edit, Severity
from hubtool.lint.rule import Facts, Finding, rule


@rule("HT112", "crlf", Severity.INFO, fixes="safe")
def crlf(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """Lines end in CRLF.

    Hubs keep their cards with LF. Otherwise every line shows as changed when somebody saves the card on
    another system.

    A card most of whose lines end in CRLF keeps them under `--fix`: on Windows, git may have put them there, and
    takes them away again. Only `--unsafe-fixes` saves such a card with LF.

    Bad:
        a card saved with Windows line ends

    Good:
        the same card saved with Unix line ends
    """
    if "\r" not in card.text:
        return
    first = card.text.find("\r\n")
    if first < 0:
        return
    end = card.text.rfind("\r\n") + 2
    line = card.text.count("\n", 0, first) + 1
    column = first - card.text.rfind("\n", 0, first)
    ends = card.text.count("\r\n", first, end)
    text = card.text[first:end].replace("\r\n", "\n")
    message = f"{ends} lines end in CRLF: save the card with LF"
    is_stray = 2 * ends <= card.text.count("\n")
    yield Finding(Span(line, column, line, column + 1), message, Edit(first, end, text, safe=is_stray))


@rule("HT113", "trailing-whitespace", Severity.INFO, fixes="safe")
def trailing_whitespace(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """A line of the title or of the front matter ends in blanks.

    Nobody sees them, and they make noise in reviews. In the body, two blanks at the end of a line are a
    line break, so the body is not checked.

    Bad:
        file-format: ckpt␣␣

    Good:
        file-format: ckpt
    """
    if card.outline is None or card.values is None:
        return
    head = card.text[: len(card.text) - len(card.outline.body)]
    if not any(blanks in head for blanks in (" \n", "\t\n", " \r", "\t\r")):
        return
    blank = [number for number in _own_lines(card.outline) if card.lines[number - 1][-1:] in {" ", "\t"}]
    kept = _lines_of_text(card) if blank else set()
    for number in blank:
        if number not in kept:
            line = card.lines[number - 1]
            column = len(line.rstrip(" \t")) + 1
            start = card.offset(number, column)
            edit = Edit(start, start + len(line) - column + 1, "")
            yield Finding(Span(number, column, number, len(line) + 1), "blanks at the end of the line", edit)


def _own_lines(outline: Outline) -> Iterable[int]:
    """Numbers of the lines of the title and of the block with its delimiters."""
    block = range(outline.yaml_line - 1, outline.body_line)
    return block if outline.title is None else {outline.title_line, *block}


def _lines_of_text(card: ParsedCard) -> set[int]:
    """Numbers of the lines of values of several lines, in which blanks may count."""
    if card.yaml is None:
        return set()
    containers = {path[:-1] for path in card.yaml.spans if path}
    return {
        number
        for path, span in card.yaml.spans.items()
        if path not in containers
        for number in range(span.line, span.end_line + (span.end_column > 1))
        if span.end_line > span.line
    }


@rule("HT114", "byte-order-mark", Severity.INFO)
def byte_order_mark(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """The file begins with a byte order mark.

    UTF-8 does not need one, and some tools show it as a strange character before the title.

    Bad:
        a card saved as "UTF-8 with BOM"

    Good:
        the same card saved as UTF-8
    """
    if card.bom:
        yield Finding(Span(1, 1, 1, 1), "the file begins with a byte order mark: save it as UTF-8 without one")
