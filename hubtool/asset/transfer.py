"""Fetching one file from one URL: request, resume, ask again, and know when to stop.

The state is the partial file. A request asks for what it lacks; what the answer says decides whether its bytes
continue the partial or replace it. Validators such as ETag only save requests: nodes of a network that delivers files
often give one file different ones, and whether bytes belong together is decided by the digest of the whole.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NoReturn

from hubtool.asset.access import Access
from hubtool.asset.body import announced_length, chunks, content_encoding
from hubtool.asset.codings import decodable
from hubtool.asset.door import Door, Unreachable
from hubtool.asset.partial import Origin, Partial
from hubtool.asset.policy import redacted
from hubtool.asset.ranges import announced_part, is_slice
from hubtool.asset.refusals import CHECK, TryAgain, refused
from hubtool.asset.retry import Retries
from hubtool.asset.space import check_room
from hubtool.asset.wanted import Wanted
from hubtool.errors import DigestMismatch, TransferError
from hubtool.progress import Task
from hubtool.words import counted

if TYPE_CHECKING:
    import requests

_log = logging.getLogger(__name__)
_STRONG_ETAG = re.compile(r'"[\x21\x23-\x7e\x80-\xff]*"')
_OK, _PARTIAL_CONTENT, _RANGE_NOT_SATISFIABLE = 200, 206, 416


class Transfer:
    """The transfer of one file from one URL into a partial.

    Attributes
    ----------
    continued
        Whether bytes of different requests were put together, so that a wrong digest may come from that.
    unframed
        Whether the last body was announced without its length, so that it may have ended too early.
    disposition
        Content-Disposition of the last answer, which may name the file; empty for none.
    """

    def __init__(self, url: str, partial: Partial, door: Door, access: Access, task: Task, wanted: Wanted):
        self.url = url
        self.partial = partial
        self._door = door
        self._limits = access.limits
        self._clock = access.clock
        self._task = task
        self._wanted = wanted
        self._ranges = True
        self._conditions = True
        self._anew = False
        self._total: int | None = None
        self.continued = partial.size > 0
        self.unframed = False
        self.disposition = ""

    def start_anew(self) -> None:
        """Let the next request ask for the whole file; what is here stays until it comes."""
        self.partial.rehash()
        self._anew = True

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
        DigestMismatch
            The file has not the pinned length; nothing is kept.
        EnvironmentProblem
            The disk is full.
        """
        retries = Retries(self._limits, idle_attempts)
        requests = 0
        while True:
            before = self.partial.size
            try:
                self._attempt()
            except (TryAgain, Unreachable) as stop:
                requests += 1
                wait = retries.wait_after(self.partial.size - before)
                if wait is None:
                    hint = getattr(stop, "hint", "") or CHECK
                    raise self._failed(f"{stop} ({counted(requests, 'request')})", hint=hint) from stop
                wait = max(wait, getattr(stop, "wait", 0.0))
                level = logging.WARNING if wait > self._limits.longest_backoff_seconds else logging.INFO
                _log.log(level, "%s: %s; trying again in %.1f s", redacted(self.url), stop, wait)
                self._clock.sleep(wait)
            else:
                return

    def _attempt(self) -> None:
        origin, offset = self.partial.origin, 0 if self._anew else self.partial.size
        self._task.restart(offset)
        if origin is not None and offset and offset == (origin.total or self._pinned_size(origin)):
            return  # all bytes are there, only the last step was missing
        headers = self._range_headers(origin, offset)
        with self._door.open(self.url, headers) as response:
            status = response.status_code
            arriving = chunks(response, self._limits, self._clock, self.partial.room)
            if status == _PARTIAL_CONTENT or (status == _OK and offset and is_slice(response, offset)):
                self._continue(response, offset)
                self._read(arriving)
            elif status == _OK and "If-Range" in headers:
                first = bytes(next(arriving, b""))
                self._conditions = not self._is_same_file(response, first)
                if self._conditions:
                    self._begin(response)
                    self._read(arriving, first)
            elif status == _OK:
                self._begin(response)
                self._read(arriving)
            elif not self._is_complete(status, offset):
                self._refused(response, offset)
        if not self._conditions and "If-Range" in headers:
            self._attempt()

    def _range_headers(self, origin: Origin | None, offset: int) -> dict[str, str]:
        if not offset or not self._ranges:
            return {}
        headers = {"Range": f"bytes={offset}-"}
        strong = origin is not None and origin.url == self.url and _STRONG_ETAG.fullmatch(origin.etag or "")
        if origin is not None and strong and self._conditions:
            headers["If-Range"] = str(origin.etag)
        return headers

    def _is_same_file(self, response: requests.Response, first: bytes) -> bool:
        """Whether the file seems to be the one whose beginning is here, although the server says otherwise."""
        origin, total = self.partial.origin, announced_length(response)
        if not first or origin is None or (total is not None and total != origin.total):
            return False
        # With the same ETag it has no objection: it knows no ranges.
        return response.headers.get("ETag") != origin.etag and self.partial.begins_with(first)

    def _begin(self, response: requests.Response) -> None:
        """The whole file comes, whatever was asked for."""
        total, coding = announced_length(response), content_encoding(response)
        self._check_size(total, 0, coding)
        headers = response.headers
        validators = headers.get("ETag"), headers.get("Last-Modified")
        self.partial.begin(Origin(self.url, *validators, total, coding))
        self.continued = self._anew = False
        self._expect(response, 0, total)

    def _continue(self, response: requests.Response, offset: int) -> None:
        """A part comes: check that it is the one that was asked for, of the file whose beginning is here."""
        part, coding = announced_part(response), content_encoding(response)
        origin = self.partial.origin
        before = origin.coding if origin is not None and offset else coding
        if part is None or part.start != offset or decodable(coding) != decodable(before):
            self._ranges = False
            self._start_over("the server sent a different part than requested")
        total = part.total
        if not offset:
            self._anew = False
            self.partial.begin(Origin(self.url, response.headers.get("ETag"), total=total, coding=coding))
        elif origin is not None and total is not None and origin.total not in {None, total}:
            self._start_over("the file was changed on the server")
        self._check_size(total, offset, coding)
        self.continued = True
        self._expect(response, offset, total if total is not None or origin is None else origin.total)

    def _expect(self, response: requests.Response, offset: int, total: int | None) -> None:
        self.unframed = announced_length(response) is None
        self.disposition = response.headers.get("Content-Disposition", "")
        self._total = total
        self._task.restart(offset, total)

    def _is_complete(self, status: int, offset: int) -> bool:
        """Whether the server has nothing behind what is here because that is already the whole file."""
        if status != _RANGE_NOT_SATISFIABLE or not offset:
            return False
        found = self.partial.found()
        return any(self._wanted.digest.matches(sha256) for sha256 in (found.sha256, *found.decoded) if sha256)

    def _start_over(self, reason: str) -> NoReturn:
        """Discard the partial and ask for the whole file."""
        self.partial.restart()
        raise TryAgain(reason)

    def _refused(self, response: requests.Response, offset: int) -> NoReturn:
        if response.status_code == _RANGE_NOT_SATISFIABLE and offset:
            self._start_over("the partial file is longer than the file on the server")
        refused(self.url, response, self._limits, self._clock.time())

    def _check_size(self, total: int | None, offset: int, coding: str) -> None:
        """Refuse, before the first byte, a file that cannot be right or does not fit."""
        if total is None:
            return
        if total > self._limits.max_bytes:
            raise self._failed(
                f"{total:,} bytes are announced, more than the {self._limits.max_bytes:,} allowed",
                hint="HUBTOOL_MAX_BYTES sets another limit",
            )
        if self._wanted.size is not None and total != self._wanted.size and not coding:
            raise self._size_differs(f"{total:,} bytes are announced")
        check_room(self.partial.path.parent, total - offset)

    def _read(self, arriving: Iterator[memoryview], first: bytes = b"") -> None:
        partial = self.partial
        if first:
            partial.append_copy(first)
            self._task.advance(len(first))
        size = self._size_as_sent()
        most = size if size is not None else self._limits.max_unannounced_bytes
        for chunk in arriving:
            if partial.size + len(chunk) > most:
                partial.restart()
                if self._wanted.size is not None and size == self._wanted.size:
                    raise self._size_differs("more bytes came")
                raise self._failed(
                    f"more than {most:,} bytes came",
                    hint="no length was announced; HUBTOOL_MAX_BYTES sets another limit",
                )
            partial.append(chunk)
            self._task.advance(len(chunk))
        if size is not None and partial.size < size:
            raise TryAgain(f"the connection ended after {partial.size:,} of {size:,} bytes")

    def _size_as_sent(self) -> int | None:
        """How many bytes have to come: what is announced, or what is pinned if the file is not encoded."""
        origin = self.partial.origin
        if self._total is not None or origin is None:
            return self._total
        return self._pinned_size(origin)

    def _pinned_size(self, origin: Origin) -> int | None:
        """How many bytes the file has by the lockfile; None where encoded bytes come instead."""
        return None if origin.coding else self._wanted.size

    def _size_differs(self, said: str) -> DigestMismatch:
        self.partial.restart()
        return DigestMismatch(
            f"{redacted(self.url)}: {said}, {self._wanted.said_by} {self._wanted.size:,}",
            hint="nothing was kept: the server has a different file",
        )

    def _failed(self, reason: str, *, hint: str = CHECK) -> TransferError:
        return TransferError(f"{redacted(self.url)}: {reason}", hint=hint)
