"""The reference engine: MindSpore's own kernels, on the device MindSpore is set to."""

from __future__ import annotations

from typing import Any

from hubtool.extras import require_mindspore


class MindSporeEngine:
    """Runs a `mindspore.nn.Cell` in evaluation mode.

    Raises
    ------
    MissingExtra
        MindSpore is not installed.
    """

    precision = "float32"

    def __init__(self, cell: Any):
        self._mindspore = require_mindspore("run a network")
        self.name = f"mindspore {self._mindspore.__version__}"
        self._cell = cell
        cell.set_train(False)

    def logits(self, images: Any) -> Any:
        """Images (N, C, H, W) float32 -> logits (N, classes) float32."""
        return self._cell(self._mindspore.Tensor(images)).asnumpy()
