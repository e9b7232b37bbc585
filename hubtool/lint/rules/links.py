"""HT801 and HT802: dead links. Whoever runs the rules hands in the probe that looks a link up on the network."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Literal

from hubtool.card.parse import ParsedCard
from hubtool.card.span import Span
from hubtool.lint.diagnostic import Severity
from hubtool.lint.rule import Facts, Finding, rule

LINK_CODES = frozenset({"HT801", "HT802"})
"""Rules that find something only with `Facts.probe`."""

_URL = re.compile(r"https?://[^\s<>()\[\]\"'`|\\]+")
_TRAILING = ".,;:!?*_"


def links_of(parsed: ParsedCard) -> Iterator[tuple[str, Span]]:
    """Every http(s) link in a card's text, with its place."""
    for number, line in enumerate(parsed.lines, 1):
        for match in _URL.finditer(line):
            url = match[0].rstrip(_TRAILING)
            yield url, Span(number, match.start() + 1, number, match.start() + 1 + len(url))


@rule("HT801", "dead-link", Severity.ERROR)
def dead_link(card: ParsedCard, facts: Facts) -> Iterable[Finding]:
    """A link is dead.

    The server answers that the page or file does not exist (404 or 410).
    Looked up only with `--online`; answers are kept for a day.

    Bad:
        asset-link: <https://download.mindspore.cn/no/such/file.ckpt>

    Good:
        asset-link: <https://download.mindspore.cn/toolkits/mindcv/bit/BiT_resnet50-1e4795a4.ckpt>
    """
    return _links_that_are("dead", card, facts)


@rule("HT802", "unreachable-link", Severity.WARNING)
def unreachable_link(card: ParsedCard, facts: Facts) -> Iterable[Finding]:
    """A link could not be looked up.

    The host does not answer, its certificate is not valid, or the server failed: the link may be
    fine tomorrow. Looked up only with `--online`.

    Bad:
        repo-link: <https://a-server-that-is-down.example/code>

    Good:
        repo-link: <https://github.com/mindspore-lab/mindcv>
    """
    return _links_that_are("unreachable", card, facts)


def _links_that_are(state: Literal["dead", "unreachable"], card: ParsedCard, facts: Facts) -> Iterator[Finding]:
    if facts.probe is None:
        return
    for url, span in links_of(card):
        found = facts.probe(url)
        if found.state == state:
            yield Finding(span, f"{url}: {found.reason}")
