"""onnxruntime: one call at a time on all cores, on graphs of a fixed shape."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hubtool.engine.compiled import compilation
from hubtool.engine.cores import Division, division
from hubtool.engine.graphfile import GRAPH, TENSORS, KeptOutlines, device_named, graph_inputs, no_graph, write_graph
from hubtool.engine.processor import device_called
from hubtool.engine.protocol import FLOAT32, Execution, Identity, Session, Workload
from hubtool.engine.session import Closing, chunks
from hubtool.errors import EnvironmentProblem, MissingExtra
from hubtool.extras import require
from hubtool.network.onnx import GraphShape
from hubtool.network.spec import Model
from hubtool.words import first_line

_OPTIMISED, _OPTIMISED_TENSORS = "optimised.onnx", "optimised.data"
_SUFFIX = "ExecutionProvider"
_SERVER = "AzureExecutionProvider"
"""Sends images to a server, which is no device of this machine."""
_ERRORS_ONLY = 3


class OnnxRuntimeBackend:
    """Runs every network that its family has an ONNX graph of; a `Backend`."""

    name = "onnxruntime"

    def devices(self) -> dict[str, list[str]]:
        """See `Backend.devices`."""
        return {device: [FLOAT32] for device in _devices()}

    def why_not(self, model: Model, execution: Execution) -> str:
        """Empty, or that onnxruntime, the graph, the device or the precision is missing."""
        if reason := no_graph(model):
            return reason
        if execution.precision != FLOAT32:
            return f"{self.name} computes in {FLOAT32}, not in {execution.precision}"
        try:
            found = _devices()
        except MissingExtra as missing:
            return f"{missing.message}: {missing.hint}"
        device = device_named(execution)
        return "" if device in found else f"onnxruntime has no device {device} here, only {', '.join(found)}"

    def open(self, model: Model, execution: Execution, workload: Workload) -> Session:
        """A session of an optimised graph; raises as `Backend.open` does."""
        device = device_named(execution)
        cores = division(workload.largest_batch)
        shape = GraphShape(workload.side, cores.chunk)
        inputs = {**graph_inputs(model, shape), "engine": self.name, "version": version(), "device": device}
        with compilation(workload.compiled_models, inputs) as place:
            if not place.is_whole:
                # Optimised first and read again afterwards, so that the first run and the later ones are alike.
                outlines = KeptOutlines(workload.compiled_models)
                _optimise(write_graph(model, shape, place.folder, outlines), device, cores)
                for name in (GRAPH, TENSORS):
                    (place.folder / name).unlink()
                if workload.compiled_models is not None:
                    place.keep()
            session = _opened(place.folder / _OPTIMISED, device, _options(cores, "ORT_DISABLE_ALL"))
        return OnnxRuntimeSession(session, device, cores)


class OnnxRuntimeSession(Closing):
    """Runs an `onnxruntime.InferenceSession`; a `Session`."""

    def __init__(self, session: Any, device: str, cores: Division):
        options = {"chunk": cores.chunk, "threads": cores.threads}
        self.identity = Identity(
            OnnxRuntimeBackend.name,
            version(),
            FLOAT32,
            device_called(device),
            tuple((name, str(value)) for name, value in sorted(options.items())),
        )
        self._np = require("numpy", extra="eval", purpose="run a network")
        self._chunk = cores.chunk
        self._session = session
        self._input = session.get_inputs()[0].name

    def logits(self, images: Any) -> Any:
        """Images (N, C, H, W) float32 -> logits (N, num_classes) float32."""
        answers = []
        for place, chunk in chunks(images, self._chunk):
            answers.append(self._session.run(None, {self._input: chunk})[0][: place.stop - place.start])
        return self._np.concatenate(answers)

    def close(self) -> None:
        """Let go of the graph and its weights."""
        self._session = None


def _optimise(graph: Path, device: str, cores: Division) -> None:
    """Write the graph as onnxruntime runs it on this machine."""
    options = _options(cores, "ORT_ENABLE_ALL")
    options.optimized_model_filepath = str(graph.with_name(_OPTIMISED))
    options.add_session_config_entry("session.optimized_model_external_initializers_file_name", _OPTIMISED_TENSORS)
    options.add_session_config_entry("session.optimized_model_external_initializers_min_size_in_bytes", "1024")
    _opened(graph, device, options)


def _options(cores: Division, optimisations: str) -> Any:
    library = _library()
    options = library.SessionOptions()
    options.intra_op_num_threads = cores.threads
    options.log_severity_level = _ERRORS_ONLY  # it warns that an optimised graph is of use on this machine alone
    options.graph_optimization_level = getattr(library.GraphOptimizationLevel, optimisations)
    return options


def _opened(graph: Path, device: str, options: Any) -> Any:
    try:
        return _library().InferenceSession(str(graph), options, providers=[_devices()[device]])
    except Exception as error:  # its errors have no common base but this
        raise EnvironmentProblem(
            f"onnxruntime cannot prepare the network for {device}: {first_line(error)}", hint="try another --engine"
        ) from error


def _devices() -> dict[str, str]:
    """The provider of each device, by the name without the suffix, in capitals."""
    found = [name for name in _library().get_available_providers() if name != _SERVER]
    return {name.removesuffix(_SUFFIX).upper(): name for name in found}


def _library() -> Any:
    return require("onnxruntime", extra="onnxruntime", purpose="run a network")


def version() -> str:
    """Of onnxruntime."""
    return str(_library().__version__)
