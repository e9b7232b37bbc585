"""A network with its weights as one file that needs no hubtool: ONNX, or MindIR for MindSpore."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hubtool.checkpoint.target import check_target, written
from hubtool.descriptors import open_to_read
from hubtool.engine.graphfile import KeptOutlines
from hubtool.engine.subject import Subject, subject_of
from hubtool.errors import EnvironmentProblem, UsageProblem
from hubtool.files import environment_errors
from hubtool.network.mindspore import require_mindspore
from hubtool.network.onnx import GraphShape, Inline, require_onnx, with_metadata
from hubtool.network.outline import Outlines
from hubtool.network.registry import build, family_of
from hubtool.network.spec import Form
from hubtool.words import first_line
from hubtool.workspace import Source

_REPORTS = "MS_OM_PATH"
"""The variable of the environment that names the folder of MindSpore's reports."""
_OPEN_FILES = "/proc/self/fd"
_FLOAT32_BYTES = 4
_GRAPH_BYTES = 16 << 20
"""More than the nodes of any graph take beside the weights."""


def export(
    source: Source,
    target: Path,
    to: str,
    *,
    ema: bool | None = None,
    network: str | None = None,
    replace: bool = False,
    compiled_models: Path | None = None,
) -> None:
    """Write the network of a card or a file in a format of `FORMATS`, atomically.

    The file takes any number of images: `images` (N, C, side, side) float32 -> `logits` (N, num_classes) float32.

    Parameters
    ----------
    ema
        Which of two sets of weights: see `hubtool.network.layout.check_layout`.
    network
        Which network a file without a card is of: see `hubtool.engine.subject.subject_of`.
    replace
        Whether an existing file may be replaced.
    compiled_models
        Folder that keeps what takes long to make of a graph for the next time; None to keep nothing.

    Raises
    ------
    UsageProblem
        The target already exists, or the format cannot hold the network.
    HubtoolError
        The weights are damaged or of another network: see `hubtool.engine.subject.subject_of`.
    MissingExtra
        A library that writes the format is not installed.
    EnvironmentProblem
        The target cannot be written, or the network cannot be exported.
    """
    chosen = FORMATS[to]
    check_target(target, replace=replace)
    subject = subject_of(source, ema, network)
    most = (chosen.most_bytes - _GRAPH_BYTES) // _FLOAT32_BYTES
    if subject.spec.parameter_count > most:
        raise UsageProblem(
            f"{target}: {subject.spec.name} has {subject.spec.parameter_count:,} parameters, one {to} file holds "
            f"{most:,}",
            hint="export the weights alone, with --to safetensors",
        )
    data = chosen.content(subject, target.parent, KeptOutlines(compiled_models))
    with written(target, replace=replace) as stream:
        stream.write(data)


@dataclass(frozen=True, slots=True)
class NetworkFormat:
    """A file format that holds a network and its weights.

    Attributes
    ----------
    content
        Gives the bytes of a file. Files it needs on the way are in a folder of their own below the one it is given; the
        last argument keeps outlines of graphs.
    most_bytes
        Largest size of one file.
    """

    content: Callable[[Subject, Path, Outlines], bytes]
    most_bytes: int


def onnx_content(subject: Subject, folder: Path, outlines: Outlines) -> bytes:
    """The bytes of an ONNX file that onnx.checker accepts, its tensors and metadata inside.

    Raises
    ------
    MissingExtra
        onnx is not installed.
    EnvironmentProblem
        A library that makes the graph is not installed.
    NoGraph
        The network has none.
    """
    del folder  # nothing has to be written on the way
    onnx = require_onnx("export to ONNX")
    spec = subject.spec
    family = family_of(spec)
    if reason := family.why_no_graph(spec):
        raise EnvironmentProblem(reason)
    model = family.graph(spec, subject.weights.arrays, GraphShape(subject.side), Inline(), outlines)
    data: bytes = with_metadata(model, subject.metadata).SerializeToString()
    del model  # as large as the network; the checker needs memory, too
    onnx.checker.check_model(data, full_check=True)
    return data


def mindir_content(subject: Subject, folder: Path, outlines: Outlines) -> bytes:
    """The bytes of a MindIR file, as `mindspore.load` reads it; metadata is its `user_info`.

    Raises
    ------
    MissingExtra
        MindSpore is not installed.
    EnvironmentProblem
        The folder cannot be written, or MindSpore does not export the network.
    """
    del outlines  # MindSpore exports its own cell
    mindspore = require_mindspore("export to MindIR")
    spec = subject.spec
    # Not the form for graphs: an exported file runs anywhere, so its normalisation must not lose digits.
    cell = build(spec, subject.weights.arrays, Form.INFERENCE)
    images = mindspore.Tensor(shape=[None, spec.in_channels, subject.side, subject.side], dtype=mindspore.float32)
    with environment_errors(folder), tempfile.TemporaryDirectory(prefix=".hubtool-", dir=folder) as own:
        with _reports_in(own), _plain_name(own) as name:
            try:
                mindspore.export(
                    cell,
                    images,
                    file_name=f"{name}/network.mindir",
                    file_format="MINDIR",
                    custom_func=lambda model: _describe(model, subject.metadata),
                )
            except Exception as error:  # whatever it raises for a cell that it does not compile
                raise EnvironmentProblem(f"MindSpore does not export {spec.name}: {first_line(error)}") from error
        return Path(own, "network.mindir").read_bytes()


@contextmanager
def _reports_in(folder: str) -> Iterator[None]:
    """Let MindSpore write its report to a folder when compiling fails or is interrupted, not to the current one."""
    before = os.environ.get(_REPORTS)
    os.environ[_REPORTS] = folder
    try:
        yield
    finally:
        if before is None:
            del os.environ[_REPORTS]
        else:
            os.environ[_REPORTS] = before


@contextmanager
def _plain_name(folder: str) -> Iterator[str]:
    """A path of a folder without spaces and letters beyond ASCII, which MindSpore refuses in the names of files."""
    if not Path(_OPEN_FILES).is_dir():  # only Linux shows open folders as paths
        yield folder
        return
    descriptor = open_to_read(Path(folder))
    try:
        yield f"{_OPEN_FILES}/{descriptor}"
    finally:
        os.close(descriptor)


def _describe(model: Any, metadata: Mapping[str, str]) -> None:
    """Put metadata into MindSpore's `ModelProto`."""
    for key, value in metadata.items():
        if hasattr(model.user_info, "add"):  # recent versions of protobuf take this map for a list of pairs
            model.user_info.add(key=key, value=value)
        else:
            model.user_info[key] = value


FORMATS = {
    "onnx": NetworkFormat(onnx_content, 2 << 30),  # what a protocol buffer holds
    "mindir": NetworkFormat(mindir_content, 1 << 30),  # MindSpore writes a folder of files beyond that
}
"""What networks can be exported to, by the name of the format and the ending of its files."""
