"""Where an asset already is on this machine: beside its card, or in a cache."""

from __future__ import annotations

import logging
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from pathlib import Path

from hubtool.asset.access import Access
from hubtool.asset.cache import Cache, CachedFile
from hubtool.asset.intact import hash_file
from hubtool.asset.lockfile import Pins
from hubtool.asset.mirrors import sources_of
from hubtool.asset.notes import safe_name
from hubtool.asset.partial import Origin, incoming
from hubtool.asset.policy import redacted
from hubtool.asset.source import local_path
from hubtool.asset.verified import VerifiedAsset
from hubtool.asset.wanted import Wanted, wanted_of
from hubtool.card.record import Asset, Digest
from hubtool.files import environment_errors
from hubtool.progress import Progress

_log = logging.getLogger(__name__)
_HEAD_BYTES = 1024


@dataclass(frozen=True, slots=True)
class Located:
    """An asset, with what its file has to be and where it may be.

    Attributes
    ----------
    name
        The file's name in a cache.
    beside
        Its path, if it is beside the card; its bytes are the wanted ones.
    link
        What the cache notes as the link that asked for the file.
    """

    asset: Asset
    wanted: Wanted
    name: str
    beside: Path | None
    link: str

    @property
    def links(self) -> AbstractSet[str]:
        """The links that stand for this file in a cache."""
        return {self.link, *(redacted(url) for url in sources_of(self.asset.url, ()))}


def locate(asset: Asset, folder: Path, wanted: Wanted) -> Located:
    """Find out where an asset may be; reads all of a file beside the card.

    Raises
    ------
    CardError, NotFound
        The link leads out of the card's folder; or the file beside the card is not there.
    DigestMismatch
        The file beside the card is a different one. That counts whatever a cache holds: it is the file the card means.
    """
    name = safe_name(asset.file_name)
    beside = local_path(asset, folder)
    if beside is None:
        return Located(asset, wanted, name, None, redacted(asset.url))
    sha256 = hash_file(beside)
    with environment_errors(beside), beside.open("rb") as stream:
        wanted.check(str(beside), sha256, stream.read(_HEAD_BYTES))
    return Located(asset, replace(wanted, digest=Digest(sha256)), name, beside, str(beside))


def find_local(
    asset: Asset,
    folder: Path,
    cache: Cache,
    *,
    access: Access = Access(),  # noqa: B008 (frozen)
    pins: Pins | None = None,
) -> VerifiedAsset | None:
    """Look an asset up without the network: beside its card, then in the caches. Writes nothing.

    Parameters
    ----------
    folder
        Folder of the card, where relative links start.
    access
        Names the shared caches, which are searched first.
    pins
        Lockfiles, which may want a file to the last digit.

    Returns
    -------
    VerifiedAsset or None
        The verified file where it is; None when it would have to be fetched.

    Raises
    ------
    CardError
        Nobody publishes a digest, or the link is not allowed.
    NotFound
        The file beside the card is not there.
    DigestMismatch
        The file beside the card is a different one.
    """
    located = locate(asset, folder, wanted_of(asset, pins.find(asset, folder) if pins is not None else None))
    if located.beside is not None:
        return VerifiedAsset(located.beside, located.wanted.digest.hex, located.beside.stat().st_size, 0)
    for store in (*shared_caches(access), cache):
        if hit := store.peek(located.wanted.digest, located.name, links=located.links):
            return VerifiedAsset(hit.path, hit.sha256, hit.size, 0, hit.pieces)
    return None


def shared_caches(access: Access) -> list[Cache]:
    """Other people's caches, never written to."""
    return [Cache(root, read_only=True) for root in access.shared]


def copy_in(located: Located, path: Path, cache: Cache, progress: Progress) -> CachedFile:
    """Bring the file beside a card into the cache; the caller holds the asset's lock.

    Raises
    ------
    DigestMismatch
        The file was changed after it was verified; nothing is kept.
    EnvironmentProblem
        It cannot be read, or the cache cannot be written.
    """
    with incoming(cache.partial_path(located.wanted.digest)) as partial:
        partial.begin(Origin(str(path)))
        task = progress.task(path.name, path.stat().st_size, "B")
        try:
            with environment_errors(path), path.open("rb", buffering=0) as stream:
                while count := stream.readinto(partial.room()):
                    partial.append(partial.room()[:count])
                    task.advance(count)
        finally:
            task.finish()
        found = partial.found()
        located.wanted.check(str(path), found.sha256, partial.head())
        partial.seal()
        return cache.add(partial.path, found.sha256, located.name, str(path), located.link, found.pieces)
