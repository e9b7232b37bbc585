"""Whether links lead anywhere: HEAD, then a GET of one byte, few at a time for each host."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Semaphore
from typing import Literal
from urllib.parse import urlsplit

from hubtool.asset.access import Access
from hubtool.asset.cachefolder import cache_folder
from hubtool.asset.door import Door, Unreachable
from hubtool.asset.together import together
from hubtool.errors import TransferError
from hubtool.files import environment_errors, write_atomically

State = Literal["alive", "dead", "unreachable"]
_GONE = {404, 410}
_HEAD_IS_NOT_ENOUGH = {400, 403, 404, 405, 406, 410, 500, 501}
_SERVER_ERROR = 500
_SECONDS_OF_A_DAY = 86_400
_CONNECTIONS = 8
_CONNECTIONS_A_HOST = 2


@dataclass(frozen=True, slots=True)
class LinkState:
    """The result of looking a link up, and when that was (seconds since 1970)."""

    state: State
    reason: str
    time: float


def look_up(urls: Iterable[str], memory: Path, access: Access) -> dict[str, LinkState]:
    """The state of each link; answers less than a day old are taken from the file `memory`.

    Links of hosts that could not be reached are asked again at the next run.

    Raises
    ------
    EnvironmentProblem
        The file cannot be written.
    """
    known = _remembered(memory, access.clock.time())
    wanted = [url for url in dict.fromkeys(urls) if url not in known]
    hosts: dict[str, Semaphore] = defaultdict(lambda: Semaphore(_CONNECTIONS_A_HOST))
    places = {url: hosts[urlsplit(url).netloc] for url in wanted}
    door = Door(access.policy, access.limits)
    jobs = [partial(_look_up, door, access, url, places[url]) for url in wanted]
    found = {url: _state(outcome) for url, outcome in zip(wanted, together(jobs, _CONNECTIONS), strict=True)}
    door.close()
    known |= found
    lasting = {url: link for url, link in known.items() if link.state != "unreachable"}
    _remember(memory, lasting)
    return known


def _state(outcome: LinkState | Exception) -> LinkState:
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def _look_up(door: Door, access: Access, url: str, place: Semaphore) -> LinkState:
    reason, limits, now = "", access.limits, access.clock.time
    with place:
        for attempt in range(limits.link_attempts):
            if attempt:
                access.clock.sleep(attempt * limits.link_backoff_seconds)
            try:
                status = _status(door, url)
            except Unreachable as error:
                reason = error.message
                continue
            except TransferError as error:
                return LinkState("unreachable", error.message, now())
            reason = f"the server answered {status}"
            if status in _GONE:
                return LinkState("dead", reason, now())
            if status < _SERVER_ERROR:
                return LinkState("alive", "", now())
    return LinkState("unreachable", reason, now())


def _status(door: Door, url: str) -> int:
    """Status of a link. Many servers answer HEAD with an error, so only a GET decides against a link."""
    with door.open(url, {}, method="HEAD") as head:
        if head.status_code not in _HEAD_IS_NOT_ENOUGH:
            return head.status_code
    with door.open(url, {"Range": "bytes=0-0"}) as response:
        return response.status_code


def _remembered(memory: Path, now: float) -> dict[str, LinkState]:
    try:
        entries = json.loads(memory.read_text(encoding="utf-8"))
        links = {str(url): LinkState(*entry) for url, entry in entries.items()}
        return {url: link for url, link in links.items() if now - link.time < _SECONDS_OF_A_DAY}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _remember(memory: Path, links: Mapping[str, LinkState]) -> None:
    text = json.dumps({url: [link.state, link.reason, link.time] for url, link in links.items()})
    with environment_errors(memory.parent):
        cache_folder(memory.parent)
        write_atomically(memory, text.encode())
