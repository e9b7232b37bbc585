"""What a fetched file is called, so that a person recognises it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import Message
from pathlib import PurePosixPath
from urllib.parse import parse_qsl, unquote, urlsplit

from hubtool.asset.notes import safe_name

_FILE_NAME = re.compile(r"[^/\\]*[^/\\.]\.[A-Za-z][A-Za-z0-9]{0,14}")
"""Something with an extension; `v1.0` has none."""
_SERVER_PAGES = re.compile(r".*\.(?:php|aspx?|jsp|cgi|do|html?)", re.IGNORECASE)
"""Programs of a server, which give files of other names."""


def name_in_link(url: str) -> str | None:
    """The name of a file as its link says it; None where the link has none, such as `/download?id=5`.

    It is the last part of the path if that has an extension. Otherwise another part of the link may be a file name:
    that of a query (`?FilePath=a.ckpt`), or an earlier part of the path (`a.ckpt/content`, `a.ckpt/download`).
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    segments = [unquote(part, errors="replace") for part in parts.path.split("/") if part]
    last = segments[-1:]
    queried = [_last_part(value) for value in _values(parts.query)]
    for name in (*last, *queried, *reversed(segments[-3:-1])):
        if _FILE_NAME.fullmatch(name) and not _SERVER_PAGES.fullmatch(name):
            return name
    return None


def name_in_disposition(header: str) -> str | None:
    """The file name of a Content-Disposition (RFC 6266), without folders; None where it has none."""
    if not header:
        return None
    message = Message()
    message["Content-Disposition"] = header
    try:
        name = message.get_filename("")
    except (ValueError, LookupError):  # such as a character set that does not exist
        return None
    return _last_part(unquote(name)) or None


def distinct_name(name: str, url: str, other: str, digest: str) -> str:
    """A name for a file beside one that has the same: with the part of the link that differs, else with its digest.

    Parameters
    ----------
    url, other
        The links of the file and of the other one.
    digest
        Of the file, in hexadecimal digits.
    """
    differing = _differing_part(_path_parts(url), _path_parts(other))
    if differing:
        return safe_name(f"{differing}-{name}")
    path = PurePosixPath(name)
    return f"{path.stem}-{digest[:8]}{path.suffix}"


def _values(query: str) -> Iterator[str]:
    for _, value in parse_qsl(query):
        disposition = name_in_disposition(value) if value.casefold().startswith("attachment") else None
        yield disposition or value


def _last_part(path: str) -> str:
    return re.split(r"[/\\]", path)[-1].strip()


def _path_parts(url: str) -> list[str]:
    return [unquote(part, errors="replace") for part in urlsplit(url).path.split("/") if part]


def _differing_part(parts: list[str], others: list[str]) -> str:
    """The part, nearest to the file, in which two paths differ; empty where there is none."""
    pairs = zip(reversed(parts), reversed(others), strict=False)
    return next((part for part, other in pairs if part.casefold() != other.casefold()), "")
