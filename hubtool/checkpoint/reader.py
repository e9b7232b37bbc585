"""Reading a MindSpore checkpoint from a memory map.

The format is protocol buffers: a repeated field 1 of entries {1: tag, 2: tensor}, a tensor being
{1: dims (repeated int64), 2: type name, 3: content}. A tensor over 512 MiB is split over consecutive entries
with the same tag. With MindSpore's CRC option, `crc_num` and ten bytes follow the last entry.
Definition: mindspore/ccsrc/utils/checkpoint.proto; wire format: https://protobuf.dev/programming-guides/encoding/.
"""

from __future__ import annotations

import math
import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from hubtool.errors import CorruptCheckpoint
from hubtool.extras import require

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_MOST_DIMENSIONS = 32  # of an array in numpy 1
_CRC_MARK = b"crc_num"
_CRC_LENGTH = len(_CRC_MARK) + 10
_DTYPES = {
    "Bool": "bool",
    "Int8": "int8",
    "UInt8": "uint8",
    "Int16": "int16",
    "UInt16": "uint16",
    "Int32": "int32",
    "UInt32": "uint32",
    "Int64": "int64",
    "UInt64": "uint64",
    "Float16": "float16",
    "Float32": "float32",
    "Float64": "float64",
    "BFloat16": "bfloat16",
}
_ITEM_BYTES = {"bool": 1, "bfloat16": 2} | {
    name: int("".join(filter(str.isdigit, name))) // 8 for name in _DTYPES.values() if name[-1].isdigit()
}


class _Extent(NamedTuple):
    """A stretch of the file, from `start` up to but not including `end`."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class TensorInfo:
    """A tensor of a checkpoint.

    Attributes
    ----------
    dtype
        Element type in numpy's words, or `bfloat16`.
    shape
        Empty for a scalar.
    extents
        Where its bytes lie in the file, in order.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    extents: tuple[_Extent, ...]

    @property
    def count(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)


