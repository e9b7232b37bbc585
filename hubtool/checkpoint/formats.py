"""The formats of weights that hubtool reads, and which of them a file is in."""

from __future__ import annotations

import os
from pathlib import Path

from hubtool.checkpoint.reader import Checkpoint
from hubtool.checkpoint.safetensors import LENGTH_BYTES, Safetensors, looks_like_safetensors
from hubtool.checkpoint.tensors import TensorFile, open_regular
from hubtool.descriptors import read_at

FORMATS: dict[str, type[TensorFile]] = {kind.format: kind for kind in (Checkpoint, Safetensors)}


def open_weights(path: Path) -> TensorFile:
    """Open a file of weights, a MindSpore checkpoint or a safetensors file, told by its first bytes.

    Raises
    ------
    NotFound, EnvironmentProblem, CorruptCheckpoint
        As `TensorFile` does.
    """
    descriptor = open_regular(path)
    try:
        start, size = read_at(descriptor, LENGTH_BYTES + 1, 0), os.fstat(descriptor).st_size
    finally:
        os.close(descriptor)
    # If the start is damaged, the file's name decides, so that the message is about the intended format.
    is_safetensors = looks_like_safetensors(start, size) or path.suffix.casefold() == f".{Safetensors.format}"
    return Safetensors(path) if is_safetensors else Checkpoint(path)
