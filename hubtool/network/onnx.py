"""ONNX graphs, built node by node; the library without its clash with MindSpore."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Protocol

from hubtool.extras import is_installed, require

OPSET = 18
"""The oldest in which every operator used here has its present form: ReduceMean takes its axes as an input since 18."""
_IR_VERSION = 8  # of opset 18; newer ones shut out runtimes for nothing
_BATCH = "N"
_ALIGNMENT = 4096
"""Bytes; what runtimes want of a tensor in a file of its own, to map it into memory."""
_KEPT_INLINE_BYTES = 1024


def require_onnx(purpose: str) -> Any:
    """Import onnx so that MindSpore can still be imported; see `hubtool.extras.require` for what is raised.

    MindSpore's own protocol buffers load only with the implementation in Python, which MindSpore chooses when it comes
    first. When onnx comes first the choice has to be made here: a failed import of MindSpore also ends the interpreter.
    """
    if "google.protobuf" not in sys.modules and is_installed("mindspore"):
        os.environ.setdefault("PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION", "python")
    return require("onnx", extra="eval", purpose=purpose)


@dataclass(frozen=True, slots=True)
class GraphShape:
    """The images that a graph takes.

    Attributes
    ----------
    side
        Height and width, in pixels.
    batch
        Images at once; None for any number.
    """

    side: int
    batch: int | None = None


class TensorStore(Protocol):
    """Where a graph keeps its tensors."""

    def put(self, name: str, array: Any) -> Any:
        """The `TensorProto` of a numpy array."""


class Inline:
    """Keeps tensors in the graph itself, which must not become larger than 2 GB."""

    def put(self, name: str, array: Any) -> Any:
        """The `TensorProto` of a numpy array."""
        onnx = require_onnx("build a graph")
        return onnx.numpy_helper.from_array(array, name)


class Beside:
    """Keeps large tensors in a file beside the graph, which runtimes map into memory; a context manager.

    Each is written as soon as it is put, so that a network is never in memory as a whole.

    Parameters
    ----------
    path
        Of that file; the graph has to be written into the same folder.
    """

    def __init__(self, path: Path):
        self._path = path
        self._stream: BinaryIO

    def __enter__(self) -> Beside:
        """Create the file."""
        self._stream = self._path.open("xb")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self._stream.close()

    def put(self, name: str, array: Any) -> Any:
        """The `TensorProto` of a numpy array. Raises OSError where the file cannot be written."""
        onnx = require_onnx("build a graph")
        if array.nbytes < _KEPT_INLINE_BYTES:
            return onnx.numpy_helper.from_array(array, name)
        self._stream.write(b"\0" * (-self._stream.tell() % _ALIGNMENT))
        offset = self._stream.tell()
        self._stream.write(array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes())
        tensor = onnx.TensorProto(
            name=name,
            dims=array.shape,
            data_type=onnx.helper.np_dtype_to_tensor_dtype(array.dtype),
            data_location=onnx.TensorProto.EXTERNAL,
        )
        for key, value in (("location", self._path.name), ("offset", offset), ("length", array.nbytes)):
            tensor.external_data.add(key=key, value=str(value))
        return tensor


class GraphBuilder:
    """Nodes and tensors of a graph under construction, each under the name it is given.

    Parameters
    ----------
    store
        Where tensors go.
    """

    def __init__(self, store: TensorStore):
        self._onnx = require_onnx("build a graph")
        self._np = require("numpy", extra="eval", purpose="build a graph")
        self._store = store
        self._nodes: list[Any] = []
        self._tensors: dict[str, Any] = {}

    def tensor(self, name: str, array: Any) -> str:
        """A constant of the graph; the same name means the same tensor."""
        if name not in self._tensors:
            self._tensors[name] = self._store.put(name, self._np.ascontiguousarray(array))
        return name

    def integers(self, *values: int) -> str:
        """A constant list of int64, such as axes or a shape."""
        return self.tensor(f"[{','.join(map(str, values))}]", self._np.array(values, "int64"))

    def node(self, operator: str, inputs: Sequence[str], name: str, **attributes: Any) -> str:
        """An operator with one output, which has the name of the node."""
        self._nodes.append(self._onnx.helper.make_node(operator, list(inputs), [name], name=name, **attributes))
        return name

    def model(
        self, name: str, inputs: Mapping[str, Sequence[int]], outputs: Mapping[str, Sequence[int]], batch: int | None
    ) -> Any:
        """The `ModelProto`.

        Parameters
        ----------
        inputs, outputs
            Shapes without the batch, by name; all are float32.
        batch
            Images at once; None for any number.
        """
        helper = self._onnx.helper
        first = _BATCH if batch is None else batch
        ends = [
            [helper.make_tensor_value_info(key, self._onnx.TensorProto.FLOAT, [first, *shape]) for key, shape in some]
            for some in (inputs.items(), outputs.items())
        ]
        graph = helper.make_graph(self._nodes, name, *ends, list(self._tensors.values()))
        opset = helper.make_opsetid("", OPSET)
        return helper.make_model(graph, opset_imports=[opset], ir_version=_IR_VERSION, producer_name="hubtool")


def with_metadata(model: Any, metadata: Mapping[str, str]) -> Any:
    """A `ModelProto` that carries these texts: onnxruntime's `get_modelmeta().custom_metadata_map` reads them."""
    onnx = require_onnx("build a graph")
    onnx.helper.set_model_props(model, dict(metadata))
    return model
