"""Who takes part."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec

from benchmarks.race.runner import Runner, Task

HUBTOOL, RIVAL, CEILING = "hubtool", "rival", "ceiling"


@dataclass(frozen=True, slots=True)
class Contestant:
    """One that evaluates, or measures the machine.

    Attributes
    ----------
    kind
        `hubtool`, `rival`, or `ceiling`: the last does GFLOP instead of images.
    needs
        Modules that have to be installed.
    opens
        module:function, called with a task and the options.
    """

    name: str
    kind: str
    needs: tuple[str, ...]
    opens: str
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def missing(self) -> list[str]:
        """The modules that are not installed."""
        return [module for module in self.needs if find_spec(module) is None]

    def open(self, task: Task) -> Runner:
        module, function = self.opens.split(":")
        runner: Runner = getattr(importlib.import_module(f"benchmarks.race.{module}"), function)(task, **self.options)
        return runner


_ONNXRUNTIME, _OPENVINO = ("onnx", "onnxruntime"), ("onnx", "openvino")
_MINDCV, _TORCH = ("mindspore", "mindcv"), ("torch", "timm")
_F32, _BF16 = {"precision": "float32"}, {"precision": "bfloat16"}
CONTESTANTS = {
    contestant.name: contestant
    for contestant in (
        Contestant("matmul f32", CEILING, ("openvino",), "with_onnx:matmul_opened", _F32),
        Contestant("hubtool openvino", HUBTOOL, _OPENVINO, "ours:opened", {"engine": "openvino", **_F32}),
        Contestant("openvino plain", RIVAL, _OPENVINO, "with_onnx:openvino_opened", _F32),
        Contestant("hubtool onnxruntime", HUBTOOL, _ONNXRUNTIME, "ours:opened", {"engine": "onnxruntime", **_F32}),
        Contestant("onnxruntime plain", RIVAL, _ONNXRUNTIME, "with_onnx:onnxruntime_opened"),
        Contestant("torch eager", RIVAL, _TORCH, "with_torch:opened", {"how": "eager"}),
        Contestant("torch compile", RIVAL, _TORCH, "with_torch:opened", {"how": "compile"}),
        Contestant("hubtool mindspore", HUBTOOL, ("mindspore",), "ours:opened", {"engine": "mindspore", **_F32}),
        Contestant("mindcv pynative", RIVAL, _MINDCV, "with_mindcv:opened", {"mode": "pynative"}),
        Contestant("mindcv graph", RIVAL, _MINDCV, "with_mindcv:opened", {"mode": "graph"}),
        Contestant("matmul bf16", CEILING, ("openvino",), "with_onnx:matmul_opened", _BF16),
        Contestant("hubtool openvino bf16", HUBTOOL, _OPENVINO, "ours:opened", {"engine": "openvino", **_BF16}),
        Contestant("openvino plain bf16", RIVAL, _OPENVINO, "with_onnx:openvino_opened", _BF16),
    )
}
"""By name, in the order of a round: those that are compared most closely run next to each other."""
