"""Names for fetched files, so that a person tells them apart."""

from __future__ import annotations

from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from hubtool.asset.notes import safe_name


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


def _path_parts(url: str) -> list[str]:
    return [unquote(part, errors="replace") for part in urlsplit(url).path.split("/") if part]


def _differing_part(parts: list[str], others: list[str]) -> str:
    """The part, nearest to the file, in which two paths differ; empty where there is none."""
    pairs = zip(reversed(parts), reversed(others), strict=False)
    return next((part for part, other in pairs if part.casefold() != other.casefold()), "")
