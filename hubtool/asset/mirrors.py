"""Other places where the same file may lie; the digest decides whether it does."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from hubtool.errors import UsageProblem

_OFFICIAL = ("https://download.mindspore.cn/", "https://download-mindspore.osinfra.cn/")
"""The hosts of the hub, the older one and that of the 2.x cards; their paths are the same."""


@dataclass(frozen=True, slots=True)
class Mirror:
    """URLs that begin with `prefix` are also to be had with `replacement` in its place."""

    prefix: str
    replacement: str

    @property
    def host(self) -> str:
        """Host, and port where one is written, of the replacement."""
        return urlsplit(self.replacement).netloc


def sources_of(url: str, mirrors: Iterable[Mirror]) -> list[str]:
    """Where to look for a file, in order: the user's mirrors, the link itself, the hub's other host."""
    found = [mirror.replacement + url[len(mirror.prefix) :] for mirror in mirrors if url.startswith(mirror.prefix)]
    found.append(url)
    for host in _OFFICIAL:
        if url.startswith(host):
            found += [other + url[len(host) :] for other in _OFFICIAL if other != host]
    return list(dict.fromkeys(found))


def mirrors_from(written: Iterable[str]) -> tuple[Mirror, ...]:
    """Mirrors as `FROM=TO`, from options and then from HUBTOOL_MIRROR, where blanks or commas part several.

    FROM and TO are beginnings of URLs; a bare host stands for `https://host/`.

    Raises
    ------
    UsageProblem
        One of them is of another form.
    """
    texts = [*written, *re.split(r"[\s,]+", os.environ.get("HUBTOOL_MIRROR", ""))]
    return tuple(_mirror(text) for text in texts if text)


def _mirror(written: str) -> Mirror:
    prefix, equals, replacement = written.partition("=")
    if not equals or not prefix or not replacement:
        raise UsageProblem(f"{written!r} is no mirror", hint="FROM=TO, two beginnings of URLs")
    prefix, replacement = _as_prefix(prefix), _as_prefix(replacement)
    if urlsplit(replacement).scheme not in {"https", "http"}:
        raise UsageProblem(
            f"{written!r}: a mirror is reached by https or http", hint="FROM=https://mirror.example/path/"
        )
    if prefix.endswith("/") and not replacement.endswith("/"):
        replacement += "/"
    return Mirror(prefix, replacement)


def _as_prefix(written: str) -> str:
    if "://" not in written:
        written = f"https://{written}"
    return written if urlsplit(written).path else f"{written}/"
