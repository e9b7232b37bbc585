"""HT605 to HT607, HT609 and HT611: links and images of the body."""

from __future__ import annotations

import html
import os.path
import re
from collections.abc import Iterable
from urllib.parse import unquote

from hubtool.card.parse import ParsedCard
from hubtool.card.span import Span
from hubtool.lint.diagnostic import Severity
from hubtool.lint.edits import shortened
from hubtool.lint.markdown.body import Body, read_body
from hubtool.lint.markdown.links import Link
from hubtool.lint.rule import Facts, Finding, rule

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*")
_SCHEMES = frozenset({"http", "https", "ftp", "ftps", "git", "ssh", "file", "s3", "gs", "obs", "oss", "hf"})
_ELSEWHERE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|[/\\#?]|$")
_TEMPLATE = re.compile(r"[{}<>$*]|%\(|\.\.\.|\u2026")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")


@rule("HT605", "dead-relative-link", Severity.ERROR)
def dead_relative_link(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """A relative link or image leads to a file that is not there.

    The path starts from the card's folder. HT801 checks links to the web.

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
            yield Finding(_target_span(body, link), f"`{shortened(path)}` does not exist beside the card: {hint}")


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
    """A link of the body has a scheme that no browser follows.

    Usually there is a letter too many or too few before `://`: the link looks right but does not work.

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
            message = f"`{shortened(scheme)}://` is not a scheme that browsers follow: did you mean `https://`?"
            yield Finding(_target_span(body, link), message)


@rule("HT606", "dead-anchor", Severity.WARNING)
def dead_anchor(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """A `#fragment` link leads to no heading of the card.

    The anchor of a heading is its text in lower case, without punctuation and with hyphens for blanks. A second
    heading with the same text gets `-1`. An `id` or a `name` in HTML is an anchor too.

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
            message = f"no heading has the anchor `#{shortened(anchor)}`{_similar(anchor, anchors)}"
            yield Finding(_target_span(body, link), message)


def _anchors(card: ParsedCard, body: Body) -> set[str]:
    outline = card.outline
    titles = [outline.title] if outline and outline.title and outline.title_line < outline.yaml_line else []
    return {anchor.casefold() for anchor in body.anchors(*titles)}


def _similar(anchor: str, anchors: Iterable[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(anchor[:80], sorted(anchors)[:200], n=1)
    return f"; did you mean `#{near[0]}`?" if near else ""


@rule("HT607", "empty-link", Severity.WARNING)
def empty_link(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """A link or an image has no target.

    Readers see a link that does nothing, or a broken image.

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
            yield Finding(_link_span(body, link), f"the {what} has no target: add one, or remove the {what}")


@rule("HT609", "image-without-alt", Severity.INFO)
def image_without_alt(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """An image has no alternative text.

    People who cannot see the image read it instead, and it is shown when the image cannot be loaded. In HTML,
    `alt=""` says that an image is only decoration.

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


def _target_span(body: Body, link: Link) -> Span:
    return body.span(link.target_start, link.target_start + len(link.target))


def _link_span(body: Body, link: Link) -> Span:
    return body.span(link.start, link.end)


def _unescape(target: str) -> str:
    return html.unescape(_ESCAPED.sub(r"\1", target))
