"""Graphs of MindCV's networks, written by MindSpore in a process of its own.

They are written without weights: a cell's parameters become inputs of the graph under their own names, so a graph
depends on no checkpoint and takes kilobytes. What MindSpore takes of memory, leaves in folders and has changed in its
parser ends with the process.
"""

from __future__ import annotations

import logging
import os
import re
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

from hubtool.apart import Apart, conversation, portable, received, send
from hubtool.errors import HubtoolError
from hubtool.network.mindcv.decompose import decomposed
from hubtool.network.mindspore import require_mindspore
from hubtool.network.outline import NoGraph
from hubtool.network.spec import ModelSpec
from hubtool.words import first_line

_log = logging.getLogger(__name__)
INPUT, OUTPUT = "images", "logits"
_UNKNOWN_OPERATOR = re.compile(r"find key (\w+) in convert map|the (\w+) operator in your model is not support")


def exported(spec: ModelSpec, side: int, batches: Sequence[int]) -> list[bytes]:
    """ONNX graphs of a network without weights, one for each number of images.

    Their inputs are `images` (batch, C, side, side) float32 and the parameters; their output is `logits`.

    Raises
    ------
    NoGraph
        MindSpore does not export the network.
    EnvironmentProblem
        MindSpore or MindCV is not installed or does not load, the process ended without an answer, or memory or a
        folder to write to was lacking.
    """
    _log.info("MindSpore exports %s to ONNX", spec.name)
    with tempfile.TemporaryDirectory(prefix="hubtool-") as folder:  # MindSpore leaves reports where it runs
        apart = Apart("the export by MindSpore", __name__, serve.__name__, Path(folder))
        try:
            graphs: list[bytes] = apart.ask((spec, side, list(batches)))
        finally:
            apart.close()
    return graphs


def serve() -> None:
    """Answer one request of `exported`, unless whoever asks ends before."""
    questions, answers = conversation()
    spec, side, batches = received(questions)
    threading.Thread(target=_end_with, args=(questions,), daemon=True).start()
    try:
        answer: object = _exported_here(spec, side, batches)
    except Exception as error:  # carried to whoever asked
        answer = portable(error)
    send(answers, answer)
    os._exit(0)  # MindSpore takes seconds to tidy up


def _end_with(questions: BinaryIO) -> None:
    """End with the process that asks, even if it is killed: its stream ends."""
    questions.read(1)
    os._exit(1)


def _exported_here(spec: ModelSpec, side: int, batches: Sequence[int]) -> list[bytes]:
    """As `exported`, in this process and its current folder."""
    mindspore = require_mindspore("export to ONNX")
    try:
        from mindspore.onnx import export
    except ImportError as error:
        raise NoGraph(f"MindSpore {mindspore.__version__} cannot export to ONNX: 2.8 can") from error
    names = {"input_names": [INPUT], "output_names": [OUTPUT]}
    graphs = []
    try:
        with decomposed(_cell(spec)) as cell:
            for batch in batches:
                images = mindspore.ops.zeros((batch, spec.in_channels, side, side), mindspore.float32)
                export(cell, images, file_name="graph.onnx", export_params=False, **names)
                graphs.append(Path("graph.onnx").read_bytes())
    except (HubtoolError, OSError, MemoryError):  # of this machine, not of the network: it may go better the next time
        raise
    except Exception as error:  # whatever it raises for what it does not know
        raise NoGraph(f"MindSpore cannot export {spec.name} to ONNX: {_missing(error)}") from error
    return graphs


def _missing(error: Exception) -> str:
    """The operator that MindSpore does not export, or the first line of what it says."""
    text = str(error)
    found = _UNKNOWN_OPERATOR.search(text)
    return next(filter(None, found.groups())) if found else first_line(error)


def _cell(spec: ModelSpec) -> Any:
    """The network in evaluation mode; its parameters have no values."""
    from hubtool.network.mindcv.remedies import create_for_weights

    cell = create_for_weights(spec.name, spec.num_classes)
    cell.set_train(False)
    return cell
