"""The reference engine: MindSpore's own kernels, on the device MindSpore is set to."""

from __future__ import annotations

from typing import Any

from hubtool.engine.processor import processor
from hubtool.extras import require, require_mindspore


class MindSporeEngine:
    """Runs a `mindspore.nn.Cell` in evaluation mode.

    Parameters
    ----------
    compiled
        Run it as a graph: some seconds until the first answer, then faster. A batch that is smaller than the first
        one is filled up, since every size would be compiled anew.

    Raises
    ------
    MissingExtra
        MindSpore is not installed.
    """

    precision = "float32"

    def __init__(self, cell: Any, *, compiled: bool = False):
        self._mindspore = require_mindspore("run a network")
        self.name = f"mindspore {self._mindspore.__version__}"
        target = str(self._mindspore.get_context("device_target"))
        self.device = f"{target} {processor()}" if target == "CPU" else target
        cell.set_train(False)
        self._run = self._mindspore.jit(cell.construct) if compiled else cell
        self._compiled = compiled
        self._size = 0

    def logits(self, images: Any) -> Any:
        """Images (N, C, H, W) float32 -> logits (N, classes) float32."""
        count = len(images)
        if self._compiled:
            self._size = max(self._size, count)
            if count < self._size:
                np = require("numpy", extra="mindspore", purpose="run a network")
                images = np.concatenate([images, np.zeros((self._size - count, *images.shape[1:]), images.dtype)])
        return self._run(self._mindspore.Tensor(images)).asnumpy()[:count]
