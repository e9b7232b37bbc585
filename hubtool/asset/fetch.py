"""Fetching an asset into the cache, from the first of its sources that has the right bytes."""

from __future__ import annotations

import logging
from typing import NamedTuple

from hubtool.asset.access import Access
from hubtool.asset.cache import Cache, CachedFile
from hubtool.asset.codings import decodable, decoded_start
from hubtool.asset.door import Door
from hubtool.asset.local import Located
from hubtool.asset.mirrors import sources_of
from hubtool.asset.notes import safe_name
from hubtool.asset.partial import Partial, incoming
from hubtool.asset.policy import redacted
from hubtool.asset.repair import Repair, repair
from hubtool.asset.transfer import Transfer
from hubtool.card.filename import name_in_disposition, name_in_link
from hubtool.errors import CardError, DigestMismatch, HubtoolError, LinkRefused, Offline, TransferError
from hubtool.progress import Progress

_log = logging.getLogger(__name__)


def check_may_be_fetched(located: Located, cache: Cache, access: Access) -> None:
    """Refuse what the user or the policy does not allow, before anything is written.

    Raises
    ------
    Offline
        The network may not be used.
    CardError
        The card's link is not allowed.
    """
    url = located.asset.url
    if access.offline:
        raise Offline(f"{redacted(url)} is not in the cache {cache.root}", hint="pull it once without --offline")
    try:
        access.policy.check(url)
    except LinkRefused as error:
        raise CardError(error.message, hint=error.hint) from error


def fetch_in(located: Located, cache: Cache, access: Access, progress: Progress) -> CachedFile:
    """Fetch a file into the cache; the caller holds the asset's lock.

    Raises
    ------
    TransferError
        No source gives the file; the bytes that came stay for the next pull.
    DigestMismatch
        A source gave a wrong file, and none the right one; nothing is kept.
    EnvironmentProblem
        The cache cannot be written.
    """
    with incoming(cache.partial_path(located.wanted.digest), access.limits.max_unannounced_bytes) as partial:
        arrived = _Sources(located, partial, access).fetch(progress)
        found = partial.found()
        partial.seal()
        return cache.add(partial.path, found.sha256, arrived.name, arrived.source, located.link, found.pieces)


class _Arrived(NamedTuple):
    """Where a file came from, and what it is to be called."""

    source: str
    name: str


class _Sources:
    """The places where one file may be."""

    def __init__(self, located: Located, partial: Partial, access: Access):
        self._located = located
        self._wanted = located.wanted
        self._partial = partial
        self._access = access
        self._door = Door(access.policy, access.limits)
        self._urls = sources_of(located.asset.url, access.mirrors)

    def fetch(self, progress: Progress) -> _Arrived:
        """Fetch the file from the first source that has it."""
        errors: dict[str, HubtoolError] = {}
        task = progress.task(self._located.name, self._wanted.size, "B")
        try:
            for number, url in enumerate(self._urls, 1):
                _log.info("fetching %s", redacted(url))
                transfer = Transfer(url, self._partial, self._door, self._access, task, self._wanted)
                try:
                    self._fetch_from(transfer)
                except (TransferError, DigestMismatch) as error:
                    errors[url] = error
                    if number < len(self._urls):
                        _log.warning("%s; trying %s", error.message, redacted(self._urls[number]))
                else:
                    return _Arrived(redacted(url), self._name(transfer.disposition))
        finally:
            self._door.close()
            task.finish()
        # Wrong bytes tell more than no answer; if none answered, report the card's own link.
        wrong = (error for error in errors.values() if isinstance(error, DigestMismatch))
        raise next(wrong, errors[self._located.asset.url])

    def _name(self, disposition: str) -> str:
        """What the file is called: by its link, else by the server."""
        named = None if name_in_link(self._located.asset.url) else name_in_disposition(disposition)
        return safe_name(named) if named else self._located.name

    def _fetch_from(self, transfer: Transfer) -> None:
        """Fetch the file from one source, and do what can be done about wrong bytes.

        The wrong pieces are fetched again, if they are known. A body that came without a length may have ended too
        early: the rest is asked for, once. What was put together from several requests is fetched anew, once, and so
        is a file with right pieces if the server gives no others.
        """
        partial, limits = self._partial, self._access.limits
        others = transfer.url != self._urls[-1]
        may_ask_rest = may_start_anew = True
        repaired: Repair | None = None
        while True:
            transfer.run(limits.idle_attempts_with_others if others else limits.idle_attempts)
            try:
                self._check(transfer.url)
            except DigestMismatch as error:
                _log.info("%s", error.message)
                if repaired is not Repair.NOT_GIVEN:
                    repaired = self._repair(transfer.url)
                if repaired is Repair.DONE:
                    return
                if transfer.unframed and may_ask_rest:
                    may_ask_rest = False
                    partial.rehash()
                elif (transfer.continued or repaired is Repair.NOT_GIVEN) and may_start_anew:
                    may_start_anew = False
                    transfer.start_anew()
                else:
                    partial.restart()
                    raise
            else:
                return

    def _check(self, url: str) -> None:
        """Compare digests: of the bytes as sent, then of what they stand for, which takes their place if it is right.

        Raises
        ------
        DigestMismatch
            Neither is the wanted file.
        TransferError
            What they stand for is longer than allowed.
        """
        partial, digest = self._partial, self._wanted.digest
        found, coding = partial.found(), partial.origin.coding if partial.origin is not None else ""
        label = redacted(url)
        if not digest.matches(found.sha256):
            if found.too_long:
                raise TransferError(
                    f"{label}: more than {self._access.limits.max_unannounced_bytes:,} bytes came once decoded",
                    hint="HUBTOOL_MAX_BYTES sets another limit",
                )
            for depth, sha256 in enumerate(found.decoded, 1):
                if sha256 is not None and digest.matches(sha256):
                    partial.decode(depth)
                    break
        shown = f"{label} (Content-Encoding: {coding})" if coding else label
        self._wanted.check(shown, partial.sha256(), decoded_start(partial.head(), decodable(coding)))

    def _repair(self, url: str) -> Repair:
        """Fetch the wrong pieces again, from other sources first."""
        partial, origin = self._partial, self._partial.origin
        # What the cache noted of the right file is surer than a lockfile that people edit and merge.
        pieces = (origin.pieces if origin is not None else ()) or self._wanted.pieces
        sources = [*(other for other in self._urls if other != url), url]
        outcome = repair(partial, pieces, sources, self._door, self._access)
        if outcome is Repair.DONE and not self._wanted.digest.matches(partial.sha256()):
            return Repair.IMPOSSIBLE  # they were the pieces of another file
        return outcome
