"""The option that chooses between two sets of weights in one file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def ema_option(function: F) -> F:
    """Add `--ema/--no-ema`: None where the user has not chosen."""
    option = click.option(
        "--ema/--no-ema",
        "ema",
        default=None,
        help="Which of two sets of weights in a file to take: those averaged over training, or the others.",
    )
    return option(function)
