"""HT4xx: the files of a model, their links and their digests."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterable, Iterator

from hubtool.card.parse import ParsedCard, unwrapped
from hubtool.card.record import FULL_DIGEST_LENGTH, SHORTEST_DIGEST, Asset, digest_in_link, same_digest
from hubtool.card.span import Path as _Path
from hubtool.card.span import Span
from hubtool.lint.diagnostic import Edit, Severity
from hubtool.lint.rule import Facts, Finding, rule

_URL = re.compile(r"(?P<scheme>[^:/?#]*)://(?:[^/?#@]*@)?(?P<host>\[[^\]/?#]*\]|[^/?#:]*)")
_FAIR_URL = re.compile(r"https?://[a-z0-9-]+\.[a-z0-9.-]+/[!-~]*")
_ONE_SLASH = re.compile(r"https?:", re.IGNORECASE)
_NOT_BARE = re.compile(r"[\s<>]")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_DRIVE = re.compile(r"[A-Za-z]:[\\/]|\\\\")
_LOOPBACK = {"localhost", "127.0.0.1", "[::1]"}

_HUBS = frozenset({
    "mindspore.cn", "download.mindspore.cn", "download-mindspore.osinfra.cn", "modelers.cn", "gitee.com",
    "gitcode.com", "pcl.ac.cn", "openi.org.cn", "modelscope.cn", "huggingface.co", "hf.co", "hf-mirror.com",
    "github.com", "githubusercontent.com", "zenodo.org", "kaggle.com", "tfhub.dev", "download.pytorch.org",
})  # fmt: skip
"""Hosts of model hubs; a subdomain counts as its hub."""

_EXTENSIONS = {
    "ckpt": {"ckpt"},
    "ms": {"ms", "mindir"},
    "mslite": {"ms", "mindir"},
    "mindir": {"mindir"},
    "air": {"air"},
    "om": {"om"},
    "onnx": {"onnx"},
    "safetensors": {"safetensors", "json"},
    "gguf": {"gguf"},
    "tflite": {"tflite"},
    "pt": {"pt", "pth", "bin", "ckpt"},
    "pth": {"pt", "pth", "bin", "ckpt"},
}
"""What files of a format are called; json is the index of a checkpoint in several parts."""
_TELLING = frozenset().union(*_EXTENSIONS.values()) - {"bin"} | {"html", "htm", "md", "py", "yaml", "yml", "pdf"}
"""Extensions that say what a file is, unlike archives and bin."""
_USUAL_FORMAT = {"ms": "mslite"}

_HEX = re.compile(r"[0-9A-Fa-f]{8,64}")
_NAME_HASH = re.compile(r"-([0-9a-f]{8,16}|[0-9a-f]{64})(?=[-.])")
_DATE = re.compile(r"(?:19|20)\d\d(?:\d{4}|dec\d\d)[a-f]?|\d\d(?:dec|feb)(?:19|20)\d\d")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def _links(card: ParsedCard) -> Iterator[tuple[_Path, str]]:
    """Links of the assets and of the code, as written, with the paths of their values."""
    for entry in card.files:
        if entry.link:
            yield ("asset", entry.number, "asset-link"), entry.link
    repository = (card.values or {}).get("repo-link")
    if isinstance(repository, str) and repository:
        yield ("repo-link",), repository


def _file_name(url: str) -> str:
    return url.partition("?")[0].partition("#")[0].rpartition("/")[2]


def _replacement(card: ParsedCard, span: Span, old: str, new: str, *, safe: bool) -> Edit | None:
    """An edit of a part of a value; None when the part is not spelt out there, as with YAML escapes."""
    end = card.offset(span.end_line, span.end_column)
    start = card.text.find(old, card.offset(span.line, span.column), end)
    return Edit(start, start + len(old), new, safe) if start >= 0 else None


@rule("HT401", "plain-http", Severity.WARNING, fixes="unsafe")
def plain_http(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """A link uses http.

    What comes over http can be changed on the way, and `hubtool pull` does not fetch it. The
    hubs serve the same paths over https; whether another host does has to be tried.

    Bad:
        asset-link: <http://download.mindspore.cn/toolkits/mindcv/bit/BiT_resnet50-1e4795a4.ckpt>

    Good:
        asset-link: <https://download.mindspore.cn/toolkits/mindcv/bit/BiT_resnet50-1e4795a4.ckpt>
    """
    for path, link in _links(card):
        url = unwrapped(link)
        if url[:7].casefold() == "http://" and (match := _URL.match(url)) and match["host"].casefold() not in _LOOPBACK:
            span = card.span_of(*path)
            edit = _replacement(card, span, url[:7], "https://", safe=False)
            yield Finding(span, f"link to `{match['host']}` over http: write `https://`", edit)


@rule("HT402", "unknown-host", Severity.INFO)
def unknown_host(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """A file lies on a host that is not a known hub.

    Files on private servers, shared drives and test buckets tend to vanish, and a typing error in
    a host's name looks the same. Nothing is wrong when the host is meant.

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


