"""HT401, HT402, HT407 and HT408: the addresses of files and of the code."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from hubtool.card.parse import ParsedCard, unwrapped
from hubtool.card.span import Path as _Path
from hubtool.lint.diagnostic import Severity
from hubtool.lint.edits import part_replacement
from hubtool.lint.rule import Facts, Finding, rule

_URL = re.compile(r"(?P<scheme>[^:/?#]*)://(?:[^/?#@]*@)?(?P<host>\[[^\]/?#]*\]|[^/?#:]*)")
_FAIR_URL = re.compile(r"https?://[a-z0-9-]+\.[a-z0-9.-]+/[!-~]*")
ONE_SLASH = re.compile(r"https?:", re.IGNORECASE)
"""Begins a web address, even one that lacks a slash."""
_NOT_BARE = re.compile(r"[\s<>]")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_LOOPBACK = {"localhost", "127.0.0.1", "[::1]"}
_HUBS = frozenset({
    "mindspore.cn", "download.mindspore.cn", "download-mindspore.osinfra.cn", "modelers.cn", "gitee.com",
    "gitcode.com", "pcl.ac.cn", "openi.org.cn", "modelscope.cn", "huggingface.co", "hf.co", "hf-mirror.com",
    "github.com", "githubusercontent.com", "zenodo.org", "kaggle.com", "tfhub.dev", "download.pytorch.org",
})  # fmt: skip
"""Hosts of model hubs; a subdomain counts as its hub."""


def _links(card: ParsedCard) -> Iterator[tuple[_Path, str]]:
    """Links of the assets and of the code, as written, with the paths of their values."""
    for entry in card.files:
        if entry.link:
            yield ("asset", entry.number, "asset-link"), entry.link
    repository = (card.values or {}).get("repo-link")
    if isinstance(repository, str) and repository:
        yield ("repo-link",), repository


@rule("HT401", "plain-http", Severity.WARNING, fixes="unsafe")
def plain_http(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """A link uses http.

    A file that comes over http can be changed on the way, so `hubtool pull` refuses it. The hubs serve the
    same paths over https; for other hosts, try it first.

    Bad:
        asset-link: <http://download.mindspore.cn/toolkits/mindcv/bit/BiT_resnet50-1e4795a4.ckpt>

    Good:
        asset-link: <https://download.mindspore.cn/toolkits/mindcv/bit/BiT_resnet50-1e4795a4.ckpt>
    """
    for path, link in _links(card):
        url = unwrapped(link)
        if url[:7].casefold() == "http://" and (match := _URL.match(url)) and match["host"].casefold() not in _LOOPBACK:
            span = card.span_of(*path)
            edit = part_replacement(card, span, url[:7], "https://", safe=False)
            yield Finding(span, f"link to `{match['host']}` over http: write `https://`", edit)


@rule("HT402", "unknown-host", Severity.INFO)
def unknown_host(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """A file is on a host that is not a known hub.

    Files on private servers, shared drives and test buckets tend to disappear, and a mistyped host name
    looks the same. If the host is right, nothing is wrong.

    Bad:
        asset-link: <https://downloads-mindspore.osinfra.cn/toolkits/mindcv/bit/BiT_resnet50-1e4795a4.ckpt>

    Good:
        asset-link: <https://download-mindspore.osinfra.cn/toolkits/mindcv/bit/BiT_resnet50-1e4795a4.ckpt>
    """
    for entry in card.files:
        match = _URL.match(entry.url)
        if match is None or not match["host"]:
            continue
        host = match["host"].casefold().rstrip(".")
        if host not in _HUBS and host not in _LOOPBACK and not any(host.endswith("." + hub) for hub in _HUBS):
            message = f"`{host}` is not a known model hub: check the spelling, and that the file will stay there"
            yield Finding(card.span_of("asset", entry.number, "asset-link"), message)


@rule("HT407", "bare-link", Severity.INFO, fixes="safe")
def bare_link(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """A link has no angle brackets.

    Cards are also shown as Markdown, where `<...>` turns an address into a link. The hub writes all links of the
    front matter this way.

    Bad:
        repo-link: https://github.com/mindspore-lab/mindcv

    Good:
        repo-link: <https://github.com/mindspore-lab/mindcv>
    """
    for path, link in _links(card):
        if link.startswith(("https://", "http://")) and not _NOT_BARE.search(link):
            span = card.span_of(*path)
            edit = part_replacement(card, span, link, f"<{link}>", safe=True)
            yield Finding(span, "link without angle brackets: write `<https://...>`", edit)


@rule("HT408", "bad-link", Severity.ERROR)
def bad_link(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """A link cannot work for anyone.

    Its scheme is neither https nor http, it has no host, or it holds an invisible character, usually pasted by
    accident.

    Bad:
        asset-link: <https:///toolkits/mindcv/bit/BiT_resnet50-1e4795a4.ckpt>

    Good:
        asset-link: <https://download.mindspore.cn/toolkits/mindcv/bit/BiT_resnet50-1e4795a4.ckpt>
    """
    for path, link in _links(card):
        url = unwrapped(link)
        if not _FAIR_URL.fullmatch(url) and (fault := _fault(url)):
            yield Finding(card.span_of(*path), fault)


def _fault(url: str) -> str | None:
    """What makes a link unfit for everyone; the schema checks blanks."""
    if hidden := _INVISIBLE.search(url):
        return f"link has the invisible character U+{ord(hidden[0]):04X}: delete it"
    match = _URL.match(url)
    if match is None:
        return "`https:` does not work without `//` and a host" if ONE_SLASH.match(url) else None
    scheme, host = match["scheme"].casefold(), match["host"].casefold()
    if scheme not in {"http", "https"}:
        return f"`{' '.join(scheme.split())}://` cannot be fetched: write a link that starts with `https://`"
    if not host.strip("."):
        return f"link without a host: write `{scheme}://`, the host and the path"
    if host in {"http", "https"}:
        return f"link starts with a scheme twice: write `{scheme}://` once"
    return None
