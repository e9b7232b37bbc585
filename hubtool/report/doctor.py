"""What works on this machine."""

from __future__ import annotations

import os
import platform
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from hubtool import __version__
from hubtool.engine.installed import State
from hubtool.engine.processor import processor
from hubtool.extras import installed_versions
from hubtool.files import free_bytes

_EXTRAS = (
    ("mindcv", "zoo", "builds the networks of the family mindcv"),
    ("numpy", "eval", "computes with tensors and answers"),
    ("onnx", "eval", "writes the graphs that openvino and onnxruntime run"),
    ("opencv-python-headless", "eval", "decodes and resizes images"),
    ("scikit-learn", "demo", "brings the handwritten digits"),
)
_LITTLE_SPACE = 2 * 1024**3


@dataclass(frozen=True, slots=True)
class Component:
    """One thing looked at.

    Attributes
    ----------
    status
        `ok`, `missing` for an optional part that is not there, `slow`, or `broken`.
    hint
        The command or step that fixes it; empty when all is well.
    """

    name: str
    status: Literal["ok", "missing", "slow", "broken"]
    detail: str
    hint: str = ""

    def to_json(self) -> dict[str, str]:
        """Keys `name`, `status`, `detail`, `hint`."""
        return {"name": self.name, "status": self.status, "detail": self.detail, "hint": self.hint}


def examine(card_roots: Sequence[Path], cache_root: Path, engines: Mapping[str, State]) -> tuple[Component, ...]:
    """Look at versions, extras, cards and cache.

    Parameters
    ----------
    engines
        As `hubtool.engine.installed.engine_states` found them.
    """
    return (
        Component(
            "hubtool", "ok", f"{__version__}, Python {platform.python_version()}, {platform.platform(terse=True)}"
        ),
        Component("processor", "ok", f"{os.cpu_count()} cores, {processor()}"),
        *(Component(name, state.status, state.detail, state.hint) for name, state in engines.items()),
        *_extras(),
        *(_cards(root) for root in card_roots),
        _cache(cache_root),
    )


def _extras() -> Iterator[Component]:
    versions = installed_versions(package for package, _, _ in _EXTRAS)
    for package, extra, purpose in _EXTRAS:
        if package in versions:
            yield Component(package, "ok", versions[package])
        else:
            yield Component(package, "missing", f"not installed; it {purpose}", f"pip install 'hubtool[{extra}]'")


def _cards(root: Path) -> Component:
    if not root.is_dir():
        return Component("cards", "broken", f"{root} is not a folder", "name one with --cards or HUBTOOL_CARDS")
    return Component("cards", "ok", str(root))


def _cache(root: Path) -> Component:
    hint = "name another folder with --cache or HUBTOOL_CACHE"
    try:
        existing = next(path for path in (root, *root.absolute().parents) if path.exists())
        with tempfile.TemporaryFile(dir=existing):
            free = free_bytes(existing)
    except OSError as error:
        return Component("cache", "broken", f"{root} cannot be written: {error.strerror}", hint)
    if free is None:
        return Component("cache", "ok", f"{root}, the system does not say how much is free")
    detail = f"{root}, {free / 1024**3:.0f} GiB free"
    if free < _LITTLE_SPACE:
        return Component("cache", "broken", f"{detail}, too little for a checkpoint of 870 MB", hint)
    return Component("cache", "ok", detail)
