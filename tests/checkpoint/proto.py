"""Writes checkpoints by hand, so that the reader is tested without MindSpore and on files MindSpore never writes."""

from __future__ import annotations


def varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def field(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content


def tensor(dims: list[int], dtype: str, content: bytes) -> bytes:
    return b"".join(varint(1 << 3) + varint(dim) for dim in dims) + field(2, dtype.encode()) + field(3, content)


def entry(tag: str, dims: list[int], dtype: str, content: bytes) -> bytes:
    return field(1, field(1, tag.encode()) + field(2, tensor(dims, dtype, content)))


def text(value: str) -> bytes:
    """The content of an entry of type `str`."""
    return value.encode("utf-32-le")
