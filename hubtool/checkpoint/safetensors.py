"""Reading and describing safetensors files.

The format: the length of the header (8 bytes, little-endian), the header (JSON, `{name: {dtype, shape,
data_offsets}}` and `__metadata__`, a table of strings), then the bytes of the tensors without gaps; the offsets
count from the end of the header. Definition: https://github.com/huggingface/safetensors#format.

The header is read entry by entry, so that a hostile one cannot make Python build a large document. Damage is reported
with its byte offset.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from json.decoder import scanstring  # type: ignore[attr-defined]
from pathlib import Path
from typing import Any

from hubtool.checkpoint.dtypes import BY_SAFETENSORS, DTYPES, INT4_MARK, foreign_bits
from hubtool.checkpoint.tensors import (
    LONGEST_NAME_BYTES,
    MOST_TENSORS,
    Extent,
    Listing,
    TensorFile,
    TensorInfo,
    corrupt,
    printable,
    shape_problem,
)
from hubtool.errors import CorruptCheckpoint

METADATA_KEY = "__metadata__"
LENGTH_BYTES = 8
_LONGEST_HEADER_BYTES = 32 << 20
_LONGEST_DESCRIPTION = 2048  # characters of {"dtype": ..., "shape": ..., "data_offsets": ...}
_SPACE = re.compile(r"[ \t\n\r]*")
_KEYS = {"dtype", "shape", "data_offsets"}


class Safetensors(TensorFile):
    """An open safetensors file: the list of its tensors, and their values on demand."""

    format = "safetensors"
    called = "safetensors file"

    @staticmethod
    def _listing(path: Path, data: Any) -> Listing:
        return list_safetensors(path, data)


def list_safetensors(path: Path, data: Any) -> Listing:
    """What a safetensors file holds; `path` is for messages, `data` anything that can be sliced as bytes.

    Raises
    ------
    CorruptCheckpoint
        The bytes are not a sound safetensors file; the message names the byte offset.
    """
    length = int.from_bytes(data[:LENGTH_BYTES], "little")
    if length > len(data) - LENGTH_BYTES:
        left = max(0, len(data) - LENGTH_BYTES)
        raise corrupt(path, 0, f"a header of {length} bytes announced, {left} are left: the file is cut short")
    if length > _LONGEST_HEADER_BYTES:
        raise corrupt(path, 0, f"a header of {length:,} bytes, at most {_LONGEST_HEADER_BYTES:,} are read")
    header = data[LENGTH_BYTES : LENGTH_BYTES + length]
    try:
        text = str(header, "utf-8")
    except UnicodeDecodeError as error:
        raise corrupt(path, LENGTH_BYTES + error.start, "the header is not UTF-8") from None
    parser = _HeaderParser(path, text, LENGTH_BYTES + length, len(data))
    tensors = parser.tensors()
    return Listing(tensors, {}, parser.metadata)


def encode_header(tensors: Sequence[TensorInfo], metadata: Mapping[str, str]) -> bytes:
    """Length and header of a file with these tensors, their bytes to follow in this order; the header ends aligned."""
    document: dict[str, Any] = {METADATA_KEY: dict(metadata)} if metadata else {}
    position = 0
    for tensor in tensors:
        document[tensor.name] = {
            "dtype": DTYPES[tensor.dtype].safetensors,
            "shape": tensor.shape,
            "data_offsets": [position, position + tensor.nbytes],
        }
        position += tensor.nbytes
    header = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    header += b" " * (-len(header) % 8)
    return len(header).to_bytes(LENGTH_BYTES, "little") + header


class _HeaderParser:
    """Walks the header; nothing in it is believed before it is checked."""

    def __init__(self, path: Path, text: str, start: int, end: int):
        self.path = path
        self.text = text
        self.start = start  # of the tensors' bytes in the file
        self.end = end
        self.metadata: dict[str, str] = {}

    def tensors(self) -> dict[str, TensorInfo]:
        """The tensors in the order of the header, their bytes checked to cover the file once and entirely."""
        found: dict[str, TensorInfo] = {}
        position, more = self._open(0, "the header")
        while more:
            if len(found) == MOST_TENSORS:
                raise self._corrupt(position, f"more than {MOST_TENSORS:,} tensors")
            name, at = self._key(position)
            if name == METADATA_KEY:
                position = self._metadata(at)
            elif name in found:
                raise self._corrupt(position, f"{printable(name)} is the name of two tensors")
            else:
                found[name], position = self._tensor(name, at)
            position, more = self._next(position)
        if self._skip(position) != len(self.text):
            raise self._corrupt(position, "the header continues after its end")
        self._check_cover(found)
        return {name: self._marked(tensor) for name, tensor in found.items()}

    def _tensor(self, name: str, at: int) -> tuple[TensorInfo, int]:
        end = self.text.find("}", at, at + _LONGEST_DESCRIPTION) + 1
        try:
            value = json.loads(self.text[at:end])
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict) or value.keys() != _KEYS:
            raise self._corrupt(at, f"{printable(name)} has no dtype, shape and data_offsets")
        written = str(value["dtype"])
        dtype = BY_SAFETENSORS.get(written)
        shape, offsets = _integers(value["shape"]), _integers(value["data_offsets"])
        if shape is None or offsets is None or len(offsets) != 2:
            raise self._corrupt(at, f"{printable(name)} has a shape or offsets that are not integers")
        begin, stop = offsets
        if not 0 <= begin <= stop <= self.end - self.start:
            raise self._corrupt(at, f"{printable(name)} has the offsets {begin} and {stop}, outside the file")
        bits = 8 * dtype.item_bytes if dtype else foreign_bits(written)
        problem = shape_problem(shape, bits, stop - begin)
        if dtype is None and (problem or not bits):
            problem = f"has the unknown type {printable(written)!r}"
        if problem:
            raise self._corrupt(at, f"{printable(name)} {problem}")
        called = dtype.name if dtype else written
        return TensorInfo(name, called, shape, (Extent(self.start + begin, self.start + stop),)), end

    def _check_cover(self, tensors: Mapping[str, TensorInfo]) -> None:
        position = self.start
        for tensor in sorted(tensors.values(), key=lambda tensor: tensor.extents):
            start, end = tensor.extents[0]
            if start != position:
                problem = "overlaps another tensor" if start < position else "follows bytes of no tensor"
                raise corrupt(self.path, start, f"{printable(tensor.name)} {problem}")
            position = end
        if position != self.end:
            raise corrupt(self.path, position, f"{self.end - position} bytes that belong to no tensor")

    def _metadata(self, at: int) -> int:
        if self.metadata:
            raise self._corrupt(at, "a second table of metadata")
        position, more = self._open(at, "the metadata")
        while more:
            if len(self.metadata) == MOST_TENSORS:
                raise self._corrupt(position, f"more than {MOST_TENSORS:,} entries of metadata")
            key, position = self._key(position)
            self.metadata[key], position = self._string(position, _LONGEST_HEADER_BYTES)
            position, more = self._next(position)
        return position

    def _marked(self, tensor: TensorInfo) -> TensorInfo:
        """The tensor, as packed 4-bit integers if MindSpore marked it so."""
        if tensor.dtype == "int8" and self.metadata.get(tensor.name) == INT4_MARK:
            return TensorInfo(tensor.name, "int4", tensor.shape, tensor.extents)
        return tensor

    # Each of the following takes a position in the header, and returns the one after what it read.

    def _open(self, at: int, what: str) -> tuple[int, bool]:
        if self.text[at : at + 1] != "{":
            raise self._corrupt(at, f"{what} is not a JSON object")
        at = self._skip(at + 1)
        return (at + 1, False) if self.text[at : at + 1] == "}" else (at, True)

    def _next(self, at: int) -> tuple[int, bool]:
        at = self._skip(at)
        sign = self.text[at : at + 1]
        if sign not in {",", "}"}:
            raise self._corrupt(at, "a comma or the end of the object is missing")
        return (at + 1, False) if sign == "}" else (self._skip(at + 1), True)

    def _key(self, at: int) -> tuple[str, int]:
        key, after = self._string(at, LONGEST_NAME_BYTES)
        after = self._skip(after)
        if self.text[after : after + 1] != ":":
            raise self._corrupt(after, "a colon is missing")
        return key, self._skip(after + 1)

    def _string(self, at: int, most: int) -> tuple[str, int]:
        if self.text[at : at + 1] != '"':
            raise self._corrupt(at, "a string is missing")
        try:
            value, after = scanstring(self.text, at + 1, True)  # True: strict
            size = len(value.encode())
        except (ValueError, UnicodeEncodeError):
            raise self._corrupt(at, "a string that is not sound JSON") from None
        if size > most:
            raise self._corrupt(at, f"a name of {size:,} bytes, at most {most:,} are read")
        return value, after

    def _skip(self, at: int) -> int:
        match = _SPACE.match(self.text, at)
        return match.end() if match else at

    def _corrupt(self, at: int, message: str) -> CorruptCheckpoint:
        return corrupt(self.path, LENGTH_BYTES + len(self.text[:at].encode()), message)


def _integers(value: Any) -> tuple[int, ...] | None:
    """A JSON list of integers, or None for anything else."""
    if not isinstance(value, list) or any(type(item) is not int for item in value):
        return None
    return tuple(value)
