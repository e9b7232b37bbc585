"""Other places where the same file may be; the digest decides whether it is."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from hubtool.errors import UsageProblem

_OFFICIAL = ("https://download.mindspore.cn/", "https://download-mindspore.osinfra.cn/")
"""The hosts of the hub, the older one and that of the 2.x cards; their paths are the same."""

_HOST = re.compile(r"[\w-]+(?:\.[\w-]+)+(?::\d+)?(?:/\S*)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Mirror:
    """URLs that begin with `prefix` also work with `replacement` in its place."""

    prefix: str
    replacement: str


def sources_of(url: str, mirrors: Iterable[Mirror]) -> list[str]:
    """Where to look for a file, in order: the user's mirrors, the link itself, the hub's other host."""
    found = [mirror.replacement + url[len(mirror.prefix) :] for mirror in mirrors if url.startswith(mirror.prefix)]
    found.append(url)
    for host in _OFFICIAL:
        if url.startswith(host):
            found += [other + url[len(host) :] for other in _OFFICIAL if other != host]
    return list(dict.fromkeys(found))


def mirrors_from(written: Iterable[str]) -> tuple[Mirror, ...]:
    """Mirrors as `FROM=TO`, from options and then from HUBTOOL_MIRROR, where spaces or commas separate them.

    FROM and TO are beginnings of URLs; a bare host stands for `https://host/`.

    Raises
    ------
    UsageProblem
        One of them does not have this form.
    """
    from_environment = re.split(r"[\s,]+", os.environ.get("HUBTOOL_MIRROR", ""))
    return (
        *(_mirror(text, f"--mirror {text}") for text in written),
        *(_mirror(text, f"HUBTOOL_MIRROR: {text}") for text in from_environment if text),
    )


def _mirror(written: str, shown: str) -> Mirror:
    try:
        prefix, _, replacement = (_as_prefix(part) for part in written.partition("="))
        parts = urlsplit(replacement)
    except ValueError:  # such as an unclosed bracket
        prefix = ""
    if not prefix or parts.scheme not in {"https", "http"} or not parts.netloc:
        raise UsageProblem(f"{shown} is not a mirror", hint="write FROM=TO, the beginnings of two URLs; TO needs https")
    if prefix.endswith("/") and not replacement.endswith("/"):
        replacement += "/"
    return Mirror(prefix, replacement)


def _as_prefix(written: str) -> str:
    """The beginning of a URL; a bare host is one with https; empty for anything else."""
    if "://" not in written:
        written = f"https://{written}" if _HOST.fullmatch(written) else ""
    return written if not written or urlsplit(written).path else f"{written}/"
