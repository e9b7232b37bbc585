"""HT6xx: the text under the front matter, as its readers will see it."""

from __future__ import annotations

import html
import os.path
import re
from collections.abc import Iterable
from itertools import pairwise, zip_longest
from urllib.parse import unquote

from hubtool.card.parse import ParsedCard
from hubtool.card.span import Span
from hubtool.lint.diagnostic import Edit, Severity
from hubtool.lint.inline import Link, plain_text
from hubtool.lint.markdown import Body, read_body
from hubtool.lint.rule import Facts, Finding, rule
from hubtool.lint.tables import Row

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
_LONGEST = 80
_SHORTCODE = re.compile(r":[A-Za-z0-9_+-]+:$")
_COLONS = ":\uff1a"
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*")
_SCHEMES = frozenset({"http", "https", "ftp", "ftps", "git", "ssh", "file", "s3", "gs", "obs", "oss", "hf"})
_NOTHING = re.compile(r"(?:\s+|<!--.*?(?:-->|\Z))*", re.DOTALL)
_ELSEWHERE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|[/\\#?]|$")
_TEMPLATE = re.compile(r"[{}<>$*]|%\(|\.\.\.|\u2026")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")


@rule("HT601", "missing-section", Severity.INFO)
def missing_section(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """The body does not introduce the model, or names no paper or other work that it comes from.

    Nearly every card of the hub has an introduction and names its paper; readers look for them first.
    Other headings for the same are known, in English and Chinese; a few lines above the first section
    introduce a model as well, and a link to its paper names the source.

    Bad:
        ## Usage

    Good:
        ## Introduction
        ## Usage
        ## References
    """
    body = read_body(card)
    if body is None or card.layout is None:
        return
    missing = []
    if not _has_introduction(body):
        missing.append("an introduction (`## Introduction`)")
    if not (_has_section(body, _NAMES_SOURCE) or _PAPER.search(body.text, body.start)):
        missing.append("the paper or other work that the model comes from (`## References`)")
    if missing:
        line = card.layout.body_line - 1
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

    Tables of contents and screen readers show a section that is missing in between.

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

    A heading needs no sign that something follows, and the colon is carried into tables of contents.

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
            f"a heading needs no colon at its end: write `{_short(plain_text(bare))}`",
            Edit(start, heading.end, ""),
        )


@rule("HT604", "malformed-table", Severity.WARNING)
def malformed_table(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    r"""A table is not shown as it was meant.

    Cells beyond those of the header are dropped without a word, and a table whose second line does not have
    one `---` for each column is shown as running text. A bar within a cell parts it, even in code:
    it is written `\|`.

    Bad:
        | Model    | Top-1 |
        | -------- | ----- |
        | resnet50 | 76.8  | 93.2 |

    Good:
        | Model    | Top-1 | Top-5 |
        | -------- | ----- | ----- |
        | resnet50 | 76.8  | 93.2  |
    """
    body = read_body(card)
    if body is None:
        return
    for table in body.tables:
        if not table.valid:
            yield Finding(_row_span(body, table.delimiter), _broken_delimiter(table.header, table.delimiter))
        for row in table.rows:
            if row.cells > table.header.cells:
                message = f"the row has {row.cells} cells, its header {table.header.cells}: the rest is not shown"
                yield Finding(_row_span(body, row), message)
            elif row.cells == 1 < table.header.cells and "|" not in body.text[row.start : row.end]:
                yield Finding(_row_span(body, row), "a line right below a table becomes a row of it: add a blank line")


def _broken_delimiter(header: Row, delimiter: Row) -> str:
    if header.cells != delimiter.cells:
        return f"the delimiter row has {delimiter.cells} cells, its header {header.cells}: this is not shown as a table"
    return "a delimiter row has `---` in each cell, with colons only at its ends: this is not shown as a table"


def _row_span(body: Body, row: Row) -> Span:
    line = body.text[row.start : row.end]
    start = row.start + len(line) - len(line.lstrip())
    return body.span(start, start + len(line.strip()))


@rule("HT605", "dead-relative-link", Severity.ERROR)
def dead_relative_link(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """A relative link or image leads to a file that is not there.

    The path is read from the folder of the card. Links to the web are looked up by HT801.

    Bad:
        ![architecture](images/no_such_file.png)

    Good:
        ![architecture](images/architecture.png)
    """
    body = read_body(card)
    if body is None or not body.links:
        return
    folder = None
    for link in body.links:
        path = _relative_path(link.target)
        if not path or _in_formula(body.text, link):
            continue
        if folder is None:
            folder = card.path.parent
            if not folder.is_dir():
                return
        if not os.path.exists(os.path.join(folder, path)):  # noqa: PTH110, PTH118 (answers for any text, never raises)
            hint = f"write `https://{path}`" if path.startswith("www.") else "correct the path, or add the file"
            yield Finding(_target_span(body, link), f"`{_short(path)}` does not exist beside the card: {hint}")


def _relative_path(target: str) -> str:
    """The file that a target names, or nothing when it names another place."""
    if _ELSEWHERE.match(target) or _TEMPLATE.search(target):
        return ""
    return unquote(re.split(r"[?#]", _unescape(target), maxsplit=1)[0])


def _in_formula(text: str, link: Link) -> bool:
    """Whether dollar signs on both sides make it mathematics: `$f[i](x)$` links nothing."""
    line_start = text.rfind("\n", 0, link.start) + 1
    line_end = text.find("\n", link.end)
    return "$" in text[line_start : link.start] and "$" in text[link.end : line_end if line_end >= 0 else len(text)]


@rule("HT611", "odd-scheme", Severity.WARNING)
def odd_scheme(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """A link of the body begins with a scheme that no browser follows.

    Mostly a letter too many or too few before `://`: the link looks right and leads nowhere.

    Bad:
        [BiT](hhttps://arxiv.org/abs/1912.11370)

    Good:
        [BiT](https://arxiv.org/abs/1912.11370)
    """
    body = read_body(card)
    if body is None:
        return
    for link in body.links:
        scheme, separator, _rest = link.target.partition("://")
        if separator and scheme.casefold() not in _SCHEMES and _SCHEME.fullmatch(scheme):
            message = f"`{_short(scheme)}://` is not a scheme that browsers follow: did you mean `https://`?"
            yield Finding(_target_span(body, link), message)


@rule("HT606", "dead-anchor", Severity.WARNING)
def dead_anchor(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """A `#fragment` link leads to no heading of the card.

    The anchor of a heading is its text in lower case, without punctuation, with hyphens for blanks; a second
    heading of the same text gets `-1`. An `id` or a `name` in HTML is an anchor as well.

    Bad:
        See [results](#result).
        ## Results

    Good:
        See [results](#results).
        ## Results
    """
    body = read_body(card)
    if body is None:
        return
    anchors: set[str] | None = None
    for link in body.links:
        if not link.target.startswith("#"):
            continue
        anchor = unquote(_unescape(link.target[1:])).casefold().removeprefix("user-content-")
        if anchor in {"", "top"} or anchor.startswith(":~:"):
            continue
        if anchors is None:
            anchors = _anchors(card, body)
        if anchor not in anchors:
            message = f"no heading has the anchor `#{_short(anchor)}`{_similar(anchor, anchors)}"
            yield Finding(_target_span(body, link), message)


def _anchors(card: ParsedCard, body: Body) -> set[str]:
    layout = card.layout
    titles = [layout.title] if layout and layout.title and layout.title_line < layout.yaml_line else []
    return {anchor.casefold() for anchor in body.anchors(*titles)}


def _similar(anchor: str, anchors: Iterable[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(anchor[:80], sorted(anchors)[:200], n=1)
    return f"; did you mean `#{near[0]}`?" if near else ""


@rule("HT607", "empty-link", Severity.WARNING)
def empty_link(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """A link or an image has no target.

    Readers see a link that leads nowhere, or a broken image.

    Bad:
        [paper]()

    Good:
        [paper](https://arxiv.org/abs/1912.11370)
    """
    body = read_body(card)
    if body is None:
        return
    for link in body.links:
        if not link.target.strip():
            what = "image" if link.image else "link"
            yield Finding(_link_span(body, link), f"the {what} has no target: add one, or leave the {what} out")


@rule("HT608", "unclosed-fence", Severity.WARNING)
def unclosed_fence(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """A fenced block of code is never closed.

    All that follows, to the end of the card, is shown as code. The closing line has at least as many signs as the
    opening one, and nothing behind them.

    Bad:
        ```python
        network = hubtool.load("bit_resnet50")

    Good:
        ```python
        network = hubtool.load("bit_resnet50")
        ```
    """
    body = read_body(card)
    if body is None:
        return
    for fence in body.fences:
        if not fence.closed:
            opening = body.text[fence.start : fence.opening_end].rstrip()
            count = len(opening) - len(opening.lstrip(opening[0]))
            signs = f"{count} {'backticks' if opening[0] == '`' else 'tildes'}"
            message = f"the block of code that opens here is not closed: add a line of {signs} behind it"
            yield Finding(body.span(fence.start, fence.start + len(opening)), message)


@rule("HT609", "image-without-alt", Severity.INFO)
def image_without_alt(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """An image has no alternative text.

    It is what people read who do not see the image, and what is left when it cannot be loaded.
    In HTML, `alt=""` says that an image is mere decoration.

    Bad:
        ![](https://example.com/architecture.png)

    Good:
        ![architecture of the network](https://example.com/architecture.png)
    """
    body = read_body(card)
    if body is None:
        return
    for link in body.links:
        if not link.image or not link.target.strip():
            continue
        if link.text is None or (body.text[link.start] == "!" and not link.text.strip()):
            yield Finding(_link_span(body, link), "the image has no alternative text: say in words what it shows")


@rule("HT610", "empty-section", Severity.INFO)
def empty_section(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """A section has neither text nor sections of its own.

    Readers cannot tell whether something got lost or is still to be written.

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
            message = f"the section `{_short(plain_text(heading.title))}` is empty: write it, or leave the heading out"
            yield Finding(body.span(heading.start, heading.end), message)


def _target_span(body: Body, link: Link) -> Span:
    return body.span(link.target_start, link.target_start + len(link.target))


def _link_span(body: Body, link: Link) -> Span:
    return body.span(link.start, link.end)


def _unescape(target: str) -> str:
    return html.unescape(_ESCAPED.sub(r"\1", target))


def _short(text: str) -> str:
    """Text for a message: on one line, and not longer than that."""
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "\u2026"
