"""The digest that hubs put into a file's name: `BiT_resnet50-1e4795a4.ckpt` holds 1e4795a4."""

from __future__ import annotations

import re

_RUN = re.compile(r"-([0-9a-f]{8,16}|[0-9a-f]{64})(?=[-.])")
_DATE = re.compile(r"(?:19|20)\d\d(?:\d{4}|dec\d\d)[a-f]?|\d\d(?:dec|feb)(?:19|20)\d\d")
_SIZE = re.compile(r"\d+d\d+")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def runs_in_name(link: str) -> list[str]:
    """Runs of hexadecimal digits in the file name of a link that may be digests; a date may look the same."""
    name = link.partition("?")[0].partition("#")[0].rpartition("/")[2]
    return _RUN.findall(_UUID.sub("", name)) if "-" in name else []


def digest_in_name(link: str) -> str | None:
    """The run that is a digest: no date, count, size such as 4096d128, or word; None where there is none."""
    return next(filter(_is_digest, runs_in_name(link)), None)


def _is_digest(run: str) -> bool:
    has_both = not run.isdecimal() and not run.isalpha()
    return has_both and not _DATE.fullmatch(run) and not _SIZE.fullmatch(run)
