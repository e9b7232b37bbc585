"""Importing optional dependencies, or saying which extra brings them."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from hubtool.errors import EnvironmentProblem, MissingExtra

MEASURING = (
    "mindcv",
    "mindspore",
    "numpy",
    "onnx",
    "onnxruntime",
    "opencv-python-headless",
    "openvino",
    "pillow",
    "pyarrow",
    "scikit-learn",
)
"""Packages that a measured figure may depend on, by their names in the index."""


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


def is_installed(module: str) -> bool:
    """Whether a top-level module can be found; it is not imported, so that it may still not load."""
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):  # an import hook hides it, or a half-loaded module stands in for it
        return False


def installed_versions(packages: Iterable[str]) -> dict[str, str]:
    """Version of each package that is installed, by its name in the index; the others are skipped."""
    from importlib.metadata import PackageNotFoundError, version

    versions = {}
    for package in packages:
        with suppress(PackageNotFoundError):
            versions[package] = version(package)
    return versions
