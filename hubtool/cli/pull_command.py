"""`hubtool pull`."""

from __future__ import annotations

from pathlib import Path

import click

from hubtool.asset.cache import Cache
from hubtool.asset.pull import place, pull
from hubtool.card.registry import Catalogue
from hubtool.cli.settings import global_options, settings
from hubtool.verify.subject import assets_of


@click.command("pull")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@click.option("--to", "folder", type=click.Path(path_type=Path, file_okay=False), help="Also copy the files there.")
@global_options
@click.pass_context
def command(ctx: click.Context, *, names: tuple[str, ...], folder: Path | None) -> None:
    """Fetch the files of each card into the cache, check their SHA-256, and print their paths.

    A file that is in the cache already is not fetched again. For a row of a results table, its own file is meant.
    """
    chosen = settings(ctx)
    catalogue = Catalogue(chosen.card_roots)
    cache = Cache(chosen.cache_root)
    progress = chosen.progress()
    for match in [catalogue.resolve(name) for name in names]:
        for asset in assets_of(match.card, match.variant):
            verified = pull(asset, match.card.folder, cache, offline=chosen.offline, progress=progress)
            click.echo(verified.path if folder is None else place(verified, folder))
