"""`hubtool export`."""

from __future__ import annotations

from pathlib import Path

import click

from hubtool.checkpoint.convert import WRITERS, convert
from hubtool.checkpoint.formats import open_weights
from hubtool.cli.settings import global_options, settings
from hubtool.cli.transfer import workspace


@click.command("export")
@click.argument("given", metavar="FILE|NAME")
@click.option("--to", "to", type=click.Choice(list(WRITERS)), required=True, help="The format to write.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="The file to write.  [default: the source's name with another ending, in the current folder]",
)
@click.option("--force", is_flag=True, help="Replace the file if it exists.")
@global_options
@click.pass_context
def command(ctx: click.Context, *, given: str, to: str, output: Path | None, force: bool) -> None:
    """Write the weights of FILE, or of the card called NAME, in another format, bit for bit, and print the path.

    FILE is a MindSpore checkpoint or a safetensors file. A damaged one is refused, and nothing is left behind.
    """
    chosen = settings(ctx)
    source = workspace(chosen).file(given)
    target = output or Path(source.with_suffix(f".{to}").name)
    convert(open_weights(source), target, to, replace=force, progress=chosen.progress())
    click.echo(target)
