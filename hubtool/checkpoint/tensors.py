"""Named tensors in a file, whatever its format: where their bytes are, and their values on demand.

Nothing but the list of tensors is read on opening. `array` gives views of a memory map; `chunks` reads with
ordinary calls, so that it neither grows the resident memory nor depends on the file keeping its length.

If a file is shortened in place while views of it are in use, the system kills the process with SIGBUS. Nothing in
Python can catch that. Files that are replaced by renaming, as hubtool and MindSpore do, are safe.
"""

from __future__ import annotations

import logging
import math
import mmap
import os
import stat
import weakref
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from hubtool.checkpoint.dtypes import DTYPES, decode, is_decoded
from hubtool.descriptors import open_to_read, read_at
from hubtool.errors import CorruptCheckpoint, EnvironmentProblem, NotFound, UsageProblem
from hubtool.extras import require
from hubtool.signatures.sample import sample_of
from hubtool.signatures.table import what_it_is

CHUNK_BYTES = 1 << 19  # half a MiB stays in a core's cache while statistics are computed
# Limits on what a file may claim; they bound the memory and the time that its list of tensors takes.
MOST_TENSORS = 200_000
LONGEST_NAME_BYTES = 512
MOST_TEXT_BYTES = 4 << 20  # of all texts together
MOST_DIMENSIONS = 32  # of an array in numpy 1
_MOST_TENSOR_BYTES = 1 << 63  # what numpy can address
_SHOWN_CHARACTERS = 80
_log = logging.getLogger(__name__)


