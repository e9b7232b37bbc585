"""When to ask again, and how long to wait before."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from datetime import timezone
from email.utils import parsedate_to_datetime

from hubtool.asset.limits import Limits

_RATE_LIMIT_FIELD = re.compile(r"(?:x-)?rate-?limit-(remaining|reset|reset-after)", re.IGNORECASE)
_NONE_LEFT = re.compile(r"\br(?:emaining)?=0\b.*?\b(?:t|reset)=(\d{1,9})\b")
_EPOCH_SECONDS, _EPOCH_MILLISECONDS = 1e9, 1e12
"""A larger number is a moment, counted from 1970, and no duration."""


class Retries:
    """Counts the failed requests of one source.

    A request that brought something new restarts the count, but there is a cap on those that brought little, so
    that a server which gives a byte at a time comes to an end.
    """

    def __init__(self, limits: Limits, idle_attempts: int):
        self._limits = limits
        self._idle_left = self._idle_attempts = idle_attempts
        self._left = limits.attempts

    def wait_after(self, gained: int) -> float | None:
        """Seconds to wait after a request that failed; None when there should not be another.

        Exponential backoff with jitter (Brooker, "Exponential Backoff And Jitter", 2015, the "equal" kind), so that
        many clients that lost one server do not all return at once.

        Parameters
        ----------
        gained
            Bytes that the request brought beyond what was there.
        """
        if gained < self._limits.solid_bytes:
            self._left -= 1
        self._idle_left = self._idle_attempts if gained > 0 else self._idle_left - 1
        if not self._left or not self._idle_left:
            return None
        failed = self._idle_attempts - self._idle_left
        limits = self._limits
        longest = limits.progress_backoff_seconds
        if failed:
            longest = min(limits.first_backoff_seconds * 2 ** (failed - 1), limits.longest_backoff_seconds)
        return longest / 2 + random.uniform(0, longest / 2)  # noqa: S311 (jitter is no secret)


def retry_after(written: str | None, now: float) -> float | None:
    """Seconds that a Retry-After header asks to wait (RFC 9110, 10.2.3); None when it cannot be read.

    Parameters
    ----------
    now
        Seconds since 1970, for a header that names a moment.
    """
    text = (written or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return max(0.0, moment.timestamp() - now)


def wait_asked_for(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds that a refusal asks to wait, by Retry-After or by a rate limit that is used up; None for neither.

    Rate limits are written as `X-RateLimit-Remaining` and `-Reset` (a duration or a moment), in one of their spellings,
    or as `RateLimit: "name";r=0;t=55` or `limit=10, remaining=0, reset=55` (drafts for HTTP).

    Parameters
    ----------
    now
        Seconds since 1970.
    """
    wait = retry_after(headers.get("Retry-After"), now)
    if wait is not None:
        return wait
    if found := _NONE_LEFT.search(headers.get("RateLimit", "")):
        return float(found[1])
    matches = ((_RATE_LIMIT_FIELD.fullmatch(name), text.strip()) for name, text in headers.items())
    fields = {match[1].casefold(): text for match, text in matches if match is not None}
    if fields.get("remaining") != "0":
        return None
    return _duration(fields.get("reset-after") or fields.get("reset", ""), now)


def _duration(written: str, now: float) -> float | None:
    """Seconds from now, by a number of seconds, a moment since 1970, or a date."""
    try:
        value = float(written[:20])
    except ValueError:
        return retry_after(written, now)
    if value > _EPOCH_MILLISECONDS:
        value /= 1000
    if value > _EPOCH_SECONDS:
        value -= now
    return max(0.0, value) if value < _EPOCH_SECONDS else None
