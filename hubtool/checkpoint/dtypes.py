"""Element types: their names in numpy, in MindSpore checkpoints and in safetensors files, and how they are stored."""

from __future__ import annotations

import re
from typing import Any, NamedTuple


class Dtype(NamedTuple):
    """An element type.

    Attributes
    ----------
    name
        In numpy's words; numpy 1 itself has no `bfloat16`, `float8_*`, `hifloat8` and `int4`.
    mindspore
        As `mindspore.save_checkpoint` writes it.
    safetensors
        As the header of a safetensors file has it; None when that format has no such type.
    stored
        The numpy type that holds the same bits.
    loadable
        Whether `mindspore.load_checkpoint` takes it: it refuses some types that `save_checkpoint` writes.
    """

    name: str
    mindspore: str
    safetensors: str | None
    stored: str
    item_bytes: int
    loadable: bool = True


_DTYPES = (
    Dtype("bool", "Bool", "BOOL", "bool", 1),
    Dtype("int8", "Int8", "I8", "int8", 1),
    Dtype("uint8", "UInt8", "U8", "uint8", 1),
    Dtype("int16", "Int16", "I16", "int16", 2),
    Dtype("uint16", "UInt16", "U16", "uint16", 2),
    Dtype("int32", "Int32", "I32", "int32", 4),
    Dtype("uint32", "UInt32", "U32", "uint32", 4),
    Dtype("int64", "Int64", "I64", "int64", 8),
    Dtype("uint64", "UInt64", "U64", "uint64", 8),
    Dtype("float16", "Float16", "F16", "float16", 2),
    Dtype("bfloat16", "BFloat16", "BF16", "uint16", 2),
    Dtype("float32", "Float32", "F32", "float32", 4),
    Dtype("float64", "Float64", "F64", "float64", 8),
    Dtype("complex64", "Complex64", "C64", "complex64", 8, loadable=False),
    Dtype("complex128", "Complex128", None, "complex128", 16, loadable=False),
    Dtype("float8_e4m3fn", "Float8E4M3FN", "F8_E4M3", "uint8", 1, loadable=False),
    Dtype("float8_e5m2", "Float8E5M2", "F8_E5M2", "uint8", 1, loadable=False),
    Dtype("hifloat8", "HiFloat8", None, "uint8", 1, loadable=False),
    # MindSpore's qint4x2: an element is a byte that packs two 4-bit integers. In a safetensors file it is an I8
    # whose name is in the metadata with the value INT4_MARK.
    Dtype("int4", "Int4", "I8", "int8", 1),
)
INT4_MARK = "Int4"
DTYPES = {dtype.name: dtype for dtype in _DTYPES}
BY_MINDSPORE = {dtype.mindspore: dtype for dtype in _DTYPES}
BY_SAFETENSORS = {dtype.safetensors: dtype for dtype in _DTYPES if dtype.safetensors and dtype.name != "int4"}
_UNDECODED = frozenset({"hifloat8", "int4"})  # types that hubtool knows and whose values it does not compute
_FOREIGN = re.compile(r"[A-Za-z]{1,16}([1-8])(?:_?[A-Za-z][A-Za-z0-9_]{0,16})?")


def is_decoded(dtype: str) -> bool:
    """Whether hubtool computes the values of a type, given by its name here."""
    return dtype in DTYPES and dtype not in _UNDECODED


def foreign_bits(dtype: str) -> int:
    """The bits of an element of a type that hubtool does not know; 0 where its name does not tell.

    Such types are listed under the name that the file gives them, `F8_E8M0`, `F6_E2M3` or `F4`, and not decoded. New
    types have at most 8 bits; a name with more is a damaged one.
    """
    match = None if dtype in DTYPES else _FOREIGN.fullmatch(dtype)
    return int(match[1]) if match else 0


def decode(np: Any, stored: Any, dtype: str) -> Any:
    """The values behind stored bits; a type that numpy lacks comes as float32, which holds it exactly."""
    if dtype == "bfloat16":
        return (stored.astype("uint32") << 16).view("float32")
    if dtype == "float8_e5m2":  # the upper half of a float16
        return (stored.astype("uint16") << 8).view("float16").astype("float32")
    if dtype == "float8_e4m3fn":
        # The bits of a float16 whose exponent is 8 too small; the format has no infinity and one NaN.
        wide = stored.astype("uint16")
        halves = ((wide & 0x80) << 8 | (wide & 0x7F) << 7).view("float16")
        return np.where((wide & 0x7F) == 0x7F, np.float32("nan"), halves.astype("float32") * np.float32(256))
    return stored
