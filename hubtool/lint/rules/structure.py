"""HT1xx: the text, the block and its YAML."""

from __future__ import annotations

from collections.abc import Iterable

from hubtool.card.frontmatter import Outline
from hubtool.card.parse import ParsedCard
from hubtool.card.span import Span
from hubtool.lint.diagnostic import Edit, Severity
from hubtool.lint.edits import quoted, text_at
from hubtool.lint.problems import parse_problems
from hubtool.lint.rule import Facts, Finding, rule

_SYNTAX_HINTS = {
    "mapping values are not allowed": 'a value with `: ` in it needs quotes: key: "a: b"',
    "found character that cannot start any token": "a tab cannot indent, and `@`, `%`, backticks cannot start a value",
    "could not find expected ':'": "every line of the block has to be `key: value`",
    "did not find expected key": "check the indentation of this line and the quotes of the line above",
    "control characters are not allowed": "remove the invisible character",
}


@rule("HT101", "unreadable", Severity.ERROR)
def unreadable(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """The file cannot be read as text, or the folder not at all.

    A card is UTF-8 text of at most 1 MiB. In any other encoding readers see wrong characters, and no field of the
    card can be trusted. The cards of a folder that cannot be read are not checked.

    Bad:
        a card saved as UTF-16, as Latin-1, or with a broken byte

    Good:
        the same card saved as UTF-8
    """
    return parse_problems(card, "unreadable")


@rule("HT116", "linked-folder", Severity.INFO)
def linked_folder(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """A folder is a link, and its cards are not checked.

    Links to folders are not followed: they may lead anywhere, and round in circles. Links to folders that are
    searched anyway are fine.

    Bad:
        cards/shared as a link to ../other-hub, and `hubtool validate cards`

    Good:
        `hubtool validate cards cards/shared`
    """
    return parse_problems(card, "linked-folder")


@rule("HT102", "no-front-matter", Severity.ERROR)
def no_front_matter(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """The card has no front matter.

    Name, version, files and figures are read from the block between two `---` lines. It follows the
    title or starts the file. Comments, badges and links to other languages may stand above it. Below other text, a
    `---` is a horizontal rule unless a field such as `model-name:` follows it.

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

    Without the second `---` it is not clear where the fields end and the text begins, so no field is
    read.

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

    YAML readers stop here, so no tool can read the fields of the card. Most often a value holds a colon and
    needs quotes, or a tab was used to indent.

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
    """The front matter has no keys and values.

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
    """A key appears twice in one mapping.

    Some readers take the first value, some the last, and some refuse the card, so two tools can see two
    different models. For a second file, add a second entry to `asset`.

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

    A few lines of aliases of aliases can fill a reader's memory, and deep nesting its stack. No card needs
    either, so hubtool follows neither.

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

    `key: -` is meant as "none", but in YAML a dash opens a list, and most readers refuse the whole block.
    An empty value means none to all of them.

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

    Catalogues and readers show the first heading as the model's name. It is a level-1 heading at the start
    of the card or right after the front matter.

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
    if card.outline is None or not card.outline.closed or _has_title(card.outline):
        return
    name = card.values.get("model-name") if card.values else None
    title = name if isinstance(name, str) and name else "bit_resnet50"
    yield Finding(Span(1, 1, 1, 1), f"the card has no title: begin it with a heading such as {quoted(f'# {title}')}")


def _has_title(outline: Outline) -> bool:
    """Whether there is a title, in the form of the hub or in another one of Markdown."""
    if outline.title is not None:
        return True
    first, _, rest = outline.body.lstrip().partition("\n")
    underline = rest.partition("\n")[0].rstrip()
    return first[:3].casefold() == "<h1" or (bool(first) and underline != "" and not underline.strip("="))
