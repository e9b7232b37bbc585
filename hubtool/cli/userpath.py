"""Paths in options."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from hubtool.resources import user_path


class UserPath(click.Path):
    """A path of an option, with `~` for a home folder: a shell replaces it in `--to ~/out`, but not in `--to=~/out`."""

    def __init__(self, *, dir_okay: bool = True, file_okay: bool = True):
        super().__init__(dir_okay=dir_okay, file_okay=file_okay, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path. Raises UsageProblem where there is no such home folder."""
        return super().convert(user_path(value, param.opts[0] if param else "path"), param, ctx)
