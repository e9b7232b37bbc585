"""Fetching an asset into the cache, from the first of its sources that has the right bytes."""

from __future__ import annotations

import logging

from hubtool.asset.access import Access
from hubtool.asset.cache import Cache, CachedFile
from hubtool.asset.door import Door
from hubtool.asset.local import Located
from hubtool.asset.mirrors import sources_of
from hubtool.asset.partial import Partial, incoming
from hubtool.asset.policy import redacted
from hubtool.asset.transfer import SizeDiffers, Transfer
from hubtool.asset.wanted import Wanted
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
    with incoming(cache.partial_path(located.wanted.digest)) as partial:
        source, sha256 = _fetch(located, partial, access, progress)
        partial.seal()
        return cache.add(partial.path, sha256, located.name, source, located.link)


def _fetch(located: Located, partial: Partial, access: Access, progress: Progress) -> tuple[str, str]:
    """The source that gave the file, and the file's digest."""
    wanted = located.wanted
    sources = sources_of(located.asset.url, access.mirrors)
    errors: dict[str, HubtoolError] = {}
    task = progress.task(located.name, wanted.size, "B")
    door = Door(access.policy, access.limits)
    try:
        for number, url in enumerate(sources, 1):
            _log.info("fetching %s", redacted(url))
            transfer = Transfer(url, partial, door, access, task, wanted.size)
            others = number < len(sources)
            limits = access.limits
            try:
                sha256 = _fetch_once_or_twice(
                    transfer, wanted, limits.idle_attempts_with_others if others else limits.idle_attempts
                )
            except (TransferError, DigestMismatch) as error:
                errors[url] = error
                if others:
                    _log.warning("%s; trying %s", error.message, redacted(sources[number]))
            else:
                return redacted(url), sha256
    finally:
        door.close()
        task.finish()
    # Wrong bytes tell more than no answer; if none answered, report the card's own link.
    raise next((error for error in errors.values() if isinstance(error, DigestMismatch)), errors[located.asset.url])


def _fetch_once_or_twice(transfer: Transfer, wanted: Wanted, idle_attempts: int) -> str:
    """The digest of what came from one source; a wrong file made of several parts is fetched once more."""
    partial, label = transfer.partial, redacted(transfer.url)
    for last in (False, True):
        try:
            transfer.run(idle_attempts)
        except SizeDiffers as error:
            partial.restart()
            said = f"{error.announced:,} bytes are announced" if error.announced is not None else "more bytes came"
            raise DigestMismatch(
                f"{label}: {said}, {wanted.said_by} {wanted.size:,}",
                hint="nothing was kept: the server has a different file",
            ) from error
        continued = transfer.continued
        sha256 = partial.sha256()
        try:
            wanted.check(label, sha256, partial.head())
        except DigestMismatch as error:
            partial.restart()
            if last or not continued:
                raise
            _log.info("%s; fetching it again from the start", error.message)
        else:
            return sha256
    raise AssertionError("unreachable")
