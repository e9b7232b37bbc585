"""HT413: links that lead to a page about a file, not to the file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache, partial
from typing import NamedTuple

from hubtool.card.parse import ParsedCard
from hubtool.lint.diagnostic import Severity
from hubtool.lint.edits import part_replacement, shortened
from hubtool.lint.rule import Facts, Finding, rule

# Forges of companies are called after what they run; `digital.example.org` and `me.github.io` serve files.
_FORGE = re.compile(
    r"(?:gitee|gitcode)\.(?:com|net)|bitbucket\.org|codeberg\.org|openi\.[^.]+\.(?:ac|org)\.cn"
    r"|(?:.*\.)?(?:git|github|gitlab|gitea|gogs|forgejo)(?:[.-].*)?\.(?!io$)[a-z]+"
)
_MODEL_HUB = re.compile(r"(?:.*\.)?(?:huggingface\.co|hf\.co|hf-mirror\.com|modelers\.cn|modelscope\.(?:cn|com|ai))")
_BLOB = re.compile(r"/blob/[^/]+/.")
_FOLDER = re.compile(r"/(?:-/)?tree(?:/|$)")
_RAW = re.compile(r"\b(?:raw|download)=(?:true|1)\b", re.IGNORECASE)
_FORGE_PAGE = re.compile(
    r"/(?!attachments/)[^/]+/[^/]+(?:/releases(?:/tag/[^/]+|/latest)?|/src/(?:branch|commit)/.*)?/?"
)
_HUB_PAGE = re.compile(r"/(?:(?:models|datasets|spaces)/)?[^/]+/[^/]+(?:/(?:summary|files|file/view/.*))?/?")
_SHARES = {
    "drive.google.com": re.compile(r"/(?:file/d/[^/]+(?:/(?:view|edit|preview).*)?|drive/.*|open)"),
    "pan.baidu.com": re.compile(r"/.*"),
    "zenodo.org": re.compile(r"/records?/\d+/?"),
    "arxiv.org": re.compile(r"/.*"),
    "aliyundrive.com": re.compile(r"/.*"),
    "mega.nz": re.compile(r"/.*"),
}
_DROPBOX = re.compile(r"(?:.*\.)?dropbox\.com")


class Page(NamedTuple):
    """What a link leads to, and the part of it to replace, if that makes it lead to the file."""

    what: str
    old: str = ""
    new: str = ""


@rule("HT413", "page-link", Severity.WARNING, fixes="unsafe")
def page_link(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """A link leads to a web page, not to the file.

    `/blob/` shows a file in a page, `/tree/` a folder, and the pages of shared drives have a button to press. Who
    downloads such a link gets HTML, and its digest is not the one of the file. GitHub has the file under `/raw/`,
    Hugging Face under `/resolve/`.

    Bad:
        asset-link: <https://huggingface.co/mindspore/bit/blob/main/bit_resnet50.ckpt>

    Good:
        asset-link: <https://huggingface.co/mindspore/bit/resolve/main/bit_resnet50.ckpt>
    """
    for entry in card.files:
        if page := page_of(entry.url):
            span = card.span_of("asset", entry.number, "asset-link")
            edit = part_replacement(card, span, page.old, page.new, safe=False) if page.old else None
            yield Finding(span, _message(page), edit)
    for row in card.rows:
        if row.asset is not None and (page := page_of(row.asset.url)):
            yield Finding(row.model_span, f"the link of `{shortened(row.model)}`: {_message(page)}")


def _message(page: Page) -> str:
    advice = f"write `{page.new}` instead of `{page.old}`" if page.old else "write the address that downloads the file"
    return f"the link leads to {page.what}, not to the file: {advice}"


def page_of(url: str) -> Page | None:
    """The page that a link is known to lead to; None where it may lead to a file."""
    scheme, _, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    find = _pages_of(authority.rpartition("@")[2].partition(":")[0].casefold().removeprefix("www."))
    if find is None or scheme.casefold() not in {"http", "https"}:
        return None
    path, _, query = f"{slash}{path}".partition("#")[0].partition("?")
    return find(path, query)


@lru_cache(maxsize=1024)
def _pages_of(host: str) -> Callable[[str, str], Page | None] | None:
    """What tells the pages of a host by path and query; None for a host without pages that are known."""
    if _MODEL_HUB.fullmatch(host):
        return partial(_git_page, raw="/resolve/", pages=_HUB_PAGE)
    if _FORGE.fullmatch(host) and not host.startswith("raw."):
        return partial(_git_page, raw="/raw/", pages=_FORGE_PAGE)
    if host in _SHARES or _DROPBOX.fullmatch(host):
        return partial(_shared_page, host=host)
    return None


def _git_page(path: str, query: str, *, raw: str, pages: re.Pattern[str]) -> Page | None:
    if _RAW.search(query):
        return None
    if _BLOB.search(path):
        return Page("a page that shows the file", "/blob/", raw)
    if _FOLDER.search(path):
        return Page("a page that lists a folder")
    return Page("a page of the repository") if pages.fullmatch(path) else None


def _shared_page(path: str, query: str, *, host: str) -> Page | None:
    is_page = _SHARES[host].fullmatch(path) is not None if host in _SHARES else "dl=0" in query
    return Page(f"a page of {host}") if is_page else None
