"""`hubtool pull`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import click

from hubtool.asset.pull import pull
from hubtool.asset.together import together
from hubtool.asset.verified import VerifiedAsset, link, place
from hubtool.card.catalogue import Match
from hubtool.card.claimset import assets_of
from hubtool.card.record import Asset
from hubtool.cli.errors import show_error
from hubtool.cli.settings import global_options, settings
from hubtool.cli.transfer import transfer_options, workspace
from hubtool.errors import HubtoolError, UsageProblem
from hubtool.progress import Progress
from hubtool.workspace import Workspace


@click.command("pull")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@click.option(
    "--to", "folder", type=click.Path(path_type=Path, file_okay=False), help="Also copy the files to this folder."
)
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
    matches = [catalogue.resolve(name) for name in names]
    put = _putter(folder, as_link)
    placed: dict[str, str] = {}
    worst = 0
    for outcome in together(_jobs(matches, where, chosen.progress(), locked=locked, rehash=rehash)):
        if isinstance(outcome, HubtoolError):
            show_error(outcome)
            worst = max(worst, outcome.exit_code)
        elif isinstance(outcome, Exception):
            raise outcome
        elif folder and placed.setdefault(outcome.path.name, outcome.sha256) != outcome.sha256:
            show_error(
                UsageProblem(f"{folder / outcome.path.name}: two files have this name", hint="pull one at a time")
            )
            worst = max(worst, UsageProblem.exit_code)
        else:
            click.echo(put(outcome))
    return worst


def _jobs(
    matches: list[Match], where: Workspace, progress: Progress, *, locked: bool, rehash: bool
) -> list[Callable[[], VerifiedAsset]]:
    """One pull for each file, without repetitions."""
    fetch = partial(
        pull,
        cache=where.cache,
        access=where.access,
        locked=locked,
        rehash=rehash,
        progress=progress,
    )
    jobs: dict[tuple[Asset, Path], Callable[[], VerifiedAsset]] = {}
    for match in matches:
        folder = match.card.folder
        pins = where.pins(folder)
        for asset in assets_of(match.card, match.variant):
            jobs.setdefault((asset, folder), partial(fetch, asset, folder, pins=pins))
    return list(jobs.values())


def _putter(folder: Path | None, as_link: bool) -> Callable[[VerifiedAsset], Path]:
    if folder is None:
        return lambda verified: verified.path
    return partial(link if as_link else place, folder=folder)
