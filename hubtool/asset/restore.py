"""Fetching a damaged file of a cache again, from where its notes say that it came from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hubtool.asset.access import Access
from hubtool.asset.cache import Cache
from hubtool.asset.inventory import Kept
from hubtool.asset.notes import read_note
from hubtool.asset.pull import pull
from hubtool.asset.source import has_scheme
from hubtool.asset.verified import VerifiedAsset
from hubtool.card.record import Asset, Digest
from hubtool.errors import HubtoolError, NotFound
from hubtool.progress import SILENT, Progress


def restore(file: Kept, cache: Cache, access: Access, progress: Progress = SILENT) -> VerifiedAsset:
    """Make a damaged file right again: where its pieces are known, only the wrong ones are fetched.

    Raises
    ------
    NotFound
        The cache does not know where the file came from.
    HubtoolError
        As `pull` raises it for the last of the links that the cache knows.
    """
    access = replace(access, shared=())  # a right copy in another's cache leaves this one wrong
    failure: HubtoolError = NotFound(
        f"{file.path}: where it came from was not noted",
        hint=f"hubtool cache rm {file.sha256[:12]}, then pull its card",
    )
    for link in read_note(file.path.parent).links:
        asset, folder = _asset(link, Digest(file.sha256))
        try:
            return pull(asset, folder, cache, access=access, rehash=True, progress=progress)
        except HubtoolError as error:
            failure = error
    raise failure


def _asset(link: str, digest: Digest) -> tuple[Asset, Path]:
    """The asset that a link stands for, and the folder that its path starts from."""
    if has_scheme(link):
        return Asset("", link, digest), Path()
    path = Path(link)
    return Asset("", path.name, digest), path.parent
