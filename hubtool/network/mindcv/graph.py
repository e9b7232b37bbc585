"""Graphs of MindCV's networks: outlines that MindSpore exports once, filled with the weights of a checkpoint."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hubtool.extras import installed_versions, is_installed, require
from hubtool.network.mindcv.batchfree import BATCHES, batch_free
from hubtool.network.mindcv.exporting import INPUT, OUTPUT, exported
from hubtool.network.mindspore import cast
from hubtool.network.onnx import GraphShape, TensorStore, require_onnx
from hubtool.network.outline import NoGraph, Outlines
from hubtool.network.spec import ModelSpec, Shape

_PURPOSE = "export to ONNX"
_LIBRARIES = ("mindspore", "mindcv", "onnx")


def mindcv_graph(
    spec: ModelSpec,
    shapes: Mapping[str, Shape],
    weights: Mapping[str, Any],
    shape: GraphShape,
    store: TensorStore,
    outlines: Outlines,
) -> Any:
    """The `ModelProto` of a network: `images` (N, C, side, side) float32 -> `logits` (N, num_classes) float32.

    Parameters
    ----------
    shapes
        Of its parameters, by name.
    weights
        Parameters as published: name -> array; looked up one at a time.
    store
        Where the graph keeps them.
    outlines
        Keeps what MindSpore exported.

    Raises
    ------
    NoGraph
        MindSpore does not export the network, or not so that its graph is of use.
    CheckpointMismatch
        The type of a parameter cannot hold its values: see `hubtool.network.mindspore.bind`.
    EnvironmentProblem
        MindSpore, MindCV or onnx is not installed or does not load, or the process of the export ended early.
    """
    onnx = require_onnx(_PURPOSE)
    inputs = {"outline": spec.name, "classes": spec.num_classes, "side": shape.side, **versions()}
    model = onnx.load_model_from_string(outlines.outline(inputs, lambda: _outline(spec, shapes, shape.side)))
    if shape.batch is not None:
        for end in (*model.graph.input, *model.graph.output):
            if end.name in {INPUT, OUTPUT}:
                end.type.tensor_type.shape.dim[0].dim_value = shape.batch
    _fill(onnx, model.graph, weights, store)
    return model


def why_no_export(spec: ModelSpec) -> str:
    """Which library is missing that exports graphs, with the command that installs it; empty where none is."""
    if not is_installed("mindspore"):
        return f"mindspore is needed to make a graph of {spec.name} and is not installed: pip install 'hubtool[zoo]'"
    return why_no_mindcv(spec)


def why_no_mindcv(spec: ModelSpec) -> str:
    """That MindCV is not installed, with the command that installs it; empty where it is."""
    if is_installed("mindcv"):
        return ""
    return f"MindCV is needed to build {spec.name} and is not installed: pip install 'hubtool[zoo]'"


def versions() -> dict[str, str]:
    """What outlines depend on beside the network and hubtool: libraries, and the code of this folder."""
    code = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        code.update(path.read_bytes())
    return {**installed_versions(_LIBRARIES), "mindcv code": code.hexdigest()}


def _outline(spec: ModelSpec, shapes: Mapping[str, Shape], side: int) -> bytes:
    """The graph for any number of images whose inputs are the images and the parameters, as bytes."""
    from hubtool.network.mindcv.decompose import repaired

    onnx = require_onnx(_PURPOSE)
    first, second = (repaired(onnx.load_model_from_string(data)) for data in exported(spec, side, BATCHES))
    try:
        model = batch_free(first, second, INPUT)
        _check(onnx, model, spec, shapes)
    except NoGraph as problem:
        raise NoGraph(f"the graph of {spec.name} that MindSpore exports is of no use: {problem.message}") from problem
    data: bytes = model.SerializeToString()
    return data


def _check(onnx: Any, model: Any, spec: ModelSpec, shapes: Mapping[str, Shape]) -> None:
    """That a graph is valid, has no other parameters than its network, and no constant that is not a number."""
    try:
        onnx.checker.check_model(model, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise NoGraph(f"onnx does not accept it: {str(error).splitlines()[0]}") from error
    parameters = {end.name: _dims(end) for end in model.graph.input if end.name != INPUT}
    if odd := [name for name, dims in parameters.items() if shapes.get(name) != dims]:
        raise NoGraph(f"{odd[0]} is no parameter of the network, or has another shape")
    if (classes := _dims(model.graph.output[0])[1:]) != (spec.num_classes,):
        raise NoGraph(f"it has outputs of the shape {classes}")
    np = require("numpy", extra="eval", purpose=_PURPOSE)
    for tensor in model.graph.initializer:
        array = onnx.numpy_helper.to_array(tensor)
        if array.dtype.kind == "f" and np.isnan(array).any():
            raise NoGraph(f"{tensor.name} holds values that are not numbers")


def _dims(end: Any) -> tuple[int, ...]:
    return tuple(dimension.dim_value for dimension in end.type.tensor_type.shape.dim)


def _fill(onnx: Any, graph: Any, weights: Mapping[str, Any], store: TensorStore) -> None:
    """Make tensors of the inputs that are parameters."""
    inputs = list(graph.input)
    del graph.input[:]
    for end in inputs:
        if end.name == INPUT:
            graph.input.append(end)
            continue
        dtype = onnx.helper.tensor_dtype_to_np_dtype(end.type.tensor_type.elem_type)
        graph.initializer.append(store.put(end.name, cast(weights[end.name], dtype, end.name)))
