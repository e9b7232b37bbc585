"""`hubtool list`."""

from __future__ import annotations

import click

from hubtool.card.catalogue import Catalogue
from hubtool.cli.output import print_json, print_rich, say_linked_folders
from hubtool.cli.settings import global_options, settings


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@global_options
@click.pass_context
def command(ctx: click.Context, *, as_json: bool) -> None:
    """List the cards."""
    chosen = settings(ctx)
    catalogue = Catalogue(chosen.card_roots)
    cards = catalogue.cards
    if as_json:
        print_json([card.to_json() for card in cards])
    else:
        from hubtool.report.cards import catalogue_table

        print_rich(catalogue_table(cards))
    if not chosen.quiet:
        say_linked_folders(catalogue)
    if (unread := len(catalogue.parsed) - len(cards)) and not chosen.quiet:
        roots = " ".join(str(root) for root in catalogue.roots)
        click.echo(f"{unread} more could not be read: hubtool validate {roots}", err=True)
