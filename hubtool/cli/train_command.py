"""`hubtool train`."""

from __future__ import annotations

from pathlib import Path

import click

from hubtool.cli.containment import contained
from hubtool.cli.output import print_json
from hubtool.cli.settings import global_options, settings
from hubtool.cli.userpath import UserPath
from hubtool.training.recipe import read_recipe


@click.command("train")
@click.argument("recipe", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--to",
    "folder",
    type=UserPath(file_okay=False),
    default=Path(),
    help="Folder for the checkpoint.  [default: the current folder]",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@global_options
@click.pass_context
def command(ctx: click.Context, *, recipe: Path, folder: Path, as_json: bool) -> None:
    """Train a network with RECIPE, a YAML file, and measure it on the test split.

    Prints the checkpoint's path and the lines that a card publishes.
    """
    progress = settings(ctx).progress()
    parsed = read_recipe(recipe)
    from hubtool.training.loop import train

    with contained():
        trained = train(parsed, folder, progress)
    if as_json:
        print_json(
            {
                "checkpoint": str(trained.checkpoint),
                "sha256": trained.sha256,
                "evaluation": trained.evaluation,
                "correct": {f"top{k}": count for k, count in trained.counts.correct.items()},
                "images": trained.counts.images,
                "date": trained.finished.isoformat(),
            }
        )
    else:
        click.echo(f"{trained.checkpoint}\nevaluation: {trained.evaluation}\nasset-sha256: {trained.sha256}")
