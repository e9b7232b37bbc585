"""HT801 and HT802: links, looked up on the network with `--online` (see `hubtool.asset.online`)."""

from __future__ import annotations

from collections.abc import Iterable

from hubtool.card.parse import ParsedCard
from hubtool.lint.diagnostic import Severity
from hubtool.lint.rule import Facts, Finding, rule

LINK_CODES = frozenset({"HT801", "HT802"})
"""Rules of which the findings come from the network."""


@rule("HT801", "dead-link", Severity.ERROR)
def dead_link(_card: ParsedCard, _facts: Facts) -> Iterable[Finding]:
    """A link is dead.

    The server answers that the page or file does not exist (404 or 410).
    Looked up only with `--online`; answers are kept for a day.

    Bad:
        asset-link: <https://download.mindspore.cn/no/such/file.ckpt>

    Good:
        asset-link: <https://download.mindspore.cn/toolkits/mindcv/bit/BiT_resnet50-1e4795a4.ckpt>
    """
    return ()


@rule("HT802", "unreachable-link", Severity.WARNING)
def unreachable_link(_card: ParsedCard, _facts: Facts) -> Iterable[Finding]:
    """A link could not be looked up.

    The host does not answer, its certificate is not valid, or the server failed: the link may be
    fine tomorrow. Looked up only with `--online`.

    Bad:
        repo-link: <https://a-server-that-is-down.example/code>

    Good:
        repo-link: <https://github.com/mindspore-lab/mindcv>
    """
    return ()