@rule("HT403", "extension-differs", Severity.WARNING)
def extension_differs(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """A file is not called what its format is.

    The loader is chosen by file-format; a file with the extension of another format fails there,
    after the download. Archives and unknown extensions are not judged.

    Bad:
        file-format: ckpt
        asset-link: <https://download.mindspore.cn/toolkits/mindcv/bit/bit_resnet50.mindir>

    Good:
        file-format: mindir
        asset-link: <https://download.mindspore.cn/toolkits/mindcv/bit/bit_resnet50.mindir>
    """
    for entry in card.files:
        usual = _EXTENSIONS.get(entry.format.casefold())
        extension = _extension(entry.url)
        if usual and extension in _TELLING and extension not in usual:
            better = (
                f"write `{_USUAL_FORMAT.get(extension, extension)}`" if extension in _EXTENSIONS else "link the file"
            )
            message = f"file-format is `{entry.format}` but the link ends in `.{extension}`: {better}"
            yield Finding(card.span_of("asset", entry.number, "file-format"), message)


def _extension(url: str) -> str:
    """Extension of the linked file in lower case; empty when there is none."""
    name = _file_name(url)
    return name.rsplit(".", 1)[-1].casefold() if "." in name else ""


@rule("HT404", "digest-length", Severity.WARNING)
def digest_length(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """A digest has neither 8 nor 64 digits.

    A SHA-256 has 64 hexadecimal digits, and the hub's file names carry the first 8. Any other
    number is mostly a slip of the clipboard, and other tools compare neither more nor less.

    Bad:
        asset-sha256: 1e4795a4c

    Good:
        asset-sha256: 1e4795a4
    """
    for entry in card.files:
        digest = entry.digest or ""
        length = len(digest)
        if length not in {SHORTEST_DIGEST, FULL_DIGEST_LENGTH} and _HEX.fullmatch(digest):
            message = f"asset-sha256 has {length} digits: write all 64 of the file's SHA-256, or the first 8"
            yield Finding(card.span_of("asset", entry.number, "asset-sha256"), message)


@rule("HT405", "digest-differs-from-name", Severity.ERROR)
def digest_differs_from_name(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """A digest is not the one in the file's name.

    Hubs put the first digits of a file's SHA-256 into its name. When asset-sha256 begins otherwise,
    the link or the digest is of another file, and no download can pass the check.

    Bad:
        asset-link: <https://download.mindspore.cn/toolkits/mindcv/bit/BiT_resnet50-1e4795a4.ckpt>
        asset-sha256: 77dcaf0f

    Good:
        asset-link: <https://download.mindspore.cn/toolkits/mindcv/bit/BiT_resnet50-1e4795a4.ckpt>
        asset-sha256: 1e4795a4
    """
    for entry in card.files:
        digest = (entry.digest or "").casefold()
        hashes = _name_hashes(entry.url) if _HEX.fullmatch(digest) else []
        named = next(filter(_is_hash, hashes), None)
        if named is not None and not any(same_digest(run, digest) for run in hashes):
            message = (
                f"asset-sha256 `{_cut(digest)}` is not the `{_cut(named)}` in the file's name: "
                "write the digest of the linked file, or link the other one"
            )
            yield Finding(card.span_of("asset", entry.number, "asset-sha256"), message)


def _name_hashes(url: str) -> list[str]:
    """Runs of the file's name that may be digests; there may be several, since a date looks the same."""
    name = _file_name(url)
    if "-" not in name or digest_in_link(url) is None:
        return []
    return _NAME_HASH.findall(_UUID.sub("", name))


def _is_hash(run: str) -> bool:
    """Whether a run of hexadecimal digits is hardly a date, a count, a size such as 4096d128, or a word."""
    letters = sum(character.isalpha() for character in run)
    return 2 <= letters < len(run) and not _DATE.fullmatch(run)


def _cut(digest: str) -> str:
    return digest if len(digest) < FULL_DIGEST_LENGTH else digest[:12] + "…"


@rule("HT406", "no-digest", Severity.WARNING)
def no_digest(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """A file has no digest.

    Without asset-sha256 nobody can tell whether the bytes that arrive are the ones that were
    measured: neither a broken download nor a replaced file is noticed.

    Bad:
        - file-format: ckpt
          asset-link: <https://download.mindspore.cn/toolkits/mindcv/bit/BiT_resnet50-1e4795a4.ckpt>

    Good:
        - file-format: ckpt
          asset-link: <https://download.mindspore.cn/toolkits/mindcv/bit/BiT_resnet50-1e4795a4.ckpt>
          asset-sha256: 1e4795a4
    """
    for entry in card.files:
        if entry.link and entry.digest is None:
            named = next(filter(_is_hash, _name_hashes(entry.url)), None)
            advice = f"write `asset-sha256: {named}`" if named else "add `asset-sha256` with the file's SHA-256"
            message = f"asset without a digest: {advice}"
            yield Finding(card.span_of("asset", entry.number, "asset-link"), message)


@rule("HT407", "bare-link", Severity.INFO, fixes="safe")
def bare_link(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """A link stands without angle brackets.

    Cards are shown as Markdown too, and there `<...>` is what makes a link of an address. The hub
    writes all links of the front matter so.

    Bad:
        repo-link: https://github.com/mindspore-lab/mindcv

    Good:
        repo-link: <https://github.com/mindspore-lab/mindcv>
    """
    for path, link in _links(card):
        if link.startswith(("https://", "http://")) and not _NOT_BARE.search(link):
            span = card.span_of(*path)
            edit = _replacement(card, span, link, f"<{link}>", safe=True)
            yield Finding(span, "link without angle brackets: write `<https://...>`", edit)


@rule("HT408", "bad-link", Severity.ERROR)
def bad_link(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """A link leads nowhere, for everyone.

    It has a scheme that is neither https nor http, no host, or a character that cannot be seen, mostly
    pasted along: no reader can follow it.

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
    """What makes a link unfit for everyone; blanks are the schema's business."""
    if hidden := _INVISIBLE.search(url):
        return f"link holds the invisible character U+{ord(hidden[0]):04X}: delete it"
    match = _URL.match(url)
    if match is None:
        return "`https:` leads nowhere without `//` and a host" if _ONE_SLASH.match(url) else None
    scheme, host = match["scheme"].casefold(), match["host"].casefold()
    if scheme not in {"http", "https"}:
        return f"`{' '.join(scheme.split())}://` cannot be fetched: write a link that starts with `https://`"
    if not host.strip("."):
        return f"link without a host: write `{scheme}://`, the host and the path"
    if host in {"http", "https"}:
        return f"link starts with a scheme twice: write `{scheme}://` once"
    return None


@rule("HT409", "uppercase-digest", Severity.INFO, fixes="safe")
def uppercase_digest(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """A digest has upper-case digits.

    sha256sum, the hub's file names and most tools write hexadecimal digits small, and plain
    comparisons fail when a card does not.

    Bad:
        asset-sha256: 1E4795A4

    Good:
        asset-sha256: 1e4795a4
    """
    for entry in card.files:
        digest = entry.digest or ""
        if not digest.islower() and (small := digest.lower()) != digest and _HEX.fullmatch(digest):
            span = card.span_of("asset", entry.number, "asset-sha256")
            edit = _replacement(card, span, digest, small, safe=True)
            yield Finding(span, f"digest with upper-case digits: write `{_cut(small)}`", edit)


@rule("HT410", "missing-file", Severity.WARNING)
def missing_file(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """A link that is no web address leads to no file below the card's folder.

    A link without `https://` is a path from the card's folder. The file has to be there, and below that
    folder, for a card that somebody else wrote must not make tools read any file of the disk.

    Bad:
        asset-link: <../../weights/bit_digits-5082903c.ckpt>

    Good:
        asset-link: <assets/bit_digits-5082903c.ckpt>
    """
    for entry in card.files:
        url = entry.url
        if not url or "://" in url or _ONE_SLASH.match(url):
            continue
        span = card.span_of("asset", entry.number, "asset-link")
        if url.startswith("/") or _DRIVE.match(url) or posixpath.normpath(url).startswith("../"):
            yield Finding(span, "link leads out of the card's folder: put the file below it, or write `https://...`")
        elif not os.path.isfile(card.path.parent / url):  # noqa: PTH113 (Path.is_file raises for odd names)
            yield Finding(span, "no such file below the card's folder: add it, or write `https://...`")


@rule("HT411", "lock-contradicts", Severity.ERROR)
def lock_contradicts(card: ParsedCard, facts: Facts) -> Iterable[Finding]:
    """A digest is not the one that hubtool.lock pins for the same file.

    The lockfile holds the full SHA-256 of what was really fetched, at a time when it agreed with the card.
    Now one of the two is wrong, and `hubtool pull` refuses the file.

    Bad:
        asset-sha256: 77dcaf0f with, in hubtool.lock,
        "sha256": "1e4795a4..."

    Good:
        asset-sha256: 1e4795a4 with, in hubtool.lock,
        "sha256": "1e4795a4..."
    """
    if facts.pinned is None:
        return
    for entry in card.files:
        digest = (entry.digest or "").casefold()
        if not entry.url or not _HEX.fullmatch(digest):
            continue
        found = facts.pinned(Asset(entry.format, entry.url, None), card.path.parent)
        if found is not None and not found[0].startswith(digest):
            pinned, lockfile = found
            message = f"{lockfile.name} pins `{_cut(pinned)}` for this file: correct the digest, or remove the pin"
            yield Finding(card.span_of("asset", entry.number, "asset-sha256"), message)
