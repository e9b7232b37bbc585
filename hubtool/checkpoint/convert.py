"""Weights from one format to another, bit by bit, in a fixed amount of memory.

Text values of a checkpoint go to the metadata of a safetensors file under `ckpt.str.NAME`, and back. Other metadata has
no place in a checkpoint.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from hubtool.checkpoint.dtypes import DTYPES, INT4_MARK
from hubtool.checkpoint.reader import TEXT_TYPE, Checkpoint
from hubtool.checkpoint.safetensors import METADATA_KEY, Safetensors, encode_header
from hubtool.checkpoint.target import check_target, written
from hubtool.checkpoint.tensors import Extent, TensorFile, TensorInfo, printable
from hubtool.errors import UsageProblem
from hubtool.progress import SILENT, Progress

SLICE_BYTES = 512 << 20  # as MindSpore: longer tensors are split over several entries
_TEXT_PREFIX = "ckpt.str."
_log = logging.getLogger(__name__)


def convert(weights: TensorFile, target: Path, to: str, *, replace: bool = False, progress: Progress = SILENT) -> None:
    """Write an open file of weights in another format, atomically.

    Parameters
    ----------
    to
        A name of `WRITERS`.
    replace
        Whether an existing file may be replaced.

    Raises
    ------
    UsageProblem
        It is already in that format, the format cannot hold one of the tensors, or the target already exists.
    CorruptCheckpoint
        The bytes disagree with the CRC-32 in the file, or became fewer.
    EnvironmentProblem
        The target cannot be written.
    """
    if weights.format == to:
        raise UsageProblem(f"{weights.path}: already a {to} file", hint="copy it")
    check_target(target, replace=replace)
    pieces = WRITERS[to](weights)
    weights.check_crc()
    task = progress.task(target.name, sum(tensor.nbytes for tensor in weights.tensors.values()), "B")
    try:
        with written(target, replace=replace) as stream:
            for piece in pieces:
                stream.write(piece)
                task.advance(len(piece))
    finally:
        task.finish()


def to_safetensors(weights: TensorFile) -> Iterator[bytes]:
    """The bytes of a safetensors file with the same tensors, as MindSpore and the safetensors package read it.

    The tensors with the largest elements come first, so that all are aligned; ties keep the order of the source.
    """
    for tensor in weights.tensors.values():
        if tensor.dtype not in DTYPES or DTYPES[tensor.dtype].safetensors is None:
            raise _refused(weights, tensor, f"is {tensor.dtype}, a type that safetensors files do not have")
        if tensor.name == METADATA_KEY:
            raise _refused(weights, tensor, "has a name that is reserved in safetensors files")
    tensors = sorted(weights.tensors.values(), key=lambda tensor: -DTYPES[tensor.dtype].item_bytes)
    # MindSpore takes metadata under the name of a tensor as that tensor's type.
    metadata = {} if "format" in weights.tensors else {"format": "ms"}
    metadata |= {f"{_TEXT_PREFIX}{name}": text for name, text in weights.texts.items()}
    metadata |= {tensor.name: INT4_MARK for tensor in tensors if tensor.dtype == "int4"}
    return _safetensors_pieces(weights, tensors, encode_header(tensors, metadata))


def to_checkpoint(weights: TensorFile, slice_bytes: int = SLICE_BYTES) -> Iterator[bytes]:
    """The bytes of a MindSpore checkpoint with the same tensors, as `mindspore.load_checkpoint` reads it.

    Parameters
    ----------
    slice_bytes
        Longer tensors are split over several entries; a multiple of 16, the size of the largest element.
    """
    for tensor in weights.tensors.values():
        if tensor.dtype not in DTYPES or not DTYPES[tensor.dtype].loadable:
            raise _refused(weights, tensor, f"is {tensor.dtype}, which MindSpore does not load from a checkpoint")
        if tensor.shape == (0,):
            raise _refused(weights, tensor, "has the shape (0,), which in a checkpoint means a scalar")
    texts = dict(weights.texts)
    texts |= {key.removeprefix(_TEXT_PREFIX): text for key, text in weights.metadata.items() if _is_text(key)}
    if clash := texts.keys() & weights.tensors.keys():
        raise _refused(weights, weights.tensors[min(clash)], "is also the name of a text in the metadata")
    left_out = [key for key in weights.metadata if not _is_text(key) and key not in weights.tensors and key != "format"]
    if left_out:
        shown = ", ".join(printable(key) for key in sorted(left_out))
        _log.warning("%s: metadata has no place in a checkpoint and is skipped: %s", weights.path, shown)
    return _checkpoint_pieces(weights, texts, slice_bytes)


WRITERS: dict[str, Callable[[TensorFile], Iterator[bytes]]] = {
    Safetensors.format: to_safetensors,
    Checkpoint.format: to_checkpoint,
}


def _safetensors_pieces(weights: TensorFile, tensors: list[TensorInfo], header: bytes) -> Iterator[bytes]:
    yield header
    for tensor in tensors:
        yield from weights.chunks(tensor.name)


def _checkpoint_pieces(weights: TensorFile, texts: dict[str, str], slice_bytes: int) -> Iterator[bytes]:
    for tensor in weights.tensors.values():
        for extents in _slices(tensor.extents, slice_bytes):
            size = sum(end - start for start, end in extents)
            yield _entry_head(tensor.name, tensor.shape, DTYPES[tensor.dtype].mindspore, size)
            for extent in extents:
                yield from weights.read(extent)
    for name, text in texts.items():
        content = (text or "\0").encode("utf-32-le")  # numpy, which MindSpore reads it with, has no empty string
        yield _entry_head(name, (0,), TEXT_TYPE, len(content)) + content


def _slices(extents: Iterable[Extent], most: int) -> Iterator[list[Extent]]:
    """Stretches of a file, cut and grouped so that each group has `most` bytes, and the last one what is left."""
    group: list[Extent] = []
    room = most
    for start, end in extents:
        position = start
        while end - position > room:
            yield [*group, Extent(position, position + room)]
            position += room
            group, room = [], most
        group.append(Extent(position, end))
        room -= end - position
    yield group


def _entry_head(tag: str, dims: tuple[int, ...], type_name: str, size: int) -> bytes:
    """An entry of a checkpoint up to its content of `size` bytes; the format is described in `reader`."""
    tensor = b"".join(_varint(1 << 3) + _varint(dim) for dim in dims)
    tensor += _field(2, type_name.encode()) + _varint(3 << 3 | 2) + _varint(size)
    name = _field(1, tag.encode())
    head = _varint(2 << 3 | 2) + _varint(len(tensor) + size)
    return _varint(1 << 3 | 2) + _varint(len(name) + len(head) + len(tensor) + size) + name + head + tensor


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _is_text(key: str) -> bool:
    return key.startswith(_TEXT_PREFIX)


def _refused(weights: TensorFile, tensor: TensorInfo, why: str) -> UsageProblem:
    return UsageProblem(f"{weights.path}: {printable(tensor.name)} {why}", hint="the conversion would not be exact")
