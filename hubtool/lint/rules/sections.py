"""HT601 to HT603 and HT610: the headings of the body and the text below them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise, zip_longest

from hubtool.card.parse import ParsedCard
from hubtool.card.span import Span
from hubtool.lint.diagnostic import Edit, Severity
from hubtool.lint.edits import shortened
from hubtool.lint.markdown.body import Body, read_body
from hubtool.lint.markdown.text import plain_text
from hubtool.lint.rule import Facts, Finding, rule

_INTRODUCES = re.compile(
    r"\b(?:introduction|introducing|overview|description|summary|model details|abstract|about|background|what is)\b"
    r"|简介|介绍|概述|概览|概要|描述|说明|背景|摘要|简述",
    re.IGNORECASE,
)
_NAMES_SOURCE = re.compile(
    r"\b(?:references?|citations?|citing|cite|bibliography|bibtex|papers?|sources?|acknowledge?ments?)\b"
    r"|参考|引用|引文|论文|文献|来源|致谢",
    re.IGNORECASE,
)
_PAPER = re.compile(
    r"arxiv\.org/|doi\.org/|@(?:article|inproceedings|misc|techreport)\{|openaccess\.thecvf", re.IGNORECASE
)
_LEAD = 80
"""Characters above the first section that make an introduction without a heading of its own."""
_SHORTCODE = re.compile(r":[A-Za-z0-9_+-]+:$")
_COLONS = ":\uff1a"
_NOTHING = re.compile(r"(?:\s+|<!--.*?(?:-->|\Z))*", re.DOTALL)


@rule("HT601", "missing-section", Severity.INFO)
def missing_section(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """The body does not introduce the model, or names no paper or other work that it comes from.

    Nearly every card of the hub has an introduction and names its paper, and readers look for these first.
    Other headings with the same meaning also count, in English and Chinese. So does a short text above the
    first section, or a link to the paper.

    Bad:
        ## Usage

    Good:
        ## Introduction
        ## Usage
        ## References
    """
    body = read_body(card)
    if body is None or card.outline is None:
        return
    missing = []
    if not _has_introduction(body):
        missing.append("an introduction (`## Introduction`)")
    if not (_has_section(body, _NAMES_SOURCE) or _PAPER.search(body.text, body.start)):
        missing.append("the paper or other work that the model comes from (`## References`)")
    if missing:
        line = card.outline.body_line - 1
        yield Finding(Span.of_line(line, card.lines[line - 1]), f"the body lacks {' and '.join(missing)}")


def _has_section(body: Body, names: re.Pattern[str]) -> bool:
    return names.search("\n".join([heading.title for heading in body.outline])) is not None


def _has_introduction(body: Body) -> bool:
    if _has_section(body, _INTRODUCES):
        return True
    end = next((heading.start for heading in body.outline if heading.level > 1), len(body.text))
    lead = _NOTHING.sub(" ", body.text[body.start : end])
    return sum(len(line) for line in lead.splitlines() if not line.startswith("#")) >= _LEAD


@rule("HT602", "heading-jump", Severity.WARNING)
def heading_jump(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """A heading is more than one level below the heading before it.

    Tables of contents and screen readers show a missing section in between.

    Bad:
        ## Results
        #### Notes

    Good:
        ## Results
        ### Notes
    """
    body = read_body(card)
    if body is None:
        return
    for before, heading in pairwise(body.outline):
        if heading.level > before.level + 1:
            message = f"level {heading.level} follows level {before.level}: use `{'#' * (before.level + 1)}`"
            yield Finding(body.span(heading.start, heading.end), message)


@rule("HT603", "heading-colon", Severity.INFO, fixes="safe")
def heading_colon(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """A heading ends in a colon.

    A heading needs no colon, and tables of contents would show it.

    Bad:
        ## Usage:

    Good:
        ## Usage
    """
    body = read_body(card)
    if body is None:
        return
    for heading in body.headings:
        bare = heading.title.rstrip(f"{_COLONS} \t")
        if not heading.title.endswith(tuple(_COLONS)) or not bare or _SHORTCODE.search(heading.title):
            continue
        start = heading.end - len(heading.title) + len(bare)
        yield Finding(
            body.span(start, heading.end),
            f"a heading needs no colon at its end: write `{shortened(plain_text(bare))}`",
            Edit(start, heading.end, ""),
        )


@rule("HT610", "empty-section", Severity.INFO)
def empty_section(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """A section has neither text nor sections of its own.

    Readers cannot tell whether text was lost or is still to be written.

    Bad:
        ## Results
        ## Usage

    Good:
        ## Results
        76.81 % of the images are recognised.
        ## Usage
    """
    body = read_body(card)
    if body is None:
        return
    for heading, following in zip_longest(body.outline, body.outline[1:]):
        if following is not None and following.level > heading.level:
            continue
        end = following.start if following is not None else len(body.text)
        nothing = _NOTHING.match(body.text, heading.below)
        if nothing is not None and nothing.end() >= end:
            message = f"the section `{shortened(plain_text(heading.title))}` is empty: write it, or remove the heading"
            yield Finding(body.span(heading.start, heading.end), message)
