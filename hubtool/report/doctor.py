"""What works on this machine."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from hubtool import __version__
from hubtool.card.catalogue import version_key
from hubtool.engine.processor import processor

_EXTRAS = (
    ("mindspore", "mindspore", "builds, runs and trains networks"),
    ("numpy", "mindspore", "reads checkpoints"),
    ("scikit-learn", "demo", "brings the handwritten digits"),
)
_NUMPY_TOO_NEW = (2,)
_MINDSPORE_RANGE = ((2, 7), (2, 9))
_SECONDS_TO_LOAD = 60
_LITTLE_SPACE = 2 * 1024**3


@dataclass(frozen=True, slots=True)
class Component:
    """One thing looked at.

    Attributes
    ----------
    status
        `ok`, `missing` for an optional part that is not there, `slow`, or `broken`.
    hint
        The command or step that mends it; empty when all is well.
    """

    name: str
    status: Literal["ok", "missing", "slow", "broken"]
    detail: str
    hint: str = ""

    def to_json(self) -> dict[str, str]:
        """Keys `name`, `status`, `detail`, `hint`."""
        return {"name": self.name, "status": self.status, "detail": self.detail, "hint": self.hint}


def examine(card_roots: Sequence[Path], cache_root: Path) -> tuple[Component, ...]:
    """Look at versions, extras, cards and cache; MindSpore is imported in a process of its own."""
    return (
        Component(
            "hubtool", "ok", f"{__version__}, Python {platform.python_version()}, {platform.platform(terse=True)}"
        ),
        Component("processor", "ok", f"{os.cpu_count()} cores, {processor()}"),
        *_extras(),
        *(_cards(root) for root in card_roots),
        _cache(cache_root),
    )


def _extras() -> Iterator[Component]:
    for package, extra, purpose in _EXTRAS:
        try:
            version = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            yield Component(package, "missing", f"not installed; it {purpose}", f"pip install 'hubtool[{extra}]'")
        else:
            yield _judged(package, version)


def _judged(package: str, version: str) -> Component:
    if package == "mindspore":
        return _mindspore(version)
    if package == "numpy" and version_key(version) >= _NUMPY_TOO_NEW:
        return Component(package, "broken", f"{version}: MindSpore 2.8 wants numpy 1", "pip install 'numpy<2'")
    return Component(package, "ok", version)


def _mindspore(version: str) -> Component:
    lowest, too_new = _MINDSPORE_RANGE
    install = "pip install 'hubtool[mindspore]'"
    if version_key(version)[:2] >= too_new:
        detail = f"{version} runs 3x3 convolutions on CPU 60 to 100 times slower than 2.8"
        return Component("mindspore", "slow", detail, install)
    if version_key(version)[:2] < lowest:
        return Component("mindspore", "broken", f"{version} is older than the 2.7 hubtool needs", install)
    if trouble := _trouble_loading("mindspore"):
        return Component("mindspore", "broken", f"{version} does not load: {trouble}", install)
    return Component("mindspore", "ok", f"{version}, on CPU unless MindSpore is told otherwise")


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


def _cards(root: Path) -> Component:
    if not root.is_dir():
        return Component("cards", "broken", f"{root} is not a folder", "name one with --cards or HUBTOOL_CARDS")
    return Component("cards", "ok", str(root))


def _cache(root: Path) -> Component:
    hint = "name another folder with --cache or HUBTOOL_CACHE"
    try:
        existing = next(path for path in (root, *root.absolute().parents) if path.exists())
        with tempfile.TemporaryFile(dir=existing):
            free = shutil.disk_usage(existing).free
    except OSError as error:
        return Component("cache", "broken", f"{root} cannot be written: {error.strerror}", hint)
    detail = f"{root}, {free / 1024**3:.0f} GiB free"
    if free < _LITTLE_SPACE:
        return Component("cache", "broken", f"{detail}, too little for a checkpoint of 870 MB", hint)
    return Component("cache", "ok", detail)
