"""Fetching one file from one URL: request, resume, ask again, and know when to stop.

The state is the partial file. A request asks for what it lacks; what the answer says decides whether its bytes
continue the partial or replace it.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, NoReturn

from hubtool.asset.access import Access
from hubtool.asset.body import announced_length, chunks, content_encoding
from hubtool.asset.door import Door, Unreachable
from hubtool.asset.partial import Origin, Partial
from hubtool.asset.policy import redacted
from hubtool.asset.retry import Retries, retry_after
from hubtool.asset.space import check_room
from hubtool.errors import TransferError
from hubtool.progress import Task
from hubtool.words import counted

if TYPE_CHECKING:
    import requests

_log = logging.getLogger(__name__)
_CONTENT_RANGE = re.compile(r"\s*bytes\s+(\d{1,18})-(\d{1,18})/(\d{1,18}|\*)\s*", re.IGNORECASE)
_STRONG_ETAG = re.compile(r'"[\x21\x23-\x7e\x80-\xff]*"')
_OK, _PARTIAL_CONTENT, _RANGE_NOT_SATISFIABLE = 200, 206, 416
_MAY_PASS = {408, 425, 429}
_REASONS = {
    401: "it requires a login",
    403: "it denies access to the file",
    404: "there is no such file",
    407: "the proxy requires a login",
    410: "the file was removed",
}


class _TryAgain(Exception):
    """One request failed, but another may succeed."""

    def __init__(self, reason: str, wait: float | None = None):
        super().__init__(reason)
        self.wait = wait


class Transfer:
    """The transfer of one file from one URL into a partial."""

    def __init__(self, url: str, partial: Partial, door: Door, access: Access, task: Task, size: int | None = None):
        self.url = url
        self.partial = partial
        self._door = door
        self._limits = access.limits
        self._clock = access.clock
        self._task = task
        self._size = size
        self._ranges = True
        self._total: int | None = None
        self.continued = partial.size > 0
        """Whether bytes of different requests were put together, so that a wrong digest may come from that."""

    def run(self, idle_attempts: int) -> None:
        """Fetch until the partial is complete, as far as the server tells.

        Parameters
        ----------
        idle_attempts
            Requests in a row that bring nothing new, after which the URL is given up.

        Raises
        ------
        TransferError
            The server does not give the file, or gives up too often, or it is too large.
        EnvironmentProblem
            The disk is full.
        """
        retries = Retries(self._limits, idle_attempts)
        requests = 0
        while True:
            before = self.partial.size
            try:
                self._attempt()
            except (_TryAgain, Unreachable) as stop:
                requests += 1
                if self.partial.origin is not None and self.partial.origin.encoded:
                    self.partial.restart()
                wait = retries.wait_after(self.partial.size - before)
                if wait is None:
                    raise self._failed(f"{stop} ({counted(requests, 'request')})") from stop
                wait = max(wait, getattr(stop, "wait", None) or 0.0)
                _log.info("%s: %s; trying again in %.1f s", redacted(self.url), stop, wait)
                self._clock.sleep(wait)
            else:
                return

    def _attempt(self) -> None:
        origin, offset = self.partial.origin, self.partial.size
        self._task.restart(offset)
        if origin is not None and offset and offset == origin.total:
            return  # all bytes are there, only the last step was missing
        headers = self._range_headers(origin, offset)
        with self._door.open(self.url, headers) as response:
            status = response.status_code
            if status == _PARTIAL_CONTENT:
                self._continue(response, offset)
            elif status == _OK:
                self._begin(response)
            else:
                self._refused(response, offset)
            self._read(response)

    def _range_headers(self, origin: Origin | None, offset: int) -> dict[str, str]:
        if not offset or not self._ranges:
            return {}
        headers = {"Range": f"bytes={offset}-"}
        # Only a strong validator promises the same bytes; without one, the digest has to tell.
        if origin is not None and origin.url == self.url and _STRONG_ETAG.fullmatch(origin.etag or ""):
            headers["If-Range"] = str(origin.etag)
        return headers

    def _begin(self, response: requests.Response) -> None:
        """The whole file comes, whatever was asked for."""
        total = announced_length(response)
        self._check_size(total, 0)
        encoded = bool(content_encoding(response))
        headers = response.headers
        self.partial.begin(Origin(self.url, headers.get("ETag"), headers.get("Last-Modified"), total, encoded))
        self.continued = False
        self._total = total
        self._task.restart(0, total)

    def _continue(self, response: requests.Response, offset: int) -> None:
        """A part comes: check that it is the one that was asked for, of the file whose beginning is here."""
        match = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
        total = int(match[3]) if match and match[3] != "*" else None
        if match is None or int(match[1]) != offset or content_encoding(response):
            self._ranges = False
            self._start_over("the server sent a different part than requested")
        if total is not None and int(match[2]) >= total:
            self._ranges = False
            self._start_over("the server sent a part beyond the end of the file")
        origin = self.partial.origin
        if not offset:
            self.partial.begin(Origin(self.url, response.headers.get("ETag"), total=total))
        elif origin is not None and _is_other_file(origin, self.url, response, total):
            self._start_over("the file was changed on the server")
        self._check_size(total, offset)
        self.continued = True
        self._total = total if total is not None or origin is None else origin.total
        self._task.restart(offset, self._total)

    def _start_over(self, reason: str) -> NoReturn:
        """Discard the partial and ask for the whole file."""
        self.partial.restart()
        raise _TryAgain(reason)

    def _refused(self, response: requests.Response, offset: int) -> NoReturn:
        status = response.status_code
        if status == _RANGE_NOT_SATISFIABLE and offset:
            self._start_over("the partial file is longer than the file on the server")
        said = f"the server answered {status}"
        if reason := _REASONS.get(status):
            said = f"{said}: {reason}"
        if status < 200:
            raise _TryAgain(said)  # an interim answer that was not requested; the next try may not get one
        if status in _MAY_PASS or status >= 500:
            wait = retry_after(response.headers.get("Retry-After"), self._clock.time())
            if wait is not None and wait > self._limits.retry_after_seconds:
                raise self._failed(f"{said} with Retry-After: {wait:.0f} s", hint="pull again after that")
            raise _TryAgain(said, wait)
        raise self._failed(said)

    def _check_size(self, total: int | None, offset: int) -> None:
        """Refuse, before the first byte, a file that cannot be right or does not fit."""
        if total is None:
            return
        if total > self._limits.max_bytes:
            raise self._failed(
                f"{total:,} bytes are announced, more than the {self._limits.max_bytes:,} allowed",
                hint="HUBTOOL_MAX_BYTES sets another limit",
            )
        if self._size is not None and total != self._size:
            raise SizeDiffers(total)
        check_room(self.partial.path.parent, total - offset)

    def _read(self, response: requests.Response) -> None:
        partial, total = self.partial, self._total
        most = self._size if self._size is not None else total
        if most is None:
            most = self._limits.max_unannounced_bytes
        for chunk in chunks(response, self._limits, self._clock, partial.room):
            if partial.size + len(chunk) > most:
                partial.restart()
                if self._size is not None:
                    raise SizeDiffers(None)
                raise self._failed(
                    f"more than {most:,} bytes came",
                    hint="no length was announced; HUBTOOL_MAX_BYTES sets another limit",
                )
            partial.append(chunk)
            self._task.advance(len(chunk))
        if total is not None and partial.size < total:
            raise _TryAgain(f"the connection ended after {partial.size:,} of {total:,} bytes")

    def _failed(self, reason: str, *, hint: str = "check the link and the connection") -> TransferError:
        return TransferError(f"{redacted(self.url)}: {reason}", hint=hint)


class SizeDiffers(Exception):
    """A file has not the pinned length; `announced` is what the server said, None when more than that came."""

    def __init__(self, announced: int | None):
        super().__init__(announced)
        self.announced = announced


def _is_other_file(origin: Origin, url: str, response: requests.Response, total: int | None) -> bool:
    """Whether an answer says that the file is not the one whose beginning is here."""
    if origin.total is not None and total is not None and total != origin.total:
        return True
    if origin.url != url:
        return False  # another server has different validators
    pairs = ((origin.etag, response.headers.get("ETag")), (origin.modified, response.headers.get("Last-Modified")))
    return any(old and new and old != new for old, new in pairs)
