"""The reference engine: MindSpore's own kernels, on the device MindSpore is set to."""

from __future__ import annotations

from typing import Any

from hubtool.engine.processor import device_called
from hubtool.engine.protocol import CPU, FLOAT32, Execution, Identity, Session, Workload
from hubtool.engine.session import Closing
from hubtool.errors import EnvironmentProblem, UsageProblem
from hubtool.extras import is_installed, require
from hubtool.network.layout import parameters_of
from hubtool.network.mindspore import require_mindspore
from hubtool.network.registry import build, family_of
from hubtool.network.spec import Form, Model
from hubtool.words import first_line

COMPILED_FROM_PIXELS = 4_000_000
"""Compiling takes some seconds, which 80 images of 224x224 pixels repay."""
_DEVICES = (CPU, "GPU", "Ascend")


class MindSporeBackend:
    """Runs every network that its family builds as a cell; a `Backend`."""

    name = "mindspore"

    def devices(self) -> dict[str, list[str]]:
        """The device that MindSpore is set to: it does not list the others. See `Backend.devices`."""
        return {_target(require_mindspore("run a network")): [FLOAT32]}

    def why_not(self, model: Model, execution: Execution) -> str:
        """Empty, or that MindSpore, the cell or the precision is missing. Does not import it, which takes seconds."""
        if execution.precision != FLOAT32:
            return f"{self.name} computes in {FLOAT32}, not in {execution.precision}"
        if not is_installed("mindspore"):
            return "mindspore is needed to run a network and is not installed: pip install 'hubtool[mindspore]'"
        return family_of(model.spec).why_no_cell(model.spec)

    def open(self, model: Model, execution: Execution, workload: Workload) -> Session:
        """A session, compiled as a graph where so many pixels are to come that it pays off; see `Backend.open`."""
        if reason := self.why_not(model, execution):
            raise UsageProblem(reason)
        mindspore = require_mindspore("run a network")
        if execution.device:
            _set_device(mindspore, execution.device)
        # The compiled form of BiT loses more digits: on random weights of bit_resnet101 1.7e-3, the other one 4e-4.
        compiled = not workload.exact and workload.images * workload.side**2 >= COMPILED_FROM_PIXELS
        cell = build(model.spec, parameters_of(model), Form.GRAPH if compiled else Form.INFERENCE)
        return MindSporeSession(cell, compiled=compiled, batch_size=workload.largest_batch)


def _target(mindspore: Any) -> str:
    return str(mindspore.get_context("device_target"))


def _set_device(mindspore: Any, device: str) -> None:
    name = next((known for known in _DEVICES if known.casefold() == device.casefold()), None)
    if name is None:
        raise UsageProblem(f"mindspore has no device {device}", hint=f"--device {', '.join(_DEVICES)}")
    try:
        mindspore.set_device(name)
    except Exception as error:  # whatever it raises for a device that is not there
        raise EnvironmentProblem(f"mindspore cannot use the device {name}: {first_line(error)}") from error


class MindSporeSession(Closing):
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
        target = _target(self._mindspore)
        options = (("compiled", str(compiled)),)
        self.identity = Identity("mindspore", str(self._mindspore.__version__), FLOAT32, device_called(target), options)
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


def _closed(_: Any) -> Any:
    raise ValueError("the session is closed")
