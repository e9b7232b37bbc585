"""How an error is printed."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import click

from hubtool.errors import EnvironmentProblem, HubtoolError


def show_error(error: HubtoolError) -> None:
    """What is wrong, and what to do next, on stderr."""
    click.secho("error: ", fg="red", bold=True, nl=False, err=True)
    click.echo(error.message, err=True)
    if error.hint:
        click.echo(f"  hint: {error.hint}", err=True)


def show_any(error: Exception, options: Mapping[str, Any]) -> int:
    """Tell the user about any error; the result is the exit code.

    Parameters
    ----------
    options
        The global options that were set: with two of `verbose`, the traceback is shown, too.
    """
    if options.get("verbose", 0) >= 2:
        logging.getLogger("hubtool").error("traceback, as asked for with -vv", exc_info=error)
    shown = _described(error)
    show_error(shown)
    return shown.exit_code


def _described(error: Exception) -> HubtoolError:
    """What to tell the user about an error that reached the command line."""
    if isinstance(error, HubtoolError):
        return error
    if isinstance(error, OSError):
        return EnvironmentProblem(f"{error.filename or 'output'}: {error.strerror or error}")
    return EnvironmentProblem(
        f"internal error: {type(error).__name__}: {error}", hint="-vv shows where; please report it"
    )
