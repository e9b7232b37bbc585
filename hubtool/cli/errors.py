"""How an error is printed."""

from __future__ import annotations

import click

from hubtool.errors import HubtoolError


def show_error(error: HubtoolError) -> None:
    """What is wrong, and what to do next, on stderr."""
    click.secho("error: ", fg="red", bold=True, nl=False, err=True)
    click.echo(error.message, err=True)
    if error.hint:
        click.echo(f"  hint: {error.hint}", err=True)
