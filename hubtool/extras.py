"""Importing optional dependencies, or saying which extra brings them."""

from __future__ import annotations

import atexit
import importlib
import os
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from typing import Any

from hubtool.errors import EnvironmentProblem, MissingExtra

_LOG_NEXT_TO_NOTHING = "4"  # what goes wrong is raised as well


def require(module: str, *, extra: str, purpose: str) -> Any:
    """Import an optional module.

    Parameters
    ----------
    module
        Dotted name, as in an import statement.
    extra
        The extra of hubtool that installs it.
    purpose
        What it is needed for, as the end of "... is needed to".

    Raises
    ------
    MissingExtra
        The module, or one it depends on, is not installed.
    EnvironmentProblem
        It is installed and does not load.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise MissingExtra(
            f"{error.name or module} is needed to {purpose} and is not installed",
            hint=f"pip install 'hubtool[{extra}]'",
        ) from error
    except (ImportError, OSError) as error:
        raise EnvironmentProblem(
            f"{module} is installed and does not load: {error}",
            hint=f"pip install --force-reinstall 'hubtool[{extra}]'; hubtool doctor says more",
        ) from error


def installed_versions(packages: Iterable[str]) -> dict[str, str]:
    """Version of each package that is installed, by its name in the index; the others are left out."""
    from importlib.metadata import PackageNotFoundError, version

    versions = {}
    for package in packages:
        with suppress(PackageNotFoundError):
            versions[package] = version(package)
    return versions


def require_mindspore(purpose: str) -> Any:
    """Import MindSpore without the noise it makes; see `require` for what is raised.

    Its log is silenced unless the user set GLOG_v, and its cells no longer write an "Exception ignored"
    for each of them when the interpreter ends.
    """
    os.environ.setdefault("GLOG_v", _LOG_NEXT_TO_NOTHING)
    module = require("mindspore", extra="mindspore", purpose=purpose)
    _silence_cells_at_exit(module.nn.Cell)
    return module


@cache
def _silence_cells_at_exit(cell_class: Any) -> None:
    # Cell.__del__ uses module globals that are gone by the time the last cells are collected.
    atexit.register(setattr, cell_class, "__del__", lambda _: None)
