"""Parquet shards with the undecoded images in a column, as the datasets library writes them.

A column `image` (or `img`) of bytes, or of a struct with `bytes` and perhaps `path`, and a column of labels: numbers
from 0, as text too, or names of classes. One row group at a time is in memory, or two.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path, PurePosixPath
from threading import Lock
from typing import Any

from hubtool.data.clutter import is_clutter_file
from hubtool.data.labelspace import LabelSpace
from hubtool.data.layout import Layout, Split
from hubtool.data.places import find_place
from hubtool.data.readers.columnlabels import column_labels
from hubtool.data.readers.headers import SPLIT_FLAGS, SPLIT_HEADERS, plain
from hubtool.data.readers.shardfiles import near_shards, shard_files, shards_of_split
from hubtool.data.readers.splitrows import SPLIT_HINT, Chosen, NoSplit, is_split_column, rows_of_split
from hubtool.data.samples import MAX_IMAGE_BYTES, version_of
from hubtool.errors import BrokenDataset, UsageProblem
from hubtool.extras import require

MAX_ROW_GROUP_BYTES = 2 << 30
"""Largest row group that is read, in bytes as decompressed."""
_GROUPS_KEPT = 2
_IMAGE_COLUMNS = ("image", "img", "jpg")
_LABEL_COLUMNS = ("label", "fine_label", "labels", "cls")


class _Shard:
    """One file: its images by row, with the row groups read last at hand."""

    def __init__(self, path: Path):
        self.path = path
        self._lock = Lock()
        self._groups: OrderedDict[int, Any] = OrderedDict()
        self.version = self._guarded("opened", lambda: version_of(path.stat()))  # before it is read: never too new
        self._file = self._guarded("opened", lambda: _parquet().ParquetFile(path, pre_buffer=False))
        names = self._file.schema_arrow.names
        self.columns = names
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
    def class_names(self) -> list[str] | None:
        """Names of the classes by their numbers, if the datasets library wrote them into the shard."""
        written = (self._file.schema_arrow.metadata or {}).get(b"huggingface", b"")
        try:
            names = json.loads(written)["info"]["features"][self.label]["names"]
        except (ValueError, KeyError, TypeError):
            return None
        return names if isinstance(names, list) and names and all(isinstance(name, str) for name in names) else None

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
    """Whether a path is a Parquet file, or a folder with some; further below than `data/`, where no images are."""
    return bool(near_shards(path)) or (bool(shard_files(path)) and find_place(path) is None)


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
    files = shards_of_split(path, shard_files(path), space.splits)
    shards = [_Shard(file) for file in files]
    keys = [(shard, row) for shard in shards for row in range(shard.rows)]
    if not keys:
        raise BrokenDataset(f"{path}: no row in its shards")
    chosen = _chosen(path, shards, space.splits)
    values = [label for shard in shards for label in shard.column(shard.label)]
    labels = column_labels([values[row] for row in chosen.rows], _class_names(path, shards), space, where=path)
    names = _names(shards)
    together = _Shards()
    samples = [
        _RowSample(together, *keys[row], names[row], label) for row, label in zip(chosen.rows, labels, strict=True)
    ]
    images = [sample for sample in samples if not is_clutter_file(PurePosixPath(sample.name).name)]
    clutter = sorted({sample.name for sample in samples} - {sample.name for sample in images})
    kept = f"{len(files)} Parquet shards" if len(files) > 1 else "a Parquet file"
    said = f", {chosen.note}" if chosen.note else ""
    return Split(f"{kept} with embedded images{said}", path, images, clutter=clutter)


def _parquet() -> Any:
    return require("pyarrow.parquet", extra="data", purpose="read Parquet")


def _column(path: Path, names: Sequence[str], wanted: Sequence[str]) -> str:
    found = next((name for name in wanted if name in names), None)
    if found is None:
        raise UsageProblem(f"{path}: no column {' or '.join(wanted)}; there are {', '.join(map(repr, names[:20]))}")
    return found


def _class_names(path: Path, shards: Sequence[_Shard]) -> list[str] | None:
    """Names of the classes by number, as all shards give them."""
    given = [shard.class_names for shard in shards]
    if any(names != given[0] for names in given):
        raise UsageProblem(f"{path}: shards that name the classes differently", hint="get them from one place")
    return given[0]


def _chosen(path: Path, shards: Sequence[_Shard], splits: Sequence[str]) -> Chosen:
    """The rows of the split that is evaluated, where a column tells splits apart."""
    called = [name for name in shards[0].columns if plain(name) in SPLIT_HEADERS | SPLIT_FLAGS.keys()]
    cells = {name: [str(cell) for shard in shards for cell in shard.column(name)] for name in called}
    columns = {name: values for name, values in cells.items() if is_split_column(name, values)}
    try:
        return rows_of_split(columns, (), splits, sum(shard.rows for shard in shards))
    except NoSplit as error:
        raise UsageProblem(f"{path}: {error}", hint=SPLIT_HINT) from error


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
