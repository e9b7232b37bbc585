"""Whether the links of cards lead anywhere: HEAD, then a GET of one byte, few at a time for each host."""

from __future__ import annotations

import json
import re
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Semaphore
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from hubtool.asset.cache import environment_errors
from hubtool.asset.limits import DEFAULT_LIMITS
from hubtool.asset.source import failure_reason, session
from hubtool.card.parse import ParsedCard
from hubtool.card.span import Span
from hubtool.files import write_atomically
from hubtool.lint.diagnostic import Diagnostic, Severity

if TYPE_CHECKING:
    import requests

State = Literal["alive", "dead", "unreachable"]
_URL = re.compile(r"https?://[^\s<>()\[\]\"'`|\\]+")
_TRAILING = ".,;:!?*_"
_GONE = {404, 410}
_HEAD_IS_NOT_ENOUGH = {400, 403, 404, 405, 406, 410, 500, 501}
_SERVER_ERROR = 500
_SECONDS_OF_A_DAY = 86_400
_CONNECTIONS = 8
_CONNECTIONS_A_HOST = 2
_CODES = {"dead": ("HT801", Severity.ERROR), "unreachable": ("HT802", Severity.WARNING)}


@dataclass(frozen=True, slots=True)
class LinkState:
    """What became of looking a link up, and when (seconds since 1970)."""

    state: State
    reason: str
    time: float


def links_of(parsed: ParsedCard) -> Iterator[tuple[str, Span]]:
    """Every http(s) link in a card's text, with its place."""
    for number, line in enumerate(parsed.lines, 1):
        for match in _URL.finditer(line):
            url = match[0].rstrip(_TRAILING)
            yield url, Span(number, match.start() + 1, number, match.start() + 1 + len(url))


def look_up(urls: Iterable[str], memory: Path) -> dict[str, LinkState]:
    """The state of each link; answers of less than a day ago are taken from the file `memory`.

    Links of hosts that could not be reached are asked again at the next run.
    """
    known = _remembered(memory)
    wanted = [url for url in dict.fromkeys(urls) if url not in known]
    hosts: dict[str, Semaphore] = defaultdict(lambda: Semaphore(_CONNECTIONS_A_HOST))
    places = {url: hosts[urlsplit(url).netloc] for url in wanted}
    with session(DEFAULT_LIMITS) as shared, ThreadPoolExecutor(_CONNECTIONS) as pool:
        found = dict(zip(wanted, pool.map(lambda url: _look_up(shared, url, places[url]), wanted), strict=True))
    known |= found
    lasting = {url: link for url, link in known.items() if link.state != "unreachable"}
    _remember(memory, lasting)
    return known


def link_diagnostics(parsed: ParsedCard, states: Mapping[str, LinkState]) -> list[Diagnostic]:
    """Diagnostics of one card's links."""
    found = []
    for url, span in links_of(parsed):
        link = states[url]
        if link.state in _CODES:
            code, severity = _CODES[link.state]
            found.append(Diagnostic(parsed.shown, span, code, severity, f"{url}: {link.reason}"))
    return found


def _look_up(shared: requests.Session, url: str, place: Semaphore) -> LinkState:
    import requests

    with place:
        try:
            status = _status(shared, url)
        except requests.RequestException as error:
            return LinkState("unreachable", failure_reason(error), time.time())
        except ValueError as error:
            return LinkState("dead", f"not a link: {error}", time.time())
    if status in _GONE:
        return LinkState("dead", f"the server answered {status}", time.time())
    if status >= _SERVER_ERROR:
        return LinkState("unreachable", f"the server answered {status}", time.time())
    return LinkState("alive", "", time.time())


def _status(shared: requests.Session, url: str) -> int:
    """Status of a link. Many servers answer HEAD with an error, so only a GET decides against a link."""
    timeout = (DEFAULT_LIMITS.connect_seconds, DEFAULT_LIMITS.idle_seconds)
    head = shared.head(url, timeout=timeout, allow_redirects=True)
    if head.status_code not in _HEAD_IS_NOT_ENOUGH:
        return head.status_code
    with shared.get(url, timeout=timeout, headers={"Range": "bytes=0-0"}, stream=True) as response:
        return response.status_code


def _remembered(memory: Path) -> dict[str, LinkState]:
    try:
        entries = json.loads(memory.read_text(encoding="utf-8"))
        links = {str(url): LinkState(*entry) for url, entry in entries.items()}
        return {url: link for url, link in links.items() if time.time() - link.time < _SECONDS_OF_A_DAY}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _remember(memory: Path, links: Mapping[str, LinkState]) -> None:
    text = json.dumps({url: [link.state, link.reason, link.time] for url, link in links.items()})
    with environment_errors(memory.parent):
        memory.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(memory, text.encode())
