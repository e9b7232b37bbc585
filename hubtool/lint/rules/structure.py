"""HT1xx: the text, the block, its YAML and its keys."""

from __future__ import annotations

from collections.abc import Iterable

from hubtool.card.frontmatter import Layout
from hubtool.card.parse import Kind, ParsedCard
from hubtool.card.span import Span
from hubtool.lint.diagnostic import Edit, Severity
from hubtool.lint.edits import quoted, replacement, text_at
from hubtool.lint.keys import can_be_renamed, misspelt_keys, strange_keys
from hubtool.lint.rule import Facts, Finding, rule

_SYNTAX_HINTS = {
    "mapping values are not allowed": 'a value that holds `: ` has to stand in quotes: key: "a: b"',
    "found character that cannot start any token": "a tab cannot indent, and `@`, `%`, backticks cannot start a value",
    "could not find expected ':'": "every line of the block has to be `key: value`",
    "did not find expected key": "check the indentation of this line and the quotes of the line above",
    "control characters are not allowed": "remove the invisible character",
}


def parse_problems(card: ParsedCard, *kinds: Kind) -> Iterable[Finding]:
    """What parsing noticed of the given kinds."""
    if not card.problems:
        return []
    return [Finding(problem.span, problem.message) for problem in card.problems if problem.kind in kinds]


