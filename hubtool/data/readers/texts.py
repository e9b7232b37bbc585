"""Text files as editors, spreadsheets and shells of all systems write them."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from hubtool.data.samples import read_file
from hubtool.errors import BrokenDataset

MAX_TEXT_BYTES = 64 << 20
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16's mark, which it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LINE_END = re.compile("\r\n|\r|\n")


def text_of(path: Path) -> str:
    """A text file of at most 64 MiB. Raises BrokenDataset."""
    try:
        data = read_file(path, MAX_TEXT_BYTES)
    except OSError as error:
        raise BrokenDataset(f"{path}: cannot be read: {error.strerror or error}") from error
    return decoded(data, path)


def decoded(data: bytes, path: Path) -> str:
    r"""Text in UTF-8, UTF-16 or UTF-32, with or without a byte order mark.

    Bytes that are not UTF-8 become lone surrogates (`\udcff`), as in names of files: `not_utf8` finds them, and where
    they are not in anything that matters, they do not matter.

    Raises
    ------
    BrokenDataset
        It is cut short or damaged in UTF-16 or UTF-32.
    """
    mark, encoding = next((known for known in _MARKS if data.startswith(known[0])), (b"", _unmarked(data)))
    data = data[len(mark) :]
    try:
        return data.decode(encoding, "surrogateescape" if encoding == "utf-8" else "strict")
    except UnicodeDecodeError as error:
        raise BrokenDataset(f"{path}: not valid {encoding.upper()}: {error.reason}") from error


def not_utf8(text: str) -> int | None:
    """The first byte in a decoded text that was not UTF-8."""
    return next((ord(char) - 0xDC00 for char in text if "\udc80" <= char <= "\udcff"), None)


def lines_of(text: str) -> list[str]:
    """The lines that are not blank, without their ends and blanks around them."""
    return [line for part in _LINE_END.split(text) if (line := part.strip())]


def _unmarked(data: bytes) -> str:
    """UTF-16 without a mark shows in its first characters: in ASCII, each has a zero byte."""
    first = data[:4]
    if len(first) == 4 and not any(first[1::2]) and all(first[::2]):
        return "utf-16-le"
    if len(first) == 4 and not any(first[::2]) and all(first[1::2]):
        return "utf-16-be"
    return "utf-8"
