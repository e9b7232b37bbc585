"""An asset of a card to the path of verified bytes in the cache."""

from __future__ import annotations

import logging
from pathlib import Path

from hubtool.asset.access import Access
from hubtool.asset.cache import Cache, CachedFile
from hubtool.asset.fetch import check_may_be_fetched, fetch_in
from hubtool.asset.local import Located, copy_in, locate, shared_caches
from hubtool.asset.lockfile import Pin, Pins
from hubtool.asset.pieces import pieces_of
from hubtool.asset.policy import redacted
from hubtool.asset.verified import VerifiedAsset
from hubtool.asset.wanted import wanted_of
from hubtool.card.record import Asset
from hubtool.errors import NotPinned
from hubtool.progress import SILENT, Progress

_log = logging.getLogger(__name__)


def pull(
    asset: Asset,
    folder: Path,
    cache: Cache,
    *,
    access: Access = Access(),  # noqa: B008 (frozen)
    pins: Pins | None = None,
    locked: bool = False,
    rehash: bool = False,
    progress: Progress = SILENT,
) -> VerifiedAsset:
    """Fetch an asset into the cache, unless it is already there, and check its digest.

    Parameters
    ----------
    folder
        Folder of the card, where relative links start.
    pins
        Lockfiles: what they pin is wanted to the last digit, unless the card publishes all digits of another file;
        and a file of which the card publishes only the first digits is pinned there.
    locked
        Refuse a file that is not pinned.
    rehash
        Read a file of the cache again instead of trusting size and times.

    Raises
    ------
    CardError
        Nobody publishes a digest, or the link is not allowed.
    NotFound
        The file beside the card is not there.
    TransferError
        The file could not be fetched; `Offline` when that was forbidden.
    DigestMismatch, NotPinned
        The bytes are not the published or pinned ones, none were kept; or nothing pins them.
    EnvironmentProblem
        The cache cannot be written.
    """
    pinned = pins.find(asset, folder) if pins is not None else None
    if locked and pinned is None:
        raise NotPinned(f"{redacted(asset.url)} is not pinned in hubtool.lock", hint="hubtool lock pins it")
    wanted = wanted_of(asset, pinned, locked=locked)
    located = locate(asset, folder, wanted)
    present = _in_a_cache(located, cache, access, rehash=rehash)
    if present is not None:
        _log.info("%s is in the cache: %s", redacted(asset.url), present.path)
        verified = _verified(present, transferred=0)
    else:
        verified = _bring(located, cache, access, progress, rehash=rehash)
    if pins is not None and pinned is None and wanted.digest.kind == "prefix":
        pins.add(asset, folder, pin_of(verified, redacted(asset.url)))
    return verified


def _in_a_cache(located: Located, cache: Cache, access: Access, *, rehash: bool) -> CachedFile | None:
    """The file, found in another's cache or in the user's own, where a damaged one is removed."""
    digest, name, links = located.wanted.digest, located.name, located.links
    for store in shared_caches(access):
        if hit := store.peek(digest, name, links=links, rehash=rehash):
            return hit
    return cache.find(digest, name, links=links, rehash=rehash)


def _bring(located: Located, cache: Cache, access: Access, progress: Progress, *, rehash: bool) -> VerifiedAsset:
    """Copy or fetch a file into the cache, once, however many processes want it."""
    if located.beside is None:
        check_may_be_fetched(located, cache, access)
    with cache.lock(located.wanted.digest):
        digest, name, links = located.wanted.digest, located.name, located.links
        if hit := cache.find(digest, name, links=links, rehash=rehash, locked=True):  # another process fetched it
            return _verified(hit, transferred=0)
        if located.beside is not None:
            file = copy_in(located, located.beside, cache, progress)
        else:
            file = fetch_in(located, cache, access, progress)
    return _verified(file, transferred=file.size)


def _verified(file: CachedFile, *, transferred: int) -> VerifiedAsset:
    return VerifiedAsset(file.path, file.sha256, file.size, transferred, file.pieces)


def pin_of(verified: VerifiedAsset, source: str) -> Pin:
    """What pins a verified file; reads a large one whose pieces were not hashed yet.

    Parameters
    ----------
    source
        The link, or the path, by which it was pulled.

    Raises
    ------
    EnvironmentProblem
        It cannot be read.
    """
    return Pin(verified.sha256, verified.size, source, verified.pieces or pieces_of(verified.path))