class Extent(NamedTuple):
    """A stretch of the file, from `start` up to but not including `end`."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class TensorInfo:
    """A tensor of a file.

    Attributes
    ----------
    dtype
        Element type: a name of `hubtool.checkpoint.dtypes`, or the file's own name for a type that hubtool does not
        know: see `foreign_bits` there.
    shape
        Empty for a scalar.
    extents
        Where its bytes are in the file, in order; each holds whole elements of a known type, little-endian.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    extents: tuple[Extent, ...]

    @property
    def count(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        """Number of bytes in the file."""
        return sum(end - start for start, end in self.extents)


class Listing(NamedTuple):
    """What a file says it holds.

    Attributes
    ----------
    texts
        Values that are text, by name; MindSpore's `append_dict` can hold them.
    metadata
        What a safetensors file says about itself.
    crc
        The CRC-32 that a checkpoint carries, and the bytes before it.
    """

    tensors: dict[str, TensorInfo]
    texts: Mapping[str, str]
    metadata: Mapping[str, str]
    crc: tuple[int, Extent] | None = None


class TensorFile:
    """An open file of named tensors.

    Arrays are read-only views of the file where the layout allows, so nothing is copied before it is used.

    Raises
    ------
    NotFound
        There is no such file, or it is a folder, a pipe or a device.
    EnvironmentProblem
        It cannot be read.
    CorruptCheckpoint
        It is damaged or of another format; the message names the byte offset.
    """

    format: ClassVar[str]
    called: ClassVar[str]

    def __init__(self, path: Path):
        self.path = path
        descriptor = open_regular(path)
        weakref.finalize(self, os.close, descriptor)
        self._descriptor = descriptor
        self.size = os.fstat(descriptor).st_size
        if not self.size:
            raise CorruptCheckpoint(f"{path}: the file is empty", hint="pull it again")
        self._data: Any = _mapped(path, descriptor, self.size)
        try:
            self.tensors, self.texts, self.metadata, self._crc = self._listing(path, self._data)
        except CorruptCheckpoint as damage:
            raise self._what_it_is() or damage from None
        if not self.tensors:
            raise CorruptCheckpoint(f"{path}: no tensor in it", hint="is it the right file?")

    @staticmethod
    def _listing(path: Path, data: Any) -> Listing:
        raise NotImplementedError

    def _what_it_is(self) -> CorruptCheckpoint | None:
        """The error that names what the file is; None where it is nothing known but a damaged file of this format."""
        kind = what_it_is(sample_of(self._data, self.path.name))
        if kind is None or kind.format == self.format:
            return None
        return CorruptCheckpoint(f"{self.path}: this is {kind.what}, not a {self.called}", hint=kind.hint)

    def array(self, name: str) -> Any:
        """The values of one tensor as a numpy array: see `values`."""
        return self.values(self.tensors[name])

    def values(self, tensor: TensorInfo) -> Any:
        """The values that lie at the extents of a tensor, one of the file or one joined from several, as a numpy array.

        bfloat16 and float8 come as float32, which holds them exactly; `chunks` gives the bits as they are.

        Raises
        ------
        UsageProblem
            The tensor is of a type that hubtool does not decode: hifloat8, packed 4-bit integers, or one it does not
            know.
        MissingExtra
            numpy is not installed.
        """
        np = require("numpy", extra="eval", purpose="read tensors")
        if not is_decoded(tensor.dtype):
            raise UsageProblem(
                f"{self.path}: {printable(tensor.name)} is {tensor.dtype}, which hubtool does not decode"
            )
        dtype = DTYPES[tensor.dtype]
        parts = [
            np.frombuffer(self._data, dtype.stored, (end - start) // dtype.item_bytes, start)
            for start, end in tensor.extents
        ]
        values = parts[0] if len(parts) == 1 else np.concatenate(parts)
        return decode(np, values, tensor.dtype).reshape(tensor.shape)

    def arrays(self) -> dict[str, Any]:
        """All tensors, in the order of the file."""
        return {name: self.array(name) for name in self.tensors}

    def chunks(self, name: str) -> Iterator[bytes]:
        """The bytes of one tensor as they are stored, in pieces of whole elements; raises as `read` does."""
        for extent in self.tensors[name].extents:
            yield from self.read(extent)

    def read(self, extent: Extent) -> Iterator[bytes]:
        """A stretch of the file in pieces of CHUNK_BYTES, without the memory map.

        Raises
        ------
        CorruptCheckpoint
            The file became shorter since it was opened.
        EnvironmentProblem
            The system cannot read it.
        """
        position = extent.start
        while position < extent.end:
            wanted = min(CHUNK_BYTES, extent.end - position)
            try:
                piece = read_at(self._descriptor, wanted, position)
            except OSError as error:
                raise EnvironmentProblem(f"{self.path}: {error.strerror}", hint="the disk may be failing") from error
            if len(piece) < wanted:
                raise corrupt(self.path, position + len(piece), "the file became shorter while it was read")
            yield piece
            position += wanted

    @property
    def has_crc(self) -> bool:
        """Whether the file carries a CRC-32 of itself, as `save_checkpoint(..., crc_check=True)` writes it."""
        return self._crc is not None

    def check_crc(self) -> None:
        """Read the whole file and compare its CRC-32 with the one it carries; nothing to do when it has none.

        Raises
        ------
        CorruptCheckpoint
            They differ.
        """
        from zlib import crc32

        if self._crc is None:
            return
        recorded, extent = self._crc
        found = 0
        for chunk in self.read(extent):
            found = crc32(chunk, found)
        if found != recorded:
            raise corrupt(
                self.path, extent.end, f"the CRC-32 here is {recorded:08x}, the bytes before have {found:08x}"
            )


def _mapped(path: Path, descriptor: int, size: int) -> Any:
    """The bytes of a file: a memory map, or a copy where the file system maps no files, as some network drives.

    Raises
    ------
    EnvironmentProblem
        The system cannot read the file.
    """
    try:
        return mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ)
    except OSError as refused:
        _log.info("%s: cannot be mapped into memory (%s): read instead", path, refused.strerror or refused)
    try:
        return read_at(descriptor, size, 0)
    except OSError as error:
        raise EnvironmentProblem(f"{path}: {error.strerror}", hint="the disk may be failing") from error


def open_regular(path: Path) -> int:
    """A descriptor of a regular file, to read; a pipe or a device is refused without waiting for it.

    Raises
    ------
    NotFound, EnvironmentProblem
        As `TensorFile` does.
    """
    hint = "name a .ckpt or .safetensors file"
    try:
        descriptor = open_to_read(path)
    except (FileNotFoundError, NotADirectoryError):
        raise NotFound(f"{path}: no such file", hint=hint) from None
    except OSError as error:
        raise EnvironmentProblem(f"{path}: {error.strerror}", hint="fix its permissions") from error
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        kind = "a folder" if stat.S_ISDIR(mode) else "not a regular file"
        raise NotFound(f"{path}: {kind}", hint=hint)
    return descriptor


def shape_problem(shape: tuple[int, ...], item_bits: int, size: int) -> str:
    """What is wrong with a shape for that many bytes; empty when they agree and numpy can hold such an array.

    Parameters
    ----------
    item_bits
        Bits of an element.
    size
        In bytes.
    """
    if len(shape) > MOST_DIMENSIONS:
        return f"has {len(shape)} dimensions, more than {MOST_DIMENSIONS}"
    if any(dim < 0 for dim in shape):
        return f"has a negative dimension: {shape}"
    # numpy multiplies the other dimensions of an empty array as well.
    if math.prod(dim or 1 for dim in shape) * item_bits >= 8 * _MOST_TENSOR_BYTES:
        return f"has a shape beyond what can be addressed: {shape}"
    wanted = (math.prod(shape) * item_bits + 7) // 8
    return f"has the shape {shape}, which takes {wanted} bytes, but there are {size}" if wanted != size else ""


def corrupt(path: Path, offset: int, message: str) -> CorruptCheckpoint:
    """The error about damage at a byte of a file."""
    return CorruptCheckpoint(f"{path}: byte {offset}: {message}", hint="is it a file of weights? If so, get it again")


def printable(name: str) -> str:
    """A name from a file that is not to be trusted, fit for a message: short and without control characters."""
    from hubtool.lint.formats.characters import visible

    shown = visible(name[: _SHOWN_CHARACTERS + 1])
    return shown if len(shown) <= _SHOWN_CHARACTERS else f"{shown[:_SHOWN_CHARACTERS]}…"
