"""The name of a file as a link, or a server, says it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, unquote, urlsplit

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
    from email.message import Message

    message = Message()
    message["Content-Disposition"] = header
    try:
        name = message.get_filename("")
    except (ValueError, LookupError):  # such as a character set that does not exist
        return None
    return _last_part(unquote(name)) or None


def _values(query: str) -> Iterator[str]:
    for _, value in parse_qsl(query):
        disposition = name_in_disposition(value) if value.casefold().startswith("attachment") else None
        yield disposition or value


def _last_part(path: str) -> str:
    return re.split(r"[/\\]", path)[-1].strip()
