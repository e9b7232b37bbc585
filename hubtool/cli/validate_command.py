"""`hubtool validate`."""

from __future__ import annotations

import click

from hubtool.cli.output import print_json, print_rich
from hubtool.cli.settings import global_options, settings
from hubtool.lint.engine import lint_paths


@click.command("validate")
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path())
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
@global_options
@click.pass_context
def command(ctx: click.Context, *, paths: tuple[str, ...], format_: str) -> int:
    """Check the cards at and below each PATH; by default all cards there are.

    Exits 1 when a card has an error.
    """
    result = lint_paths(paths or [str(root) for root in settings(ctx).card_roots])
    if format_ == "json":
        print_json(result.to_json())
    else:
        from hubtool.report.diagnostics import lint_lines

        print_rich(*lint_lines(result))
    return 1 if result.cards_with_errors else 0
