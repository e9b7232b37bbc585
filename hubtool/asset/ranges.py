"""Content-Range: which part of a file an answer says it has."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from hubtool.asset.body import announced_length

if TYPE_CHECKING:
    import requests

_CONTENT_RANGE = re.compile(r"\s*bytes\s+(\d{1,18})-(\d{1,18})/(\d{1,18}|\*)\s*", re.IGNORECASE)


class Part(NamedTuple):
    """Bytes `start` to `last`, both included, of a file of `total` bytes; None where that is not said."""

    start: int
    last: int
    total: int | None


def announced_part(response: requests.Response) -> Part | None:
    """The part that an answer announces; None when it announces none, or one that cannot be."""
    match = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
    if match is None:
        return None
    part = Part(int(match[1]), int(match[2]), None if match[3] == "*" else int(match[3]))
    beyond = part.total is not None and part.last >= part.total
    return None if beyond or part.last < part.start else part


def is_slice(response: requests.Response, start: int) -> bool:
    """Whether a 200 is in truth a 206: it names the part that was asked for, and is not longer than that."""
    part, length = announced_part(response), announced_length(response)
    return part is not None and part.start == start and length in {None, part.last - part.start + 1}
