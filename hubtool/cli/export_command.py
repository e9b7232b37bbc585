"""`hubtool export`."""

from __future__ import annotations

from pathlib import Path

import click

from hubtool.checkpoint.convert import WRITERS, convert
from hubtool.checkpoint.formats import open_weights
from hubtool.cli.containment import contained
from hubtool.cli.settings import global_options, settings
from hubtool.cli.transfer import workspace
from hubtool.cli.userpath import UserPath
from hubtool.cli.weights_option import ema_option
from hubtool.engine.compiled import compiled_models_of
from hubtool.engine.export import FORMATS, export
from hubtool.errors import UsageProblem
from hubtool.progress import waiting


@click.command("export")
@click.argument("given", metavar="FILE|NAME")
@click.option("--to", "to", type=click.Choice([*FORMATS, *WRITERS]), required=True, help="The format to write.")
@click.option(
    "-o",
    "--output",
    type=UserPath(),
    help="The file to write.  [default: the source's name with another ending, in the current folder]",
)
@click.option("--force", is_flag=True, help="Replace the file if it exists.")
@click.option(
    "--network",
    metavar="NETWORK",
    help="The network that FILE holds the weights of, where several networks have the same parameters.",
)
@ema_option
@global_options
@click.pass_context
def command(
    ctx: click.Context,
    *,
    given: str,
    to: str,
    output: Path | None,
    force: bool,
    network: str | None,
    ema: bool | None,
) -> None:
    """Write a network or its weights in another format, and print the path.

    FILE is a MindSpore checkpoint or a safetensors file; NAME is a card. onnx and mindir files hold the network with
    its weights, ready to run. safetensors and ckpt files hold the weights alone, bit for bit. A damaged source is
    refused, and nothing is left behind.
    """
    for option, value in (("--ema and --no-ema", ema), ("--network", network)):
        if value is not None and to not in FORMATS:
            raise UsageProblem(f"{option}: a {to} file keeps every tensor", hint="leave the option out")
    chosen = settings(ctx)
    own = workspace(chosen)
    source = own.source(given)
    target = output or Path(source.path.with_suffix(f".{to}").name)
    if to in FORMATS:
        with contained(), waiting(chosen.progress(), f"exporting to {to}"):
            kept = compiled_models_of(own.cache_root)
            export(source, target, to, ema=ema, network=network, replace=force, compiled_models=kept)
    else:
        convert(open_weights(source.path), target, to, replace=force, progress=chosen.progress())
    click.echo(target)
