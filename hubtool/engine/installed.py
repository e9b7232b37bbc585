"""Whether the libraries that run networks are installed, and whether they work well."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from hubtool.card.catalogue import version_key
from hubtool.extras import installed_versions

_MINDSPORE = ((2, 7), (2, 9))
_NUMPY_TOO_NEW = (2,)
_SECONDS_TO_LOAD = 60


@dataclass(frozen=True, slots=True)
class State:
    """The state of a library.

    Attributes
    ----------
    status
        `ok`, `missing`, `slow`, or `broken`.
    detail
        Its version, or what is wrong with it.
    hint
        The command that fixes it; empty when all is well.
    """

    status: Literal["ok", "missing", "slow", "broken"]
    detail: str
    hint: str = ""


def mindspore_state(versions: Mapping[str, str] | None = None) -> State:
    """The state of MindSpore, which is imported in a separate process.

    Parameters
    ----------
    versions
        Of the installed packages, by name; None to ask the system.
    """
    found = installed_versions(("mindspore", "numpy")) if versions is None else versions
    install = "pip install 'hubtool[mindspore]'"
    if "mindspore" not in found:
        return State("missing", "not installed; it builds, runs and trains networks", install)
    version, (lowest, too_new) = found["mindspore"], _MINDSPORE
    if version_key(version)[:2] >= too_new:
        return State("slow", f"{version} runs 3x3 convolutions on CPU 60 to 100 times slower than 2.8", install)
    if version_key(version)[:2] < lowest:
        return State("broken", f"{version} is older than the 2.7 hubtool needs", install)
    if version_key(found.get("numpy", "")) >= _NUMPY_TOO_NEW:
        return State(
            "broken", f"{version} needs numpy 1, but numpy {found['numpy']} is installed", "pip install 'numpy<2'"
        )
    if trouble := _trouble_loading("mindspore"):
        return State("broken", f"{version} does not load: {trouble}", install)
    return State("ok", f"{version}, on CPU unless MindSpore is set to another device")


def _trouble_loading(module: str) -> str:
    """The last line of what an interpreter says that fails to import a module; empty when it does not fail."""
    try:
        run = subprocess.run(  # noqa: S603 (our own interpreter, a module named above)
            [sys.executable, "-c", f"import {module}"],
            capture_output=True,
            text=True,
            timeout=_SECONDS_TO_LOAD,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"it takes more than {_SECONDS_TO_LOAD} seconds"
    return "" if run.returncode == 0 else (run.stderr.strip().splitlines() or [f"exit code {run.returncode}"])[-1]
