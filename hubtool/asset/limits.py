"""Every limit of a transfer, in one place."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace

from hubtool.errors import UsageProblem

_MIB = 1024**2
_GIB = 1024**3


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on what a server can make hubtool do.

    Attributes
    ----------
    connect_seconds
        Longest wait for a connection.
    idle_seconds
        Longest wait between two arrivals of bytes. HUBTOOL_TIMEOUT sets this one and `connect_seconds`.
    head_seconds
        Longest time for the whole head of an answer, however steadily its bytes arrive.
    slow_seconds, slow_bytes
        A body that brings less than `slow_bytes` in `slow_seconds` has stalled.
    idle_attempts
        Requests in a row that bring nothing new, after which a source is given up.
    idle_attempts_with_others
        The same, for a source when there is another one to try.
    attempts
        Requests in all that bring less than `solid_bytes` each.
    solid_bytes
        What a request has to bring so that it does not count towards `attempts`.
    first_backoff_seconds, longest_backoff_seconds
        Longest wait after the first request that brought nothing, doubled after each further one; and where that ends.
    progress_backoff_seconds
        Longest wait after a request that brought something.
    redirects
        Hops followed from one link.
    retry_after_seconds
        Longest wait that a server may ask for; more is reported at once. HUBTOOL_MAX_WAIT sets it.
    max_bytes
        Largest file accepted. HUBTOOL_MAX_BYTES sets this one and the next.
    max_unannounced_bytes
        Largest file accepted from a server that does not say beforehand how long it is.
    link_attempts, link_backoff_seconds
        Requests after which a link counts as unreachable; the wait after the first, two of it after the second.
    chunk_bytes
        Bytes read, written and hashed at a time: what a process that is killed can lose.
    """

    connect_seconds: float = 10.0
    idle_seconds: float = 10.0
    head_seconds: float = 30.0
    slow_seconds: float = 60.0
    slow_bytes: int = 4096
    idle_attempts: int = 5
    idle_attempts_with_others: int = 2
    attempts: int = 50
    solid_bytes: int = _MIB
    first_backoff_seconds: float = 0.25
    longest_backoff_seconds: float = 8.0
    progress_backoff_seconds: float = 0.05
    redirects: int = 10
    retry_after_seconds: float = 30.0
    max_bytes: int = 64 * _GIB
    max_unannounced_bytes: int = 4 * _GIB
    link_attempts: int = 3
    link_backoff_seconds: float = 0.5
    chunk_bytes: int = 512 * 1024


DEFAULT_LIMITS = Limits()


def limits_from_environment() -> Limits:
    """The limits, with what HUBTOOL_TIMEOUT, HUBTOOL_MAX_WAIT (seconds) and HUBTOOL_MAX_BYTES say.

    Raises
    ------
    UsageProblem
        One of them is not a number, or out of range.
    """
    limits = DEFAULT_LIMITS
    if (seconds := _number("HUBTOOL_TIMEOUT", 0.01, 86_400)) is not None:
        limits = replace(
            limits,
            connect_seconds=seconds,
            idle_seconds=seconds,
            head_seconds=3 * seconds,
            slow_seconds=6 * seconds,
        )
    if (wait := _number("HUBTOOL_MAX_WAIT", 0, 86_400)) is not None:
        limits = replace(limits, retry_after_seconds=wait)
    if (size := _number("HUBTOOL_MAX_BYTES", 1, 2**60)) is not None:
        limits = replace(limits, max_bytes=int(size), max_unannounced_bytes=int(size))
    return limits


def _number(name: str, least: float, most: float) -> float | None:
    written = os.environ.get(name, "")
    if not written:
        return None
    try:
        value = float(written)
    except ValueError:
        value = float("nan")
    if not least <= value <= most:
        raise UsageProblem(f"{name} is {written!r}", hint=f"use a number from {least:g} to {most:g}")
    return value
