"""Every limit of a transfer, in one place."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on what a server can make hubtool do.

    Attributes
    ----------
    connect_seconds
        Longest wait for a connection.
    idle_seconds
        Longest wait between two chunks.
    attempts
        Requests for one file when connecting fails or the server answers 502, 503 or 504.
    redirects
        Hops followed from one link.
    max_bytes
        Largest file accepted.
    chunk_bytes
        Bytes read, hashed and written at a time.
    """

    connect_seconds: float = 10.0
    idle_seconds: float = 10.0
    attempts: int = 3
    redirects: int = 10
    max_bytes: int = 64 * 1024**3
    chunk_bytes: int = 1024 * 1024


DEFAULT_LIMITS = Limits()
