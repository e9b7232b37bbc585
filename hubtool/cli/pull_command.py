"""`hubtool pull`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click

from hubtool.asset.names import distinct_name
from hubtool.asset.pull import pull
from hubtool.asset.source import has_scheme
from hubtool.asset.together import together
from hubtool.asset.verified import VerifiedAsset, link, place
from hubtool.card.catalogue import Match
from hubtool.card.claimset import assets_of
from hubtool.card.record import Asset
from hubtool.cli.errors import show_any
from hubtool.cli.settings import global_options, settings
from hubtool.cli.transfer import transfer_options, workspace
from hubtool.cli.userpath import UserPath
from hubtool.errors import HubtoolError, UsageProblem


@click.command("pull")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@click.option("--to", "folder", type=UserPath(file_okay=False), help="Also copy the files to this folder.")
@click.option(
    "--link", "as_link", is_flag=True, help="With --to, make symbolic links into the cache instead of copies."
)
@click.option("--locked", is_flag=True, help="Refuse files that are not pinned in hubtool.lock.")
@click.option("--rehash", is_flag=True, help="Read cached files again instead of trusting size and times.")
@transfer_options
@global_options
@click.pass_context
def command(
    ctx: click.Context,
    *,
    names: tuple[str, ...],
    folder: Path | None,
    as_link: bool,
    locked: bool,
    rehash: bool,
    mirror: tuple[str, ...],
    allow_http: bool,
    allow_private: bool,
) -> int:
    """Fetch the files of each card into the cache, check their SHA-256, and print their paths.

    A file that is already in the cache is not fetched again. The name of a row of a results table stands for that
    row's file. If a card publishes only the first digits of a file's SHA-256, the first pull pins the file in
    hubtool.lock beside the cards.
    """
    chosen = settings(ctx)
    if as_link and folder is None:
        raise UsageProblem("--link needs --to", hint="hubtool pull NAME --to DIR --link")
    where = workspace(chosen, mirror, allow_http=allow_http, allow_private=allow_private)
    catalogue = where.catalogue()
    files: dict[_File, None] = {}
    worst = 0
    for name in names:
        try:
            files |= dict.fromkeys(_files(catalogue.resolve(name)))
        except HubtoolError as error:  # one card never ends the pulls of the others
            worst = max(worst, show_any(error, ctx.obj))
    fetch = partial(
        pull, cache=where.cache, access=where.access, locked=locked, rehash=rehash, progress=chosen.progress()
    )
    jobs = [partial(fetch, file.asset, file.folder, pins=where.pins(file.folder)) for file in files]
    putter = _Putter(folder, as_link=as_link)
    for file, outcome in zip(files, together(jobs), strict=True):
        try:
            path = putter.put(_result(outcome), file.place)
        except Exception as error:  # one file never ends the pulls of the others
            worst = max(worst, show_any(error, ctx.obj))
        else:
            click.echo(path)
    return worst


def _result(outcome: VerifiedAsset | Exception) -> VerifiedAsset:
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


@dataclass(frozen=True, slots=True)
class _File:
    """A file that a card links, and the folder that its path starts from."""

    asset: Asset
    folder: Path

    @property
    def place(self) -> str:
        """Its link, or its full path."""
        return self.asset.url if has_scheme(self.asset.url) else str(self.folder.absolute() / self.asset.url)


def _files(match: Match) -> list[_File]:
    """The files of a card or of a row. Raises NotFound where it links none."""
    return [_File(asset, match.card.folder) for asset in assets_of(match.card, match.variant)]


class _Putter:
    """Puts verified files where the user wants them, each under a name of its own."""

    def __init__(self, folder: Path | None, *, as_link: bool):
        self._folder = folder
        self._put = link if as_link else place
        self._taken: dict[str, tuple[str, str]] = {}

    def put(self, verified: VerifiedAsset, source: str) -> Path:
        """The path of a file after it was put there.

        Parameters
        ----------
        source
            Its link, or its full path.
        """
        if self._folder is None:
            return verified.path
        return self._put(verified, self._folder, self._free_name(verified, source))

    def _free_name(self, verified: VerifiedAsset, source: str) -> str:
        name = verified.path.name
        # Two names that differ in case are one on some file systems.
        while (taken := self._taken.setdefault(name.casefold(), (verified.sha256, source)))[0] != verified.sha256:
            name = distinct_name(name, source, taken[1], verified.sha256)
        return name
