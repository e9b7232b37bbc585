"""An asset of a card to the path of verified bytes."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from pathlib import Path

from hubtool.asset.cache import Cache, CachedFile, environment_errors, hash_file, write_hashed
from hubtool.asset.source import LocalSource, RemoteSource, locate
from hubtool.card.record import Asset, Digest
from hubtool.errors import CardError, DigestMismatch, Offline
from hubtool.progress import SILENT, Progress

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class VerifiedAsset:
    """A file whose SHA-256 agrees with the card.

    Attributes
    ----------
    sha256
        All 64 digits, whether the card publishes them or only the first ones.
    transferred
        Bytes that had to be fetched; 0 when the file was in the cache.
    """

    path: Path
    sha256: str
    size: int
    transferred: int


def pull(
    asset: Asset, folder: Path, cache: Cache, *, offline: bool = False, progress: Progress = SILENT
) -> VerifiedAsset:
    """Fetch an asset into the cache, unless it is there, and check its digest.

    Parameters
    ----------
    folder
        Folder of the card, where relative links start.
    offline
        Answer from the cache and from files beside the card only.

    Raises
    ------
    CardError
        The card publishes no digest, or a link that is not allowed.
    NotFound
        The file beside the card is not there.
    TransferError
        The file could not be fetched; `Offline` when that was forbidden.
    DigestMismatch
        The bytes are not the published ones; none were kept.
    EnvironmentProblem
        The cache cannot be written.
    """
    digest = _published_digest(asset)
    source = locate(asset, folder)
    name = safe_name(asset.file_name)
    if isinstance(source, LocalSource):
        # A file beside the card is what the card speaks of, whatever the cache holds under its digest.
        _check(digest, hash_file(source.path), source.path, source.label)
    if found := cache.find(digest, name):
        _log.info("%s is in the cache: %s", source.label, found.path)
        return _verified(found, transferred=0)
    if offline and isinstance(source, RemoteSource):
        raise Offline(f"{source.label} is not in the cache {cache.root}", hint="pull it once without --offline")
    with cache.lock(digest.hex):
        if found := cache.find(digest, name):  # somebody else fetched it meanwhile
            return _verified(found, transferred=0)
        _log.info("fetching %s", source.label)
        fetched = _fetch(source, digest, name, cache, progress)
        return _verified(fetched, transferred=fetched.size)


def cached(asset: Asset, folder: Path, cache: Cache) -> VerifiedAsset | None:
    """The asset if it takes no network to have it; None otherwise. Raises as `pull` does."""
    try:
        return pull(asset, folder, cache, offline=True)
    except Offline:
        return None


def place(verified: VerifiedAsset, folder: Path) -> Path:
    """Copy a verified file into a folder, under its own name, atomically; return the copy's path."""
    target = folder / verified.path.name
    partial = folder / f".{verified.path.name}.partial"
    with environment_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        try:
            copied = write_hashed(LocalSource(verified.path).chunks(), partial)
            _check(Digest(verified.sha256), copied, partial, str(verified.path))
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)
    return target


def safe_name(name: str) -> str:
    """A file name from a link, without anything a file system or a shell could trip over."""
    return re.sub(r"[^A-Za-z0-9._+-]", "_", name).lstrip(".") or "asset"


def _published_digest(asset: Asset) -> Digest:
    if asset.digest is None:
        raise CardError(
            f"{asset.url}: the card publishes no SHA-256, so its bytes cannot be verified",
            hint="add asset-sha256 to the card",
        )
    return asset.digest


def _fetch(
    source: LocalSource | RemoteSource, digest: Digest, name: str, cache: Cache, progress: Progress
) -> CachedFile:
    with cache.partial() as partial:
        progress.start(name, source.size, "B")
        try:
            sha256 = write_hashed(source.chunks(), partial, progress)
        finally:
            progress.finish()
        _check(digest, sha256, partial, source.label)
        return cache.add(partial, sha256, name, source.label)


def _check(digest: Digest, sha256: str, path: Path, label: str) -> None:
    if digest.matches(sha256):
        return
    with path.open("rb") as stream:
        start = stream.read(64)
    known = ""
    if not start:
        known = " (it is empty)"
    elif start.lstrip().startswith(b"<"):
        known = f" (it is a web page: {start[:40].decode('utf-8', 'replace')!r})"
    raise DigestMismatch(
        f"{label}: wrong bytes{known}: the card says sha256 {digest.hex}, the file has {sha256[: len(digest.hex)]}",
        hint="nothing was kept: either the file is damaged or the card names another one",
    )


def _verified(file: CachedFile, *, transferred: int) -> VerifiedAsset:
    return VerifiedAsset(file.path, file.sha256, file.size, transferred)