class Checkpoint:
    """An open checkpoint: the list of its tensors, and their values on demand.

    Arrays are read-only views of the file where the layout allows, so nothing is copied before it is used.

    Raises
    ------
    CorruptCheckpoint
        The file is not a checkpoint or is damaged; the message names the byte offset.
    """

    def __init__(self, path: Path):
        self.path = path
        with path.open("rb") as stream:
            try:
                self._data: Any = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
            except ValueError:
                raise CorruptCheckpoint(f"{path}: the file is empty", hint="pull it again") from None
        self.tensors = {tensor.name: tensor for tensor in _Parser(path, self._data).tensors()}
        if not self.tensors:
            raise CorruptCheckpoint(f"{path}: no tensor in it", hint="is this a MindSpore checkpoint?")

    def array(self, name: str) -> Any:
        """The values of one tensor as a numpy array; bfloat16 comes as float32, which holds it exactly."""
        np = require("numpy", extra="mindspore", purpose="read tensors")
        tensor = self.tensors[name]
        stored = "uint16" if tensor.dtype == "bfloat16" else tensor.dtype
        parts = [
            np.frombuffer(self._data, stored, (end - start) // _ITEM_BYTES[tensor.dtype], start)
            for start, end in tensor.extents
        ]
        values = parts[0] if len(parts) == 1 else np.concatenate(parts)
        if tensor.dtype == "bfloat16":
            values = (values.astype("uint32") << 16).view("float32")
        return values.reshape(tensor.shape)

    def arrays(self) -> dict[str, Any]:
        """All tensors, in the order of the file."""
        return {name: self.array(name) for name in self.tensors}


@dataclass(frozen=True, slots=True)
class _Entry:
    """One entry as it stands in the file."""

    offset: int
    tag: str
    dims: tuple[int, ...]
    type_name: str
    content: _Extent


class _Parser:
    """Walks the wire format; every position is checked before it is used."""

    def __init__(self, path: Path, data: Any):
        self.path = path
        self.data = data

    def tensors(self) -> Iterator[TensorInfo]:
        """Tensors with the entries of one tag joined, each checked against its shape."""
        seen: set[str] = set()
        pending: list[_Entry] = []
        for entry in self._entries():
            if pending and entry.tag != pending[0].tag:
                yield self._tensor(pending, seen)
                pending = []
            pending.append(entry)
        if pending:
            yield self._tensor(pending, seen)

    def _tensor(self, entries: list[_Entry], seen: set[str]) -> TensorInfo:
        first = entries[0]
        if first.tag in seen:
            raise self._corrupt(first.offset, f"a second tensor {first.tag}")
        seen.add(first.tag)
        dtype = _DTYPES.get(first.type_name)
        if dtype is None:
            raise self._corrupt(first.offset, f"{first.tag} has the unknown type {first.type_name!r}")
        if any((e.dims, e.type_name) != (first.dims, first.type_name) for e in entries):
            raise self._corrupt(first.offset, f"the parts of {first.tag} disagree on shape or type")
        if len(first.dims) > _MOST_DIMENSIONS:
            raise self._corrupt(first.offset, f"{first.tag} has {len(first.dims)} dimensions")
        if any(dim < 0 for dim in first.dims):
            raise self._corrupt(first.offset, f"{first.tag} has a negative dimension: {first.dims}")
        if any(dim > len(self.data) for dim in first.dims):
            raise self._corrupt(first.offset, f"{first.tag} has a dimension larger than the file: {first.dims}")
        # MindSpore writes a scalar with the one dimension 0.
        size = sum(end - start for start, end in (e.content for e in entries))
        shape = () if first.dims == (0,) and size else first.dims
        wanted = math.prod(shape) * _ITEM_BYTES[dtype]
        if size != wanted:
            raise self._corrupt(first.offset, f"{first.tag} {shape} {dtype} takes {wanted} bytes, {size} are there")
        return TensorInfo(first.tag, dtype, shape, tuple(entry.content for entry in entries))

    def _entries(self) -> Iterator[_Entry]:
        end = len(self.data)
        position = 0
        while position < end:
            if end - position == _CRC_LENGTH and self.data[position : position + len(_CRC_MARK)] == _CRC_MARK:
                return
            offset = position
            field, value, position = self._field(position, end)
            if field != 1 or not isinstance(value, _Extent):
                raise self._corrupt(offset, "no checkpoint entry starts here")
            yield self._entry(offset, value)

    def _entry(self, offset: int, extent: _Extent) -> _Entry:
        tag: str | None = None
        tensor: _Extent | None = None
        for field, value in self._fields(extent):
            if field == 1 and isinstance(value, _Extent):
                tag = self._text(value)
            elif field == 2 and isinstance(value, _Extent):
                tensor = value
        if tag is None or tensor is None:
            raise self._corrupt(offset, "an entry without a name or without a tensor")
        dims: list[int] = []
        type_name = ""
        content: _Extent | None = None
        for field, value in self._fields(tensor):
            if field == 1:
                dims += self._packed(value) if isinstance(value, _Extent) else [_signed(value)]
            elif field == 2 and isinstance(value, _Extent):
                type_name = self._text(value)
            elif field == 3 and isinstance(value, _Extent):
                content = value
        if content is None:
            raise self._corrupt(offset, f"{tag} has no content")
        return _Entry(offset, tag, tuple(dims), type_name, content)

    def _fields(self, extent: _Extent) -> Iterator[tuple[int, int | _Extent]]:
        position = extent.start
        while position < extent.end:
            field, value, position = self._field(position, extent.end)
            yield field, value

    def _field(self, position: int, end: int) -> tuple[int, int | _Extent, int]:
        """Number and value of the field at `position`, and where the next one starts."""
        offset = position
        key, position = self._varint(position, end)
        kind = key & 7
        if kind == _VARINT:
            value, position = self._varint(position, end)
            return key >> 3, value, position
        if kind == _BYTES:
            length, position = self._varint(position, end)
        elif kind in {_FIXED64, _FIXED32}:
            length = 8 if kind == _FIXED64 else 4
        else:
            raise self._corrupt(offset, f"wire type {kind} is not one of protocol buffers")
        if length > end - position:
            raise self._corrupt(offset, f"{length} bytes announced, {end - position} are left: the file is cut short")
        return key >> 3, _Extent(position, position + length), position + length

    def _varint(self, position: int, end: int) -> tuple[int, int]:
        offset = position
        value = 0
        for shift in range(0, 70, 7):
            if position >= end:
                raise self._corrupt(offset, "a number is cut short")
            byte = self.data[position]
            position += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value, position
        raise self._corrupt(offset, "a number is longer than 64 bits")

    def _packed(self, extent: _Extent) -> list[int]:
        values = []
        position = extent.start
        while position < extent.end:
            value, position = self._varint(position, extent.end)
            values.append(_signed(value))
        return values

    def _text(self, extent: _Extent) -> str:
        try:
            return str(self.data[extent.start : extent.end], "utf-8")
        except UnicodeDecodeError:
            raise self._corrupt(extent.start, "a name is not UTF-8") from None

    def _corrupt(self, offset: int, message: str) -> CorruptCheckpoint:
        return CorruptCheckpoint(
            f"{self.path}: byte {offset}: {message}", hint="is this a MindSpore checkpoint? If so, pull it again"
        )


def _signed(value: int) -> int:
    """A protocol buffers int64: two's complement in 64 bits."""
    return value - (1 << 64) if value >= 1 << 63 else value
