"""The graph of a network in a file, for engines that read ONNX, and what is kept of it between runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from hubtool import __version__
from hubtool.engine.compiled import compilation
from hubtool.engine.processor import processor
from hubtool.engine.protocol import CPU, Execution
from hubtool.files import environment_errors
from hubtool.network.layout import parameters_of
from hubtool.network.onnx import Beside, GraphShape, require_onnx
from hubtool.network.outline import NoGraph, Outlines
from hubtool.network.registry import family_of
from hubtool.network.spec import Model

GRAPH, TENSORS = "graph.onnx", "graph.data"
_OUTLINE, _NONE = "outline.onnx", "no-graph.txt"


def no_graph(model: Model) -> str:
    """Why a network has no graph, in one sentence; empty when it has one."""
    return family_of(model.spec).why_no_graph(model.spec)


def device_named(execution: Execution) -> str:
    """The device to run on, in capitals; the CPU where none is asked for."""
    return execution.device.upper() or CPU


def write_graph(model: Model, shape: GraphShape, folder: Path, outlines: Outlines) -> Path:
    """Write the graph of a network, its tensors beside it, into a folder; returns the path of the graph.

    Raises
    ------
    MissingExtra
        onnx is not installed.
    NoGraph
        The network has none.
    CorruptCheckpoint, EnvironmentProblem
        The weights cannot be read, or the folder cannot be written.
    """
    onnx = require_onnx("build a graph")
    with environment_errors(folder), Beside(folder / TENSORS) as store:
        graph = family_of(model.spec).graph(model.spec, parameters_of(model), shape, store, outlines)
        onnx.save_model(graph, folder / GRAPH)
    return folder / GRAPH


class KeptOutlines:
    """Keeps outlines of graphs among the compiled models, and that there is none; an `Outlines`.

    Parameters
    ----------
    root
        Where compiled models are; None to keep nothing.
    """

    def __init__(self, root: Path | None):
        self._root = root

    def outline(self, inputs: Mapping[str, object], make: Callable[[], bytes]) -> bytes:
        """See `Outlines.outline`."""
        with compilation(self._root, {"hubtool": __version__, **inputs}) as place:
            kept, none = place.folder / _OUTLINE, place.folder / _NONE
            with environment_errors(place.folder):
                if not place.is_whole:
                    try:
                        kept.write_bytes(make())
                    except NoGraph as problem:
                        none.write_text(problem.message, encoding="utf-8")
                    if self._root is not None:
                        place.keep()
                if none.exists():
                    raise NoGraph(none.read_text(encoding="utf-8"))
                return kept.read_bytes()


def graph_inputs(model: Model, shape: GraphShape) -> dict[str, object]:
    """All that the graph of a network and its compilation depend on beside the engine, as values that JSON knows."""
    return {
        "hubtool": __version__,
        **family_of(model.spec).versions(),
        **model.weights_inputs,
        "network": model.spec.name,
        "outputs": model.spec.num_classes,
        "side": shape.side,
        "batch": shape.batch,
        "processor": processor(),
    }
