"""The reference engine: MindSpore's own kernels, on the device MindSpore is set to."""

from __future__ import annotations

from types import TracebackType
from typing import Any

from hubtool.checkpoint.reader import Checkpoint
from hubtool.engine.processor import processor
from hubtool.engine.protocol import FLOAT32, Identity, Session, Workload
from hubtool.errors import MissingExtra
from hubtool.extras import require
from hubtool.network.mindspore import require_mindspore
from hubtool.network.registry import build
from hubtool.network.spec import Form, Model

COMPILED_FROM_PIXELS = 4_000_000
"""Compiling takes some seconds, which 80 images of 224x224 pixels repay."""


class MindSporeBackend:
    """Runs every network that its family builds as a cell; a `Backend`."""

    name = "mindspore"

    def why_not(self, model: Model) -> str:
        """Empty, or that MindSpore is missing."""
        del model  # every family builds cells
        try:
            require_mindspore("run a network")
        except MissingExtra as missing:
            return f"{missing.message}: {missing.hint}"
        return ""

    def open(self, model: Model, precision: str, workload: Workload) -> Session:
        """A session, compiled as a graph where so many pixels are to come that it pays off.

        Raises
        ------
        ValueError
            A precision other than float32.
        """
        if precision != FLOAT32:
            raise ValueError(f"{self.name} computes in {FLOAT32}, not in {precision}")
        require_mindspore("run a network")
        compiled = workload.images * workload.side**2 >= COMPILED_FROM_PIXELS
        weights = Checkpoint(model.weights).arrays()
        cell = build(model.spec, weights, Form.GRAPH if compiled else Form.INFERENCE)
        return MindSporeSession(cell, compiled=compiled, batch_size=min(workload.batch_size, workload.images))


class MindSporeSession:
    """Runs a `mindspore.nn.Cell` in evaluation mode; a `Session`.

    Parameters
    ----------
    compiled
        Run it as a graph: some seconds until the first answer, then faster.
    batch_size
        Images that a graph takes at once: a smaller batch is filled up, since every size would be compiled anew.

    Raises
    ------
    MissingExtra
        MindSpore is not installed.
    """

    def __init__(self, cell: Any, *, compiled: bool = False, batch_size: int = 0):
        self._mindspore = require_mindspore("run a network")
        target = str(self._mindspore.get_context("device_target"))
        device = f"{target} {processor()}" if target == "CPU" else target
        options = (("compiled", str(compiled)),)
        self.identity = Identity("mindspore", str(self._mindspore.__version__), FLOAT32, device, options)
        cell.set_train(False)
        self._run = self._mindspore.jit(cell.construct) if compiled else cell
        self._compiled = compiled
        self._size = batch_size

    def logits(self, images: Any) -> Any:
        """Images (N, C, H, W) float32 -> logits (N, num_classes) float32."""
        count = len(images)
        if self._compiled:
            self._size = max(self._size, count)
            if count < self._size:
                np = require("numpy", extra="eval", purpose="run a network")
                images = np.concatenate([images, np.zeros((self._size - count, *images.shape[1:]), images.dtype)])
        return self._run(self._mindspore.Tensor(images)).asnumpy()[:count]

    def close(self) -> None:
        """Let go of the cell and its weights."""
        self._run = _closed

    def __enter__(self) -> MindSporeSession:
        """The session."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()


def _closed(_: Any) -> Any:
    raise ValueError("the session is closed")
