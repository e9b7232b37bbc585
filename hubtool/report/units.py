"""Figures, sizes and times as people read them, and as they write them."""

from __future__ import annotations

import re

from hubtool.errors import UsageProblem

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_AGE = re.compile(r"(\d{1,6})\s*([smhdw])")


def size(count: float) -> str:
    """Bytes with a binary prefix: 1.9 MiB."""
    if count < 1024:
        return f"{count:.0f} B"
    prefixes = iter("KMGTP")
    prefix = ""
    while count >= 1024:
        count /= 1024
        prefix = next(prefixes)
    return f"{count:.1f} {prefix}iB" if count < 100 else f"{count:.0f} {prefix}iB"


def figure(value: float) -> str:
    """Two decimals as cards give them, more only where these would hide the number."""
    return f"{value:.2f}" if value == 0 or abs(value) >= 0.01 else f"{value:g}"


def duration(seconds: float) -> str:
    """Minutes and seconds, with hours where there are any: 1:05, 2:00:00."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def age(seconds: float) -> str:
    """How long ago something was, roughly: just now, 5 minutes, 3 days."""
    for unit, length in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        if seconds >= length:
            count = int(seconds // length)
            return f"{count} {unit}{'' if count == 1 else 's'} ago"
    return "just now"


def seconds_of(written: str) -> float:
    """The length of a time written as a number with s, m, h, d or w: 30d.

    Raises
    ------
    UsageProblem
        It is not written like that.
    """
    match = _AGE.fullmatch(written.strip().casefold())
    if match is None:
        raise UsageProblem(
            f"{written!r} is not a length of time", hint="use a number with s, m, h, d or w, such as 30d"
        )
    return float(int(match[1]) * _SECONDS[match[2]])
