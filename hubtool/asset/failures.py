"""What was at fault when a request failed, in plain words."""

from __future__ import annotations

import re
from collections.abc import Iterator

_TUNNEL_REFUSED = re.compile(r"Tunnel connection failed: 4(?!08|25|29)\d\d\b")
_ADDRESS_IN_MEMORY = re.compile(r"^<?[\w.]+ object at 0x[0-9a-f]+>?: |^\w+\(.*?\): ")

LONGER = "HUBTOOL_TIMEOUT sets how many seconds hubtool waits: HUBTOOL_TIMEOUT=60 for a slow connection"
"""The hint for everything that took too long."""


def distrusts_certificate(error: BaseException) -> bool:
    """Whether a certificate was at fault, and not a handshake that broke off."""
    import ssl

    return any(isinstance(cause, ssl.SSLCertVerificationError) for cause in _causes(error))


def is_refused_by_proxy(error: BaseException) -> bool:
    """Whether a proxy answered that it does not connect to the host; the next request would get the same answer."""
    return any(_TUNNEL_REFUSED.match(str(cause)) for cause in _causes(error))


def failure_reason(error: BaseException) -> str:
    """The innermost cause in plain words: requests and urllib3 wrap it in the text of every layer above."""
    from urllib3.exceptions import IncompleteRead

    causes = list(_causes(error))
    cause = next((cause for cause in causes if isinstance(cause, IncompleteRead)), causes[-1])
    if isinstance(cause, IncompleteRead):
        return "the connection ended too early"
    if isinstance(cause, TimeoutError) and cause.args and "head" in str(cause):
        return str(cause)
    if _took_too_long(error, cause):
        return "the server did not answer in time"
    said = getattr(cause, "strerror", None) or str(cause) or type(cause).__name__
    return _ADDRESS_IN_MEMORY.sub("", " ".join(str(said).split()))[:200]


def failure_hint(error: BaseException) -> str:
    """The setting that may help; empty where none does."""
    return LONGER if _took_too_long(error, list(_causes(error))[-1]) else ""


def _took_too_long(error: BaseException, cause: BaseException) -> bool:
    import requests
    from urllib3.exceptions import ReadTimeoutError

    return isinstance(error, requests.Timeout) or isinstance(cause, TimeoutError | ReadTimeoutError)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error and what it wraps, in whichever way the libraries wrap it, the innermost last."""
    cause: BaseException | None = error
    seen: set[int] = set()
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        inner = getattr(cause, "reason", None) or cause.__cause__ or cause.__context__
        if not isinstance(inner, BaseException):
            inner = next((arg for arg in cause.args if isinstance(arg, BaseException)), None)
        cause = inner
