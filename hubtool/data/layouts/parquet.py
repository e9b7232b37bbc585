"""Parquet shards with the undecoded images in a column, as the datasets library writes them.

A column `image` (or `img`) of bytes, or of a struct with `bytes` and perhaps `path`, and a column of labels: numbers
from 0, as text too, or names of classes. One row group at a time is in memory, or two.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from threading import Lock
from typing import Any

from hubtool.data.labelspace import LabelSpace, checked_numbers, numbers_by_name
from hubtool.data.layout import Layout, Split
from hubtool.data.samples import MAX_IMAGE_BYTES, version_of
from hubtool.errors import BrokenDataset, UsageProblem
from hubtool.extras import require

MAX_ROW_GROUP_BYTES = 2 << 30
"""Largest row group that is read, in bytes as decompressed."""
_GROUPS_KEPT = 2
_SUFFIX = ".parquet"
_IMAGE_COLUMNS = ("image", "img", "jpg")
_LABEL_COLUMNS = ("label", "fine_label", "labels", "cls")
_SPLITS = (re.compile(r"(?<![a-z])val(id(ation)?)?(?![a-z])"), re.compile(r"(?<![a-z])test(?![a-z])"))
_NUMBER = re.compile(r"-?[0-9]{1,9}")
_TRAINING = re.compile(r"(?<![a-z])train")
_NUMBERED = re.compile(r"(.*?)-?(\d{4,6})-of-(\d{4,6})(.*)")


class _Shard:
    """One file: its images by row, with the row groups read last at hand."""

    def __init__(self, path: Path):
        self.path = path
        self._lock = Lock()
        self._groups: OrderedDict[int, Any] = OrderedDict()
        self.version = self._guarded("opened", lambda: version_of(path.stat()))  # before it is read: never too new
        self._file = self._guarded("opened", lambda: _parquet().ParquetFile(path, pre_buffer=False))
        names = self._file.schema_arrow.names
        self.image = _column(path, names, _IMAGE_COLUMNS)
        self.label = _column(path, names, _LABEL_COLUMNS)
        kind = self._file.schema_arrow.field(self.image).type
        self.fields = {kind.field(n).name: kind.field(n).type for n in range(kind.num_fields)}
        if str(self.fields.get("bytes", kind)) not in {"binary", "large_binary"}:
            raise UsageProblem(f"{path}: column {self.image} is {kind}, not bytes, nor a struct with `bytes`")
        metadata = self._file.metadata
        sizes = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
        largest = max((group.total_byte_size for group in sizes), default=0)
        if largest > MAX_ROW_GROUP_BYTES:
            raise UsageProblem(
                f"{path}: a row group of {largest:,} bytes, more than {MAX_ROW_GROUP_BYTES:,}",
                hint="write the shards again with smaller row groups",
            )
        self._ends = list(accumulate(group.num_rows for group in sizes))

    @property
    def rows(self) -> int:
        return self._ends[-1] if self._ends else 0

    def column(self, name: str) -> list[Any]:
        """A column, or a leaf of one (`image.path`), without reading the others."""
        table = self._guarded("read", lambda: self._file.read(columns=[name], use_threads=False))
        values: list[Any] = table.column(0).to_pylist()
        return [value[name.partition(".")[2]] if value else None for value in values] if "." in name else values

    def read(self, row: int) -> bytes:
        """The image in a row."""
        number = bisect_right(self._ends, row)
        place = row - (self._ends[number - 1] if number else 0)
        with self._lock:
            value = self._guarded("read", lambda: self._group(number)[place])
            data = value.as_py()
        if self.fields and data is not None:
            data = data["bytes"]
        if data is None:
            raise BrokenDataset(f"{self.path}: row {row}: the image is not embedded", hint="embed it")
        if len(data) > MAX_IMAGE_BYTES:
            raise BrokenDataset(f"{self.path}: row {row}: an image of more than {MAX_IMAGE_BYTES:,} bytes")
        return bytes(data)

    def _group(self, number: int) -> Any:
        if number not in self._groups:
            while len(self._groups) >= _GROUPS_KEPT:
                self._groups.popitem(last=False)
            column = f"{self.image}.bytes" if self.fields else self.image
            self._groups[number] = self._file.read_row_group(number, columns=[column], use_threads=False).column(0)
        self._groups.move_to_end(number)
        return self._groups[number]

    def forget(self) -> None:
        """Free the row groups at hand."""
        with self._lock:
            self._groups.clear()

    def _guarded(self, done: str, action: Any) -> Any:
        arrow = require("pyarrow", extra="data", purpose="read Parquet")
        try:
            return action()
        except (arrow.ArrowException, OSError, EOFError, ValueError, MemoryError, KeyError, IndexError) as error:
            said = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
            raise BrokenDataset(f"{self.path}: cannot be {done}: {said}", hint="get the shard again") from error


class _Shards:
    """Which shard was read last: the groups of the others are let go."""

    def __init__(self) -> None:
        self._last: _Shard | None = None

    def read(self, shard: _Shard, row: int) -> bytes:
        last, self._last = self._last, shard
        if last is not None and last is not shard:
            last.forget()
        return shard.read(row)


@dataclass(frozen=True, slots=True)
class _RowSample:
    shards: _Shards
    shard: _Shard
    row: int
    name: str
    label: int

    def size(self) -> None:
        return None

    def read(self) -> bytes:
        return self.shards.read(self.shard, self.row)

    def version(self) -> str:
        return f"{self.shard.version} {self.row}"


def recognises(path: Path) -> bool:
    """Whether a path is a Parquet file, or a folder with some, right in it or in `data/`."""
    return bool(_files(path))


def read(path: Path, space: LabelSpace) -> Split:
    """The images of the validation shards (else the test shards, else all if none is named for a split).

    Raises
    ------
    UsageProblem
        No shard is one of the validation split, some are missing, columns are, or labels do not fit the network.
    BrokenDataset
        A shard is damaged.
    MissingExtra
        pyarrow is not installed.
    """
    files = _chosen(path, _files(path))
    shards = [_Shard(file) for file in files]
    keys = [(shard, row) for shard in shards for row in range(shard.rows)]
    labels = _labels(path, [label for shard in shards for label in shard.column(shard.label)], space)
    if not labels:
        raise BrokenDataset(f"{path}: no row in its shards")
    names = _names(shards)
    together = _Shards()
    samples = [
        _RowSample(together, shard, row, name, label)
        for (shard, row), name, label in zip(keys, names, labels, strict=True)
    ]
    shown = f"{len(files)} Parquet shards" if len(files) > 1 else "a Parquet file"
    return Split(f"{shown} with embedded images", path, samples)


def _parquet() -> Any:
    return require("pyarrow.parquet", extra="data", purpose="read Parquet")


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path] if path.suffix.lower() == _SUFFIX else []
    found = sorted(file for folder in (path, path / "data") for file in folder.glob(f"*{_SUFFIX}"))
    return [file for file in found if file.is_file()]


def _chosen(path: Path, files: Sequence[Path]) -> list[Path]:
    """The shards of the split that figures are about."""
    if path.is_file():
        return list(files)
    for split in _SPLITS:
        fitting = [file for file in files if split.search(file.name.lower())]
        if fitting:
            return _complete(path, fitting)
    if any(_TRAINING.search(file.name.lower()) for file in files):
        raise UsageProblem(f"{path}: no validation or test shard", hint="expected validation-00000-of-00014.parquet")
    return _complete(path, list(files))


def _complete(path: Path, files: list[Path]) -> list[Path]:
    """The same files, if every shard that their names imply exists."""
    there: dict[tuple[str, int, str], set[int]] = {}
    for file in files:
        match = _NUMBERED.fullmatch(file.stem)
        if match:
            there.setdefault((match[1], int(match[3]), match[4]), set()).add(int(match[2]))
    for (prefix, count, _), numbers in there.items():
        if len(numbers) != count:
            raise BrokenDataset(
                f"{path}: {len(numbers)} of the {count} shards of {prefix or 'the split'} are there",
                hint="get the others: every image counts",
            )
    return files


def _column(path: Path, names: Sequence[str], wanted: Sequence[str]) -> str:
    found = next((name for name in wanted if name in names), None)
    if found is None:
        raise UsageProblem(f"{path}: no column {' or '.join(wanted)}; there are {', '.join(map(repr, names[:20]))}")
    return found


def _labels(path: Path, values: list[Any], space: LabelSpace) -> list[int]:
    if all(type(value) is int for value in values):
        return checked_numbers(values, space, where=str(path))
    if all(isinstance(value, str) for value in values):
        if space.class_names is None and all(map(_NUMBER.fullmatch, values)):
            return checked_numbers([int(value) for value in values], space, where=str(path))
        numbers = numbers_by_name(values, space, where=str(path))
        return [numbers[value] for value in values]
    raise BrokenDataset(f"{path}: labels that are missing, or neither numbers nor names")


def _names(shards: Sequence[_Shard]) -> list[str]:
    """The paths that the shards give their images, if all do and no two are alike; else shard and row."""
    given: list[Any] = [
        name
        for shard in shards
        for name in (shard.column(f"{shard.image}.path") if "path" in shard.fields else [None] * shard.rows)
    ]
    if len(set(given)) == len(given) and all(isinstance(name, str) and name and name.isprintable() for name in given):
        return given
    return [f"{shard.path.stem}/{row:07}" for shard in shards for row in range(shard.rows)]


LAYOUT = Layout(
    "Parquet shards with embedded images (validation-*.parquet), in a folder or in its data/", recognises, read
)
