"""`hubtool diff`."""

from __future__ import annotations

from pathlib import Path

import click

from hubtool.cli.output import print_json, print_rich
from hubtool.cli.settings import global_options, settings
from hubtool.errors import CardError
from hubtool.evaluation.compare import difference
from hubtool.evaluation.predictions import read_predictions


@click.command("diff")
@click.argument("a", metavar="A.csv", type=click.Path(path_type=Path))
@click.argument("b", metavar="B.csv", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@global_options
@click.pass_context
def command(ctx: click.Context, *, a: Path, b: Path, as_json: bool) -> int:
    """Show the images whose prediction changed from A.csv to B.csv, and how far the accuracy moved.

    Both are files that `hubtool verify --predictions` wrote. Exits 0 when nothing changed, and 1 when
    something did or no image is in both.
    """
    settings(ctx)
    found = difference(read_predictions(a), read_predictions(b))
    if as_json:
        print_json({"a": str(a), "b": str(b), **found.to_json()})
    else:
        from hubtool.report.predictions import difference_view

        print_rich(*difference_view(found))
    return 0 if found.is_none else CardError.exit_code
