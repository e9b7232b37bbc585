"""OpenVINO: requests that run at the same time, on graphs of a fixed shape."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hubtool.engine.compiled import compilation
from hubtool.engine.cores import Division, division
from hubtool.engine.graphfile import GRAPH, KeptOutlines, device_named, graph_inputs, no_graph, write_graph
from hubtool.engine.processor import device_called
from hubtool.engine.protocol import BFLOAT16, CPU, FLOAT32, Execution, Identity, Session, Workload
from hubtool.engine.session import Closing, chunks
from hubtool.errors import EnvironmentProblem, MissingExtra
from hubtool.extras import require
from hubtool.network.onnx import GraphShape
from hubtool.network.spec import Model

_HINTS = {FLOAT32: "f32", BFLOAT16: "bf16"}
_PRECISIONS = {hint: precision for precision, hint in _HINTS.items()}
_HEAVY_LAYERS = frozenset({"Convolution", "MatMul", "FullyConnected", "GroupConvolution"})
"""What nearly all of the time goes to: the precision these run in is that of the network."""


class OpenVinoBackend:
    """Runs every network that its family has an ONNX graph of; a `Backend`."""

    name = "openvino"

    def devices(self) -> dict[str, list[str]]:
        """See `Backend.devices`."""
        core = _core()
        return {
            device: [name for name in _HINTS if name in precisions(core, device)] for device in core.available_devices
        }

    def why_not(self, model: Model, execution: Execution) -> str:
        """Empty, or that OpenVINO, the graph, the device or the precision is missing."""
        if reason := no_graph(model):
            return reason
        try:
            core = _core()
        except MissingExtra as missing:
            return f"{missing.message}: {missing.hint}"
        device = device_named(execution)
        if device.partition(".")[0] not in {found.partition(".")[0] for found in core.available_devices}:
            return f"openvino has no device {device} here, only {', '.join(core.available_devices)}"
        if execution.precision not in precisions(core, device):
            return f"{device} does not compute in {execution.precision}: use --precision f32"
        return ""

    def open(self, model: Model, execution: Execution, workload: Workload) -> Session:
        """A session of a compiled graph; raises as `Backend.open` does."""
        core, device = _core(), device_named(execution)
        cores = division(workload.largest_batch)
        shape = GraphShape(workload.side, cores.chunk)
        config = _config(execution, device, cores)
        inputs = {**graph_inputs(model, shape), "engine": self.name, "version": version(), "device": device, **config}
        with compilation(workload.compiled_models, inputs) as place:
            if not place.is_whole:
                write_graph(model, shape, place.folder, KeptOutlines(workload.compiled_models))
            compiled = _compiled(core, place.folder / GRAPH, device, {**config, "CACHE_DIR": str(place.folder)})
            if not place.is_whole and workload.compiled_models is not None:
                place.keep()
        return OpenVinoSession(core, compiled, device, cores)


class OpenVinoSession(Closing):
    """Runs a compiled model, several requests at a time; a `Session`."""

    def __init__(self, core: Any, compiled: Any, device: str, cores: Division):
        options = {"chunk": cores.chunk, "streams": cores.streams, "threads": cores.threads}
        self.identity = Identity(
            OpenVinoBackend.name,
            version(),
            executed_precision(compiled),
            device_called(device, core.get_property(device, "FULL_DEVICE_NAME")),
            tuple((name, str(value)) for name, value in sorted(options.items())),
        )
        self._np = require("numpy", extra="eval", purpose="run a network")
        self._chunk = cores.chunk
        self._classes = int(compiled.output(0).shape[1])
        self._queue = _library().AsyncInferQueue(compiled, cores.streams)
        self._queue.set_callback(_take)

    def logits(self, images: Any) -> Any:
        """Images (N, C, H, W) float32 -> logits (N, num_classes) float32."""
        logits = self._np.empty((len(images), self._classes), "float32")
        for place, chunk in chunks(images, self._chunk):
            self._queue.start_async({0: chunk}, logits[place])
        self._queue.wait_all()
        return logits

    def close(self) -> None:
        """Let go of the model and its weights."""
        self._queue = None


def _take(request: Any, logits: Any) -> None:
    logits[:] = request.get_output_tensor(0).data[: len(logits)]


def executed_precision(compiled: Any) -> str:
    """The type that a compiled model really computes in: the narrowest of its convolutions and matrix products."""
    found = set()
    for node in compiled.get_runtime_model().get_ops():
        info = node.get_rt_info()
        if str(info["layerType"].value) in _HEAVY_LAYERS:
            hint = str(info["runtimePrecision"].value)
            found.add(_PRECISIONS.get(hint, hint))
    return min(found - {FLOAT32}, default=FLOAT32)


def precisions(core: Any, device: str) -> set[str]:
    """The types that a device computes in, of those that hubtool asks for."""
    able = {str(name).casefold() for name in core.get_property(device, "OPTIMIZATION_CAPABILITIES")}
    return {precision for precision, hint in _HINTS.items() if hint in able or precision == FLOAT32}


def _config(execution: Execution, device: str, cores: Division) -> dict[str, str]:
    """Properties of the compiled model; OpenVINO on its own computes in bfloat16 where a processor is fast at it."""
    config = {"INFERENCE_PRECISION_HINT": _HINTS[execution.precision]}
    if device != CPU:
        return config
    # Threads are free to move: decoding works on the same cores.
    division = {"NUM_STREAMS": cores.streams, "INFERENCE_NUM_THREADS": cores.threads, "ENABLE_CPU_PINNING": "NO"}
    return config | {name: str(value) for name, value in division.items()}


def _compiled(core: Any, graph: Path, device: str, config: dict[str, str]) -> Any:
    try:
        return core.compile_model(graph, device, config)
    except RuntimeError as error:
        raise EnvironmentProblem(
            f"openvino cannot compile the network for {device}: {_cause(error)}", hint="try another --engine"
        ) from error


def _cause(error: RuntimeError) -> str:
    """The last line: those before it name places in OpenVINO's own source."""
    return next((line.strip() for line in reversed(str(error).splitlines()) if line.strip()), "no message")


def _library() -> Any:
    return require("openvino", extra="eval", purpose="run a network")


def _core() -> Any:
    return _library().Core()


def version() -> str:
    """Of OpenVINO, without its build number, as `2026.4.1`."""
    return str(_library().__version__).partition("-")[0]
