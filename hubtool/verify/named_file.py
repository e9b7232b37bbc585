"""The file of weights that a user means by FILE or NAME, as far as it takes no network to have it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from hubtool.asset.access import Access
from hubtool.asset.cache import Cache
from hubtool.asset.local import find_local
from hubtool.asset.lockfile import Pins
from hubtool.card.catalogue import Catalogue, Match
from hubtool.card.claimset import front_matter_subject, row_subject
from hubtool.card.record import Asset
from hubtool.errors import NotFound

_SUFFIXES = {".ckpt", ".safetensors"}


def named_file(given: str, catalogue: Catalogue, cache: Cache, access: Access, pins: Callable[[Path], Pins]) -> Path:
    """The path of a file that is there, or of a card's asset beside the card or in a cache.

    Parameters
    ----------
    pins
        The lockfiles of the cards in a folder.

    Raises
    ------
    NotFound
        There is neither such a file nor such a name, the card links no weights, or they were not pulled yet.
    HubtoolError
        As `Catalogue.resolve` and `find_local` do.
    """
    path = Path(given)
    suffix = path.suffix.casefold()
    if suffix in _SUFFIXES or (suffix != ".md" and _is_there(path) and not path.is_dir()):
        return path
    try:
        match = catalogue.resolve(given)
    except NotFound:
        if _is_there(path):  # no name of a card after all; opening it tells what is wrong
            return path
        raise
    asset = _weights_of(match)
    folder = match.card.folder
    verified = find_local(asset, folder, cache, access=access, pins=pins(folder))
    if verified is None:
        raise NotFound(f"{asset.url} is not in the cache {cache.root}", hint=f"hubtool pull {given}")
    return verified.path


def _weights_of(match: Match) -> Asset:
    subject = row_subject(match.card, match.variant) if match.variant else front_matter_subject(match.card)
    if subject.asset is None or f".{subject.asset.format.casefold()}" not in _SUFFIXES:
        place = f"{match.card.path}:{match.variant.line}" if match.variant else str(match.card.path)
        raise NotFound(f"{place}: no checkpoint is linked for {subject.network_name}", hint="name another card or row")
    return subject.asset


def _is_there(path: Path) -> bool:
    try:
        path.stat()
    except OSError:  # such as a name of a card that is too long for one of a file
        return False
    return True
