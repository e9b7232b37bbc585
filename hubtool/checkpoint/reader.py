"""Reading a MindSpore checkpoint from a memory map.

The format is protocol buffers: a repeated field 1 of entries {1: tag, 2: tensor}, a tensor being
{1: dims (repeated int64), 2: type name, 3: content}. A tensor over 512 MiB is split over consecutive entries
with the same tag. Text has the type `str` and is stored as UCS-4; older versions write a scalar with the one
dimension 0. With MindSpore's CRC option, `crc_num` and ten bytes follow the last entry.
Definition: mindspore/ccsrc/utils/checkpoint.proto; wire format: https://protobuf.dev/programming-guides/encoding/.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hubtool.checkpoint.dtypes import BY_MINDSPORE, foreign_bits
from hubtool.checkpoint.tensors import (
    LONGEST_NAME_BYTES,
    MOST_DIMENSIONS,
    MOST_TENSORS,
    MOST_TEXT_BYTES,
    Extent,
    Listing,
    TensorFile,
    TensorInfo,
    corrupt,
    printable,
    shape_problem,
)
from hubtool.errors import CorruptCheckpoint

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_MOST_FIELDS = 20 * MOST_TENSORS  # of all messages together; a tensor of 4 dimensions has 9
_CRC_MARK = b"crc_num"
_CRC_LENGTH = len(_CRC_MARK) + 10
TEXT_TYPE = "str"
_LONGEST_TYPE_BYTES = 64
# Of files that save_checkpoint encrypted: AES-GCM, AES-CBC and SM4-CBC.
_CIPHER_MARKS = (b"\xd8\x5e\x3a\x7f", b"\xd9\x5e\x3a\x7f", b"\xda\x5e\x3a\x7f")


class Checkpoint(TensorFile):
    """An open MindSpore checkpoint: the list of its tensors, and their values on demand."""

    format = "ckpt"
    called = "MindSpore checkpoint"

    @staticmethod
    def _listing(path: Path, data: Any) -> Listing:
        return list_checkpoint(path, data)


def list_checkpoint(path: Path, data: Any) -> Listing:
    """What a checkpoint holds; `path` is for messages, `data` anything that can be indexed and sliced as bytes.

    Raises
    ------
    CorruptCheckpoint
        The bytes are not a sound checkpoint; the message names the byte offset.
    """
    if data[: len(_CIPHER_MARKS[0])] in _CIPHER_MARKS:
        raise CorruptCheckpoint(
            f"{path}: byte 0: the checkpoint is encrypted, and hubtool does not decrypt",
            hint="mindspore.load_checkpoint(..., dec_key=KEY) reads it; save what it returns without enc_key",
        )
    parser = _Parser(path, data)
    tensors = {tensor.name: tensor for tensor in parser.tensors()}
    return Listing(tensors, parser.texts, {}, parser.crc)


@dataclass(frozen=True, slots=True)
class _Entry:
    """One entry as it stands in the file."""

    offset: int
    tag: str
    dims: tuple[int, ...]
    type_name: str
    content: Extent


class _Parser:
    """Walks the wire format; every position is checked before it is used."""

    def __init__(self, path: Path, data: Any):
        self.path = path
        self.data = data
        self.texts: dict[str, str] = {}
        self.crc: tuple[int, Extent] | None = None
        self._fields_left = _MOST_FIELDS
        self._text_left = MOST_TEXT_BYTES

    def tensors(self) -> Iterator[TensorInfo]:
        """Tensors with the entries of one tag joined, each checked against its shape; texts are put aside."""
        seen: set[str] = set()
        pending: list[_Entry] = []
        for number, entry in enumerate(self._entries()):
            if number == MOST_TENSORS:
                raise self._corrupt(entry.offset, f"more than {MOST_TENSORS:,} entries")
            if pending and entry.tag != pending[0].tag:
                yield from self._joined(pending, seen)
                pending = []
            pending.append(entry)
        if pending:
            yield from self._joined(pending, seen)

    def _joined(self, entries: list[_Entry], seen: set[str]) -> Iterator[TensorInfo]:
        first = entries[0]
        if first.tag in seen:
            raise self._wrong(first, "is the name of two tensors")
        seen.add(first.tag)
        if any((e.dims, e.type_name) != (first.dims, first.type_name) for e in entries):
            raise self._wrong(first, "has parts that disagree on shape or type")
        if first.type_name == TEXT_TYPE:
            self.texts[first.tag] = self._text_value(entries)
        else:
            yield self._tensor(entries)

    def _tensor(self, entries: list[_Entry]) -> TensorInfo:
        first = entries[0]
        sizes = [entry.content.end - entry.content.start for entry in entries]
        shape = () if first.dims == (0,) and any(sizes) else first.dims
        extents = tuple(entry.content for entry in entries)
        dtype = BY_MINDSPORE.get(first.type_name)
        if dtype is None:
            bits = foreign_bits(first.type_name)
            if not bits or shape_problem(shape, bits, sum(sizes)):
                raise self._wrong(first, f"has the unknown type {printable(first.type_name)!r}")
            return TensorInfo(first.tag, first.type_name, shape, extents)
        if any(size % dtype.item_bytes for size in sizes):
            raise self._wrong(first, f"has {dtype.name} elements that are not whole")
        if problem := shape_problem(shape, 8 * dtype.item_bytes, sum(sizes)):
            raise self._wrong(first, problem)
        return TensorInfo(first.tag, dtype.name, shape, extents)

    def _text_value(self, entries: list[_Entry]) -> str:
        first = entries[0]
        self._text_left -= sum(entry.content.end - entry.content.start for entry in entries)
        if self._text_left < 0:
            raise self._wrong(first, f"is text beyond the limit of {MOST_TEXT_BYTES:,} bytes for all texts")
        try:
            text = b"".join(self.data[slice(*entry.content)] for entry in entries).decode("utf-32-le")
        except UnicodeDecodeError:
            raise self._wrong(first, "is text that is not UCS-4") from None
        return text.rstrip("\0")  # numpy, which MindSpore writes it with, pads with zeros

    def _entries(self) -> Iterator[_Entry]:
        end = len(self.data)
        position = 0
        while position < end:
            if end - position == _CRC_LENGTH and self.data[position : position + len(_CRC_MARK)] == _CRC_MARK:
                recorded = self.data[position + len(_CRC_MARK) : end]
                self.crc = (int.from_bytes(recorded, "big"), Extent(0, position))
                return
            offset = position
            field, value, position = self._field(position, end)
            if field != 1 or not isinstance(value, Extent):
                raise self._corrupt(offset, "no checkpoint entry starts here")
            yield self._entry(offset, value)

    def _entry(self, offset: int, extent: Extent) -> _Entry:
        tag: str | None = None
        tensor: Extent | None = None
        for field, value in self._fields(extent):
            if field == 1 and isinstance(value, Extent):
                tag = self._text(value, LONGEST_NAME_BYTES)
            elif field == 2 and isinstance(value, Extent):
                tensor = value
            elif field == 3:
                raise self._corrupt(offset, "a map parameter (a hash table), which hubtool does not read")
        if tag is None or tensor is None:
            raise self._corrupt(offset, "an entry without a name or without a tensor")
        dims: list[int] = []
        type_name = ""
        content: Extent | None = None
        for field, value in self._fields(tensor):
            if field == 1:
                dims += self._packed(value) if isinstance(value, Extent) else [_signed(value)]
                if len(dims) > MOST_DIMENSIONS:
                    raise self._corrupt(offset, f"{printable(tag)} has more than {MOST_DIMENSIONS} dimensions")
            elif field == 2 and isinstance(value, Extent):
                type_name = self._text(value, _LONGEST_TYPE_BYTES)
            elif field == 3 and isinstance(value, Extent):
                content = value
        if content is None:
            raise self._corrupt(offset, f"{printable(tag)} has no content")
        return _Entry(offset, tag, tuple(dims), type_name, content)

    def _fields(self, extent: Extent) -> Iterator[tuple[int, int | Extent]]:
        position = extent.start
        while position < extent.end:
            field, value, position = self._field(position, extent.end)
            yield field, value

    def _field(self, position: int, end: int) -> tuple[int, int | Extent, int]:
        """Number and value of the field at `position`, and where the next one starts."""
        offset = position
        self._fields_left -= 1
        if self._fields_left < 0:
            raise self._corrupt(offset, f"more than {_MOST_FIELDS:,} fields")
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
        return key >> 3, Extent(position, position + length), position + length

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

    def _packed(self, extent: Extent) -> list[int]:
        values: list[int] = []
        position = extent.start
        while position < extent.end and len(values) <= MOST_DIMENSIONS:
            value, position = self._varint(position, extent.end)
            values.append(_signed(value))
        return values

    def _text(self, extent: Extent, most: int) -> str:
        if extent.end - extent.start > most:
            raise self._corrupt(
                extent.start, f"a name of {extent.end - extent.start:,} bytes, at most {most:,} are read"
            )
        try:
            return str(self.data[slice(*extent)], "utf-8")
        except UnicodeDecodeError:
            raise self._corrupt(extent.start, "a name is not UTF-8") from None

    def _wrong(self, entry: _Entry, what: str) -> CorruptCheckpoint:
        return self._corrupt(entry.offset, f"{printable(entry.tag)} {what}")

    def _corrupt(self, offset: int, message: str) -> CorruptCheckpoint:
        return corrupt(self.path, offset, message)


def _signed(value: int) -> int:
    """A protocol buffers int64: two's complement in 64 bits."""
    return value - (1 << 64) if value >= 1 << 63 else value
