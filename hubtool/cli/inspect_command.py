"""`hubtool inspect`."""

from __future__ import annotations

import click

from hubtool.checkpoint.formats import open_weights
from hubtool.checkpoint.inspect import inspect
from hubtool.cli.output import print_json
from hubtool.cli.settings import global_options, settings
from hubtool.cli.transfer import workspace
from hubtool.errors import MissingExtra
from hubtool.network.identify import networks_fitting


@click.command("inspect")
@click.argument("given", metavar="FILE|NAME")
@click.option(
    "--statistics/--no-statistics",
    "statistics",
    default=None,
    help="Read every value, or only list the tensors.  [default: read them if numpy is installed]",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@global_options
@click.pass_context
def command(ctx: click.Context, *, given: str, statistics: bool | None, as_json: bool) -> None:
    """List the tensors of a checkpoint: name, shape, type, number of values, statistics of the finite ones.

    FILE is a MindSpore checkpoint or a safetensors file; NAME stands for the file of a card that is beside the card or
    in the cache. Below the list stands which network has these parameters, if hubtool knows it.
    """
    chosen = settings(ctx)
    weights = open_weights(workspace(chosen).source(given).path)
    networks = {spec.name: spec.num_classes for spec in networks_fitting(weights)}
    try:
        inspection = inspect(weights, with_statistics=statistics is not False, networks=networks)
    except MissingExtra as error:
        if statistics:
            raise
        if not chosen.quiet:
            click.echo(f"no statistics: {error.message}: {error.hint}", err=True)
        inspection = inspect(weights, with_statistics=False, networks=networks)
    if as_json:
        print_json(inspection.to_json())
    else:
        from hubtool.report.weights import weights_view

        for line in weights_view(inspection):
            click.echo(line)
