"""What it means when a server does not give a file: whether another request may succeed, and when to make it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NoReturn

from hubtool.asset.limits import Limits
from hubtool.asset.policy import redacted
from hubtool.asset.retry import wait_asked_for
from hubtool.errors import TransferError

if TYPE_CHECKING:
    import requests

_MAY_PASS = {408, 425, 429}
_NEVER_PASS = {401, 404, 407, 410}
_REASONS = {
    401: "it requires a login",
    403: "it denies access to the file",
    404: "there is no such file",
    407: "the proxy requires a login",
    410: "the file was removed",
}
CHECK = "check the link and the connection"
"""The hint for everything else."""


class TryAgain(Exception):
    """One request failed, but another may succeed.

    Attributes
    ----------
    wait
        Seconds after which the server wants to be asked again; 0 where it does not say.
    """

    def __init__(self, reason: str, wait: float = 0.0):
        super().__init__(reason)
        self.wait = wait


def refused(url: str, response: requests.Response, limits: Limits, now: float) -> NoReturn:
    """Turn an answer that is no part of a file into an error.

    Parameters
    ----------
    now
        Seconds since 1970.

    Raises
    ------
    TryAgain
        The next request may succeed.
    TransferError
        It may not, or only after a longer time than the limits allow to wait.
    """
    status = response.status_code
    said = f"the server answered {status}"
    if reason := _REASONS.get(status):
        said = f"{said}: {reason}"
    if status < 200:
        raise TryAgain(said)  # an interim answer that was not requested; the next try may not get one
    wait = wait_asked_for(response.headers, now)
    if status in _MAY_PASS or status >= 500 or (wait is not None and status not in _NEVER_PASS):
        if wait is not None and wait > limits.retry_after_seconds:
            raise TransferError(
                f"{redacted(url)}: {said} with Retry-After: {wait:.0f} s",
                hint=f"pull again after that, or let hubtool wait: HUBTOOL_MAX_WAIT={math.ceil(wait)}",
            )
        raise TryAgain(said, wait or 0.0)
    raise TransferError(f"{redacted(url)}: {said}", hint=CHECK)
