"""The runtimes used plainly, behind hubtool's decoding: the plain graph, one call after the other, default settings.

Two things are not left to defaults, so that the comparison is one of equals: the number of threads, and OpenVINO's
precision, which by default is bfloat16 where the processor has it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from benchmarks.race.runner import Lap, PlainLoop, Runner, Skip, Task
from hubtool.checkpoint.reader import Checkpoint

PRECISIONS = {"float32": "f32", "bfloat16": "bf16"}
"""As OpenVINO calls them."""
AT_ONCE = 8
"""Images a call: of 2, 4, 8 and 32, OpenVINO was fastest with so many on two cores, and onnxruntime nearly so."""
_SIDE = 2048
_REPEATS = 20


def onnxruntime_opened(task: Task) -> Runner:
    """onnxruntime on the processor."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = task.threads
    session = onnxruntime.InferenceSession(_graph(task), options, providers=["CPUExecutionProvider"])
    return PlainLoop(task, _in_parts(lambda images: session.run(None, {"images": images})[0]))


def openvino_opened(task: Task, precision: str) -> Runner:
    """OpenVINO on the processor."""
    core = _core(precision)
    compiled = core.compile_model(core.read_model(_graph(task)), "CPU", _settings(task, precision))
    return PlainLoop(task, _in_parts(lambda images: compiled(images)[0]))


def matmul_opened(task: Task, precision: str) -> Runner:
    """OpenVINO's product of two matrices: what the machine can do."""
    return MatMul(task, precision)


class MatMul:
    """A `Runner` whose work is in GFLOP."""

    def __init__(self, task: Task, precision: str):
        import numpy as np
        import openvino as ov
        from openvino import opset13

        core = _core(precision)
        values = np.random.default_rng(0).normal(size=(_SIDE, _SIDE)).astype("float32")
        left = opset13.parameter(values.shape, np.float32)
        model = ov.Model([opset13.matmul(left, opset13.constant(values), False, False)], [left])
        self._request = core.compile_model(model, "CPU", _settings(task, precision)).create_infer_request()
        self._values = values

    def first_logits(self) -> None:
        """None: it classifies nothing."""

    def lap(self) -> Lap:
        started = time.perf_counter()
        for _ in range(_REPEATS):
            self._request.infer([self._values])
        return Lap(_REPEATS * 2 * _SIDE**3 / 1e9, time.perf_counter() - started)


def _in_parts(call: Callable[[Any], Any]) -> Callable[[Any], Any]:
    import numpy as np

    return lambda images: np.concatenate([call(images[at : at + AT_ONCE]) for at in range(0, len(images), AT_ONCE)])


def _graph(task: Task) -> bytes:
    from benchmarks.race.plain_graph import plain_graph

    return plain_graph(task.assets.spec, Checkpoint(task.assets.checkpoint).arrays(), AT_ONCE)


def _core(precision: str) -> Any:
    import openvino as ov

    core = ov.Core()
    if precision == "bfloat16" and "BF16" not in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        raise Skip("the processor has no bfloat16")
    return core


def _settings(task: Task, precision: str) -> dict[str, Any]:
    return {"INFERENCE_PRECISION_HINT": PRECISIONS[precision], "INFERENCE_NUM_THREADS": task.threads}
