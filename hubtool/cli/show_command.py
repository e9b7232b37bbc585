"""`hubtool show`."""

from __future__ import annotations

import click

from hubtool.card.catalogue import Catalogue
from hubtool.card.claimset import claim_sets
from hubtool.cli.output import print_json, print_rich
from hubtool.cli.settings import global_options, settings


@click.command("show")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@global_options
@click.pass_context
def command(ctx: click.Context, *, name: str, as_json: bool) -> None:
    """Show the validated record of the card called NAME."""
    card = Catalogue(settings(ctx).card_roots).resolve(name).card
    if as_json:
        from hubtool.report.networks import network_json

        print_json({**card.to_json(), "networks": [network_json(claim_set) for claim_set in claim_sets(card)]})
    else:
        from hubtool.report.cards import card_view, network_view

        print_rich(*card_view(card), *network_view(claim_sets(card)))