@rule("HT101", "unreadable", Severity.ERROR)
def unreadable(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """The file cannot be read as text.

    A card is UTF-8, of a size that a person writes. Other encodings show wrong characters to
    readers, and no field of the card can be trusted.

    Bad:
        a card saved as UTF-16, as Latin-1, or with a broken byte

    Good:
        the same card saved as UTF-8
    """
    return parse_problems(card, "unreadable")


@rule("HT102", "no-front-matter", Severity.ERROR)
def no_front_matter(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """The card has no front matter.

    Name, version, files and figures are read from the block between two `---` lines. It follows the
    title, or starts the file; text above it makes it a horizontal rule.

    Bad:
        # bit_resnet50

        BiT is a family of networks.

    Good:
        # bit_resnet50

        ---
        model-name: bit_resnet50
        ---
    """
    return parse_problems(card, "no-block")


@rule("HT103", "unclosed-front-matter", Severity.ERROR)
def unclosed_front_matter(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """The front matter is opened but not closed.

    Without the second `---` nobody can tell where the fields end and the text begins, so no field
    is read.

    Bad:
        # bit_resnet50

        ---
        model-name: bit_resnet50

        ## Introduction

    Good:
        # bit_resnet50

        ---
        model-name: bit_resnet50
        ---

        ## Introduction
    """
    return parse_problems(card, "unclosed-block")


@rule("HT104", "yaml-syntax", Severity.ERROR)
def yaml_syntax(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """The front matter is not valid YAML.

    A YAML reader stops here, so the fields of the card are lost to every tool. Most often a value
    holds a colon and wants quotes, or a tab was used to indent.

    Bad:
        summary: BiT: general visual representation learning

    Good:
        summary: "BiT: general visual representation learning"
    """
    for finding in parse_problems(card, "syntax"):
        hint = next((hint for said, hint in _SYNTAX_HINTS.items() if said in finding.message), None)
        yield Finding(finding.span, f"{finding.message}; {hint}" if hint else finding.message)


@rule("HT105", "not-a-mapping", Severity.ERROR)
def not_a_mapping(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """The front matter holds no keys and values.

    Fields are found by their keys. A list, plain text, an empty block, or lines with full-width colons
    instead of `: ` have none.

    Bad:
        model-name bit_resnet50

    Good:
        model-name: bit_resnet50
    """
    return parse_problems(card, "not-a-mapping")


@rule("HT106", "duplicate-key", Severity.ERROR)
def duplicate_key(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """A key stands twice in one mapping.

    Some readers take the first value, some the last, some refuse the card: two tools can see two
    different models. A second file is a second entry of `asset`.

    Bad:
        license: Apache-2.0
        license: MIT

    Good:
        license: Apache-2.0
    """
    return parse_problems(card, "duplicate-key")


@rule("HT107", "alias-or-nesting", Severity.ERROR)
def alias_or_nesting(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """The front matter uses YAML aliases, or nests values very deep.

    A few lines of aliases of aliases fill a reader's memory, and deep nesting its stack. No card needs
    either, so neither is followed.

    Bad:
        model-version: &version 2.5
        mindspore-version: *version

    Good:
        model-version: 2.5
        mindspore-version: 2.5
    """
    return parse_problems(card, "alias", "depth")


@rule("HT108", "lone-dash", Severity.WARNING, fixes="safe")
def lone_dash(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """A value is a lone dash.

    `key: -` is written for "none", but to YAML a dash opens a list, and most readers refuse the whole
    block. An empty value says none to all of them.

    Bad:
        evaluation: -

    Good:
        evaluation:
    """
    for finding in parse_problems(card, "dash"):
        yield Finding(finding.span, finding.message, _without_dash(card, finding.span))


def _without_dash(card: ParsedCard, dash: Span) -> Edit | None:
    if text_at(card, dash) != "-":
        return None
    start = card.offset(dash.line, dash.column)
    before = card.lines[dash.line - 1][: dash.column - 1]
    return Edit(start - (len(before) - len(before.rstrip())), start + 1, "")


@rule("HT109", "no-title", Severity.WARNING)
def no_title(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """The card has no title.

    Catalogues and readers show the first heading as the model's name. It is a level-1 heading and the
    first text of the card, or the first after the front matter.

    Bad:
        ---
        model-name: bit_resnet50
        ---

        ## Introduction

    Good:
        # bit_resnet50

        ---
        model-name: bit_resnet50
        ---

        ## Introduction
    """
    if card.layout is None or not card.layout.closed or _has_title(card.layout):
        return
    name = card.values.get("model-name") if card.values else None
    title = name if isinstance(name, str) and name else "bit_resnet50"
    yield Finding(Span(1, 1, 1, 1), f"the card has no title: begin it with a heading such as {quoted(f'# {title}')}")


def _has_title(layout: Layout) -> bool:
    """Whether there is a title, in the form of the hub or in another one of Markdown."""
    if layout.title is not None:
        return True
    first, _, rest = layout.body.lstrip().partition("\n")
    underline = rest.partition("\n")[0].rstrip()
    return first[:3].casefold() == "<h1" or (bool(first) and underline != "" and not underline.strip("="))


@rule("HT110", "misspelt-key", Severity.WARNING, fixes="safe")
def misspelt_key(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """A key is nearly that of a field.

    Nobody reads a misspelt key: the field counts as missing. Keys are in lower case with hyphens. The
    fix renames a key that differs only in case, underscores or blanks.

    Bad:
        model_name: bit_resnet50

    Good:
        model-name: bit_resnet50
    """
    misspelt = misspelt_keys(card)
    for path, meant in misspelt.items():
        key = str(path[-1])
        span = card.span_of_key(*path)
        edit = replacement(card, span, key, meant) if can_be_renamed(card, path, misspelt) else None
        yield Finding(span, f"{quoted(key)} is not a field: did you mean `{meant}`?", edit)


@rule("HT111", "unknown-key", Severity.INFO)
def unknown_key(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """A key belongs to no field of a card.

    Nothing reads it. What it says may belong into a field that is read, or into the text.

    Bad:
        mAP: 0.241

    Good:
        evaluation: mAP24.1
    """
    misspelt = misspelt_keys(card)
    for path in strange_keys(card):
        if path not in misspelt:
            yield Finding(
                card.span_of_key(*path), f"{quoted(str(path[-1]))} is not a field of a card, nothing reads it"
            )


@rule("HT112", "crlf", Severity.INFO, fixes="safe")
def crlf(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """Lines end in CRLF.

    Hubs keep their cards with LF. A card with other line ends shows every line as changed when somebody
    saves it from another system.

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
    yield Finding(Span(line, column, line, column + 1), message, Edit(first, end, text))


@rule("HT113", "trailing-whitespace", Severity.INFO, fixes="safe")
def trailing_whitespace(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """A line of the title or of the front matter ends in blanks.

    Nobody sees them, and they make noise in reviews. In the body two blanks at the end of a line are a
    line break, so that part is left alone.

    Bad:
        file-format: ckpt␣␣

    Good:
        file-format: ckpt
    """
    if card.layout is None or card.values is None:
        return
    head = card.text[: len(card.text) - len(card.layout.body)]
    if not any(blanks in head for blanks in (" \n", "\t\n", " \r", "\t\r")):
        return
    blank = [number for number in _own_lines(card.layout) if card.lines[number - 1][-1:] in {" ", "\t"}]
    kept = _lines_of_text(card) if blank else set()
    for number in blank:
        if number not in kept:
            line = card.lines[number - 1]
            column = len(line.rstrip(" \t")) + 1
            start = card.offset(number, column)
            edit = Edit(start, start + len(line) - column + 1, "")
            yield Finding(Span(number, column, number, len(line) + 1), "blanks at the end of the line", edit)


def _own_lines(layout: Layout) -> Iterable[int]:
    """Numbers of the lines of the title and of the block with its delimiters."""
    block = range(layout.yaml_line - 1, layout.body_line)
    return block if layout.title is None else {layout.title_line, *block}


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

    UTF-8 needs none, and tools that do not expect it see a strange character before the title.

    Bad:
        a card saved as "UTF-8 with BOM"

    Good:
        the same card saved as UTF-8
    """
    if card.bom:
        yield Finding(Span(1, 1, 1, 1), "the file begins with a byte order mark: save it as UTF-8 without one")
