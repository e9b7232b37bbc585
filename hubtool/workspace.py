"""Where a run finds cards and files: folders of cards, the cache, what may be fetched, and what pins a file.

Built once, by the command line or by `hubtool.api`; plain values, so that it can be sent to another process.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from hubtool.asset.access import Access, access_from_environment
from hubtool.asset.cache import Cache
from hubtool.asset.local import find_local
from hubtool.asset.lockfile import Pins, find_lockfile
from hubtool.asset.pull import pull
from hubtool.asset.verified import VerifiedAsset
from hubtool.card.catalogue import Catalogue
from hubtool.card.claimset import WEIGHT_FORMATS, ClaimSet, claims_named
from hubtool.card.record import Asset
from hubtool.errors import NotFound
from hubtool.files import with_slashes
from hubtool.progress import SILENT, Progress
from hubtool.resources import LOCKFILE, default_cache_root, default_card_roots, is_installed_with_hubtool, user_path


@dataclass(frozen=True, slots=True)
class Source:
    """A file of weights that a user means.

    Attributes
    ----------
    claim_set
        What a card says about it; None for a file that was given by its path.
    """

    path: Path
    claim_set: ClaimSet | None


@dataclass(frozen=True, slots=True)
class Workspace:
    """What a run works with.

    Attributes
    ----------
    card_roots
        Folders of cards, in order of preference.
    cache_root
        Folder of the cache; created when something is fetched.
    access
        How files may be fetched.
    """

    card_roots: tuple[Path, ...]
    cache_root: Path
    access: Access = field(default_factory=Access)

    @property
    def cache(self) -> Cache:
        """The cache."""
        return Cache(self.cache_root)

    def catalogue(self) -> Catalogue:
        """The cards, to be read when they are asked for."""
        return Catalogue(self.card_roots)

    def lockfile(self, folder: Path) -> Path | None:
        """The lockfile of the cards in a folder, whether it exists or not; None for cards that came with hubtool."""
        if found := find_lockfile(folder):
            return found
        if is_installed_with_hubtool(folder):
            return None
        real = folder.resolve()
        root = next((root for root in self.card_roots if real.is_relative_to(root.resolve())), folder)
        return root / LOCKFILE

    def pins(self, folder: Path) -> Pins:
        """What pins the files of the cards in a folder."""
        return Pins(self.lockfile(folder), self.cache_root / LOCKFILE)

    def pull(self, asset: Asset, folder: Path, progress: Progress = SILENT) -> VerifiedAsset:
        """A verified file of a card in a folder, fetched if need be: see `hubtool.asset.pull.pull`."""
        return pull(asset, folder, self.cache, access=self.access, pins=self.pins(folder), progress=progress)

    def at_hand(self, asset: Asset, folder: Path) -> VerifiedAsset | None:
        """A verified file of a card, where it is; None if it would have to be downloaded. Writes nothing."""
        return find_local(asset, folder, self.cache, access=self.access, pins=self.pins(folder))

    def claims(self, name: str) -> ClaimSet:
        """The claims that a name stands for: a row of a results table, or the front matter of a card.

        Raises
        ------
        NotFound, AmbiguousName, CardError
            As `Catalogue.resolve` does.
        """
        return claims_named(self.catalogue(), name)

    def source(self, given: str) -> Source:
        """The file of weights that a user means by a path or by the name of a card; nothing is fetched.

        Raises
        ------
        NotFound
            There is neither such a file nor such a name, the card links no weights, or they were not pulled yet.
        HubtoolError
            As `Catalogue.resolve` and `at_hand` do.
        """
        path = with_slashes(Path(given))
        suffix = path.suffix.casefold()
        if suffix.removeprefix(".") in WEIGHT_FORMATS or (suffix != ".md" and _exists(path) and not path.is_dir()):
            return Source(path, None)
        try:
            claim_set = self.claims(given)
        except NotFound:
            if _exists(path):  # not the name of a card after all; opening it tells what is wrong
                return Source(path, None)
            raise
        asset = weights_of(claim_set)
        verified = self.at_hand(asset, claim_set.card.folder)
        if verified is None:
            raise NotFound(f"{asset.url} is not in the cache {self.cache_root}", hint=f"hubtool pull {given}")
        self.cache.note_use(verified.sha256)
        return Source(verified.path, claim_set)


def weights_of(claim_set: ClaimSet) -> Asset:
    """The file of weights that claims are about.

    Raises
    ------
    NotFound
        The card links none.
    """
    asset = claim_set.asset
    if asset is None or not claim_set.has_weights:
        row = claim_set.variant
        place = f"{claim_set.card.path}:{row.line}" if row else str(claim_set.card.path)
        raise NotFound(
            f"{place}: no checkpoint is linked for {claim_set.network_name}", hint="name another card or row"
        )
    return asset


def default_workspace(
    cards: Sequence[str | Path] | None = None, cache: str | Path | None = None, *, offline: bool | None = None
) -> Workspace:
    """The workspace from the environment, changed by every argument that is not None.

    Raises
    ------
    UsageProblem
        A variable of the environment cannot be understood, or a home folder does not exist.
    """
    access = access_from_environment()
    if offline is not None:
        access = replace(access, offline=offline)
    roots = default_card_roots() if cards is None else tuple(user_path(root, "cards") for root in cards)
    return Workspace(roots, default_cache_root() if cache is None else user_path(cache, "cache"), access)


def _exists(path: Path) -> bool:
    try:
        path.stat()
    except OSError:  # such as a card's name that is too long for a file name
        return False
    return True
