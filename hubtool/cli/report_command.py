"""`hubtool report`."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

import click

from hubtool.card.catalogue import Catalogue
from hubtool.card.claimset import choose
from hubtool.cli.settings import global_options, settings


@click.command("report")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), required=True, help="The HTML file to write."
)
@global_options
@click.pass_context
def command(ctx: click.Context, *, names: tuple[str, ...], output: Path) -> None:
    """Write an HTML page about the cards called NAME, by default all cards, and the evidence beside them.

    Nothing is fetched and nothing runs: each figure is shown with what its evidence says about it.
    """
    from hubtool.report.evidence import evidence_page
    from hubtool.report.html import write_page

    chosen = settings(ctx)
    selection = choose(Catalogue(chosen.card_roots), names)
    write_page(output, evidence_page(selection, now=datetime.now(timezone.utc)))
    click.echo(output)
