"""`hubtool report`."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

import click

from hubtool.card.catalogue import Catalogue
from hubtool.card.claimset import choose
from hubtool.cli.output import say_linked_folders
from hubtool.cli.settings import global_options, settings
from hubtool.cli.userpath import UserPath
from hubtool.cli.verify_files import check_output_file
from hubtool.errors import CardError
from hubtool.evidence.verdict import Verdict


@click.command("report")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("-o", "--output", type=UserPath(dir_okay=False), required=True, help="The HTML file to write.")
@global_options
@click.pass_context
def command(ctx: click.Context, *, names: tuple[str, ...], output: Path) -> int:
    """Write an HTML page about the cards called NAME, by default all cards, and the evidence beside them.

    Nothing is fetched and nothing runs: each figure is shown with what its evidence says about it. Exits 1 when a
    figure is contradicted, or a card or its evidence cannot be believed.
    """
    from hubtool.report.evidence import evidence_page, evidence_sections
    from hubtool.report.html import check_renderable, write_page

    check_output_file("--output", output)
    check_renderable()
    chosen = settings(ctx)
    catalogue = Catalogue(chosen.card_roots)
    selection = choose(catalogue, names)
    if not names and not chosen.quiet:
        say_linked_folders(catalogue)
    sections = evidence_sections(selection)
    write_page(output, evidence_page(sections, now=datetime.now(timezone.utc)))
    click.echo(output)
    verdicts = {claim.verdict for section in sections for claim in section.claims}
    bad = Verdict.MISMATCH in verdicts or any(section.failed for section in sections)
    return CardError.exit_code if bad else 0
