"""Where the files of a tar archive begin, in one pass over its headers and without unpacking anything.

Read are ustar, pax and GNU archives. Nothing in an archive is believed: checksums, sizes and numbers of headers are
bounded and checked before memory is spent on them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from hubtool.data.clutter import shown

BLOCK = 512
MAX_EXTENSION_BYTES = 1 << 20
"""Longest pax or GNU header that is read, in bytes."""
MAX_MEMBERS = 4_000_000
_REGULAR = {b"0", b"\0", b"7"}
_FOLDER, _PAX, _PAX_GLOBAL, _GNU_NAME, _GNU_LINK = b"5", b"x", b"g", b"L", b"K"
_GNU_SPARSE = b"S"
_EXTENSIONS = {_PAX, _PAX_GLOBAL, _GNU_NAME, _GNU_LINK}
_WITHOUT_DATA = {b"1", b"2", b"3", b"4", _FOLDER, b"6"}
_SPACE, _NUL = b" ", b"\0"


class BadTar(ValueError):
    """Not a sound tar archive; the message names the byte."""


@dataclass(frozen=True, slots=True)
class Member:
    """A file in an archive.

    Attributes
    ----------
    name
        Path in the archive, without a leading `./`; bytes that are not UTF-8 are surrogates, as in names of files. It
        may hold any character, or none: `hubtool.data.clutter.shown` makes it fit for messages.
    offset, size
        Of its bytes, in bytes.
    regular
        Whether it is a plain file; links, devices and sparse files are not.
    """

    name: str
    offset: int
    size: int
    regular: bool


def looks_like_tar(head: bytes) -> bool:
    """Whether the first 512 bytes of a file are a tar header."""
    return len(head) == BLOCK and any(head) and _checksum_fits(head)


def members(stream: BinaryIO, length: int | None = None) -> Iterator[Member]:
    """The files of an archive, without folders, in their order.

    Parameters
    ----------
    stream
        Seekable forwards; it may be read from while the iterator rests.
    length
        Bytes of the archive, or most that it may have: a file that reaches beyond its end is refused.

    Raises
    ------
    BadTar
        It is damaged, cut short, or means something that cannot be read by offset.
    """
    place = 0
    extended: dict[str, str] = {}
    for _ in range(MAX_MEMBERS):
        stream.seek(place)
        header = stream.read(BLOCK)
        if len(header) < BLOCK:
            raise BadTar(f"byte {place:,}: the archive is cut short, its end mark is missing")
        if not any(header):
            return
        if not _checksum_fits(header):
            raise BadTar(f"byte {place:,}: not a tar header, its checksum is wrong")
        size, kind = _number(header[124:136], place), header[156:157]
        data = place + BLOCK
        if kind == _GNU_SPARSE:
            data = _after_map(stream, header, data)
        if kind in _EXTENSIONS:
            extended |= _extension(stream, kind, size, place)
        else:
            size = 0 if kind in _WITHOUT_DATA else _pax_size(extended, size, place)
            name = _name(header, extended)
            if length is not None and data + size > length:
                said = shown([name])[0]
                raise BadTar(f"byte {data:,}: the archive is cut short, {size:,} bytes of {said} should follow")
            sparse = any(key.startswith("GNU.sparse") for key in extended)
            if kind != _FOLDER and not name.endswith("/"):
                yield Member(name, data, size, kind in _REGULAR and not sparse)
            extended = {}
        place = data + -(-size // BLOCK) * BLOCK
    raise BadTar(f"more than {MAX_MEMBERS:,} members")


def _checksum_fits(header: bytes) -> bool:
    """Whether the header's checksum is right; some old writers summed signed bytes."""
    try:
        written = _octal(header[148:156])
    except ValueError:
        return False
    rest = header[:148] + _SPACE * 8 + header[156:]
    unsigned = sum(rest)
    return written == unsigned or written == unsigned - 256 * sum(byte > 127 for byte in rest)


def _octal(field: bytes) -> int:
    digits = field.partition(_NUL)[0].strip(_SPACE)
    if digits and not all(byte in b"01234567" for byte in digits):
        raise ValueError(field)
    return int(digits or b"0", 8)


def _number(field: bytes, place: int) -> int:
    """A size: octal, or GNU's base 256 when the first bit is set."""
    if field[0] == 0x80:
        return int.from_bytes(field[1:], "big")
    try:
        return _octal(field)
    except ValueError:
        raise BadTar(f"byte {place:,}: a size that is no number") from None


def _after_map(stream: BinaryIO, header: bytes, data: int) -> int:
    """Where the bytes of an old GNU sparse file begin: after the blocks that go on with the map of its holes."""
    more = header[482]
    while more:
        block = stream.read(BLOCK)
        if len(block) < BLOCK:
            raise BadTar(f"byte {data:,}: the archive is cut short")
        more, data = block[504], data + BLOCK
    return data


def _name(header: bytes, extended: dict[str, str]) -> str:
    name = extended.get("GNU.sparse.name", extended.get("path"))
    if name is None:
        prefix = header[345:500].partition(_NUL)[0] if header[257:263] == b"ustar\0" else b""
        raw = header[:100].partition(_NUL)[0]
        name = _text(prefix + b"/" + raw if prefix else raw)
    while name.startswith("./") and len(name) > len("./"):
        name = name[2:]
    return name


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def _extension(stream: BinaryIO, kind: bytes, size: int, place: int) -> dict[str, str]:
    """What a header says about the member after it."""
    if size > MAX_EXTENSION_BYTES:
        raise BadTar(f"byte {place:,}: an extended header of {size:,} bytes")
    data = stream.read(size)
    if len(data) < size:
        raise BadTar(f"byte {place:,}: the archive is cut short")
    if kind == _GNU_LINK:
        return {}
    if kind == _GNU_NAME:
        return {"path": _text(data.partition(_NUL)[0])}
    records = _pax_records(data, place)
    if kind == _PAX:
        return records
    if "path" in records or "size" in records:
        raise BadTar(f"byte {place:,}: a global header that names or sizes every file")
    return {}


def _pax_records(data: bytes, place: int) -> dict[str, str]:
    r"""Records `<length> <key>=<value>\n`; those that say nothing about a file's bytes are dropped."""
    records = {}
    start = 0
    while start < len(data):
        digits, space, _ = data[start : start + 20].partition(_SPACE)
        length = int(digits) if digits.isdigit() else 0
        record = data[start + len(digits) + 1 : start + length]
        key, equals, value = record.partition(b"=")
        if not space or not equals or start + length > len(data) or not record.endswith(b"\n"):
            raise BadTar(f"byte {place:,}: a pax header that cannot be read")
        if key in {b"path", b"size"} or key.startswith(b"GNU.sparse"):
            records[_text(key)] = _text(value[:-1])
        start += length
    return records


def _pax_size(extended: dict[str, str], size: int, place: int) -> int:
    written = extended.get("size")
    if written is None:
        return size
    if not (written.isascii() and written.isdigit() and len(written) <= 20):
        raise BadTar(f"byte {place:,}: a size that is no number")
    return int(written)
