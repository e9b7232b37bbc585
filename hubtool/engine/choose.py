"""The engines, by name."""

from __future__ import annotations

from hubtool.engine.mindspore import MindSporeBackend
from hubtool.engine.protocol import Backend

BACKENDS: dict[str, Backend] = {backend.name: backend for backend in (MindSporeBackend(),)}
"""Every engine that hubtool knows; the first one is the reference."""
DEFAULT = next(iter(BACKENDS))


def backend_named(name: str) -> Backend:
    """The engine of that name. Raises KeyError for one that hubtool does not know."""
    return BACKENDS[name]
