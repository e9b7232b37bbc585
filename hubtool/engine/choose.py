"""The engines, by name."""

from __future__ import annotations

from hubtool.engine.mindspore import MindSporeBackend
from hubtool.engine.onnxruntime import OnnxRuntimeBackend
from hubtool.engine.openvino import OpenVinoBackend
from hubtool.engine.protocol import Backend

BACKENDS: dict[str, Backend] = {
    backend.name: backend for backend in (OpenVinoBackend(), OnnxRuntimeBackend(), MindSporeBackend())
}
"""Every engine that hubtool knows, the fastest first."""
AUTO = "auto"
"""The name that leaves the choice to hubtool."""
REFERENCE = MindSporeBackend.name
"""The engine that published figures were measured with."""


def backend_named(name: str) -> Backend:
    """The engine of that name. Raises KeyError for one that hubtool does not know."""
    return BACKENDS[name]
