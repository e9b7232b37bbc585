"""The formats of weights that hubtool reads, and which of them a file is in."""

from __future__ import annotations

import os
from pathlib import Path

from hubtool.checkpoint.reader import Checkpoint
from hubtool.checkpoint.safetensors import Safetensors
from hubtool.checkpoint.tensors import TensorFile, open_regular
from hubtool.descriptors import read_at
from hubtool.signatures.sample import Sample
from hubtool.signatures.table import what_it_is

_TELLING_BYTES = 1024

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
        start, size = read_at(descriptor, _TELLING_BYTES, 0), os.fstat(descriptor).st_size
    finally:
        os.close(descriptor)
    kind = what_it_is(Sample(start, size=size))
    if kind is not None and kind.format:
        return FORMATS[kind.format](path)
    # If the start is damaged, the file's name decides, so that the message is about the intended format.
    return Safetensors(path) if path.suffix.casefold() == f".{Safetensors.format}" else Checkpoint(path)
