"""The ledger of an evaluation: every answer on disk as soon as it is known, so that a killed run can resume.

A text file, one JSON document per line:

    {"inputs":{...},"ledger":2}                                                    what the answers depend on
    {"crc32":N,"rows":[[index,label,[five best classes],best logit],...]}          one line per batch
    {"finished":true}                                                              the evaluation has finished

Its name is the digest of the inputs, so answers to other questions are never mixed in. Lines are only ever added. What
a process wrote survives its being killed; what the machine may lose with its power is flushed to the disk every ten
seconds. A last line that is torn, or whatever else does not agree with its checksum, is dropped with all after it.
"""

from __future__ import annotations

import errno
import hashlib
import json
import logging
import re
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from enum import Enum
from io import FileIO
from pathlib import Path
from typing import Any

from hubtool.asset.cachefolder import cache_folder
from hubtool.evaluation.topk import new_rows
from hubtool.files import environment_errors, flush_to_disk
from hubtool.locks import Lock, lies_at
from hubtool.words import counted

_log = logging.getLogger(__name__)
_FORMAT = 2
"""1 did not note what the network ran on, so such answers may be those of another device: they are never used."""
_NAME = re.compile(r"[0-9a-f]{64}\.jsonl")
_LONGEST_HEADER = 1 << 16
_SAME_IN_EVERY_FORMAT = ("asset", "network", "dataset", "names", "labels", "order", "skip")
_SECONDS_BETWEEN_FLUSHES = 10.0


class Resume(Enum):
    """Which ledgers an evaluation resumes from."""

    UNFINISHED = "ledgers of interrupted runs"
    ALL = "also ledgers of finished runs: nothing is left to evaluate"
    NONE = "none: it starts over"


class Ledger:
    """The open ledger of one evaluation; a `Record`.

    An evaluation must not fail because of its ledger: when a write fails, a warning says so and nothing more is kept.

    Attributes
    ----------
    batches
        The answers it held when it was opened, batch by batch.
    images
        How many have their answers in it.
    """

    def __init__(self, stream: FileIO, path: Path, batches: list[Any]):
        self.batches = batches
        self.images = sum(map(len, batches))
        self._stream: FileIO | None = stream
        self._path = path
        self._flushed = time.monotonic()

    def append(self, rows: Any) -> None:
        """Keep the answers of one more batch."""
        if self._write(_batch_line(rows)):
            self.images += len(rows)

    def finish(self) -> None:
        """The evaluation has finished."""
        self._write(_line({"finished": True}), flush=True)

    def _write(self, line: bytes, *, flush: bool = False) -> bool:
        """Whether the line is in the file."""
        if self._stream is None:
            return False
        try:
            _write_whole(self._stream, line)
            if flush or time.monotonic() - self._flushed > _SECONDS_BETWEEN_FLUSHES:
                flush_to_disk(self._stream.fileno())
                self._flushed = time.monotonic()
        except OSError as error:
            _log.warning("%s: %s; if this run is interrupted, it resumes from here", self._path, error.strerror)
            self._stream = None
            return False
        return True


@contextmanager
def opened(folder: Path, inputs: Mapping[str, object], resume: Resume = Resume.UNFINISHED) -> Iterator[Ledger | None]:
    """The ledger of an evaluation with these inputs; None, with a warning, when none can be kept.

    Parameters
    ----------
    folder
        Where ledgers are; created if it does not exist.
    inputs
        All that an answer depends on, as values that JSON knows.
    resume
        Whether existing answers are kept or removed. If they are kept, a warning says so; at Ctrl-C, another one says
        how to resume.
    """
    with ExitStack() as stack:
        ledger = _open(folder / f"{digest_of(inputs)}.jsonl", inputs, resume, stack)
        try:
            yield ledger
        except KeyboardInterrupt:
            if ledger is not None and ledger.images:
                _say_how_to_go_on(ledger.images, resume)
            raise


def _open(path: Path, inputs: Mapping[str, object], resume: Resume, stack: ExitStack) -> Ledger | None:
    try:
        cache_folder(path.parent.parent, path.parent.name)
        stream = stack.enter_context(_locked(path))
        batches = _take_up(stream, inputs, resume)
    except BlockingIOError:
        _log.warning("%s: another process is running the same evaluation; this one keeps no ledger", path)
        return None
    except OSError as error:
        _log.warning("%s: %s; an interrupted run will have to start over", path, error.strerror)
        return None
    if not batches and resume is not Resume.NONE:
        _say_what_cannot_be_used(path.parent, inputs)
    if batches:
        images = counted(sum(map(len, batches)), "image")
        _log.warning("resuming after %s that an earlier run evaluated; --no-resume starts over", images)
    return Ledger(stream, path, batches)


def _say_what_cannot_be_used(folder: Path, inputs: Mapping[str, object]) -> None:
    """Name the answers to the same question that an earlier version kept, and that are not used."""
    for path in sorted(folder.glob("*.jsonl")):
        with suppress(OSError, ValueError, AttributeError), path.open("rb") as stream:
            header = json.loads(stream.readline(_LONGEST_HEADER))
            older = header.get("inputs", {})
            if header.get("ledger") == 1 and all(older.get(key) == inputs.get(key) for key in _SAME_IN_EVERY_FORMAT):
                _log.warning(
                    "%s: answers that hubtool %s kept are not used, because it did not record the device: "
                    "remove the file, or hubtool cache prune --older-than 30d does",
                    path,
                    older.get("hubtool", "of an earlier version"),
                )


def _say_how_to_go_on(images: int, resume: Resume) -> None:
    command = "the same command without --no-resume" if resume is Resume.NONE else "the same command"
    _log.warning("%s resumes after the %s evaluated so far", command, counted(images, "image"))


@contextmanager
def _locked(path: Path) -> Iterator[FileIO]:
    """The open file at a path, nobody else's. Raises BlockingIOError when it is somebody else's."""
    while True:
        with path.open("ab+", buffering=0) as stream, _held(stream, path) as held:
            if not held:
                raise BlockingIOError(errno.EAGAIN, "another process holds it", str(path))
            if lies_at(stream.fileno(), path):
                yield stream
                return
        # It was removed between being opened and being locked.


@contextmanager
def _held(stream: FileIO, path: Path) -> Iterator[bool]:
    """Hold the lock of an open ledger, unless somebody else does."""
    lock = Lock(path, descriptor=stream.fileno())
    held = lock.try_acquire()
    try:
        yield held
    finally:
        lock.release()


def digest_of(inputs: Mapping[str, object]) -> str:
    """SHA-256 of inputs, in whatever order they are given."""
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()


def _take_up(stream: FileIO, inputs: Mapping[str, object], resume: Resume) -> list[Any]:
    """The batches to resume from; the file is cut after them, or begun."""
    header = _line({"ledger": _FORMAT, "inputs": inputs})
    stream.seek(0)
    content = stream.readall()
    batches: list[Any] = []
    if content.startswith(header):
        batches, good, finished = _read(content, len(header))
        wanted = {Resume.UNFINISHED: not finished, Resume.ALL: True, Resume.NONE: False}[resume]
        if not wanted:
            batches, good = [], len(header)
        stream.truncate(good)
    else:
        stream.truncate(0)
        _write_whole(stream, header)
    return batches


def _read(content: bytes, start: int) -> tuple[list[Any], int, bool]:
    """The batches after the header, where the last good one ends, and whether nothing is to follow."""
    batches: list[Any] = []
    while end := content.find(b"\n", start) + 1:
        try:
            document = json.loads(content[start:end])
            if document.get("finished"):
                return batches, start, True
            rows = _rows(document["rows"])
            if _batch_line(rows) != content[start:end]:
                break
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
            break
        batches.append(rows)
        start = end
    return batches, start, False


def _rows(written: list[tuple[int, int, list[int], float]]) -> Any:
    rows = new_rows(len(written))
    for field, values in zip(rows.dtype.names, zip(*written, strict=True), strict=True):
        rows[field] = values
    return rows


def _batch_line(rows: Any) -> bytes:
    # A float32 is written as the float64 of the same value, which Python writes with as many digits as it takes.
    columns = [rows[field].tolist() for field in rows.dtype.names]
    return _line({"rows": list(zip(*columns, strict=True)), "crc32": zlib.crc32(rows.tobytes())})


def _line(document: Mapping[str, object]) -> bytes:
    return json.dumps(document, separators=(",", ":"), sort_keys=True).encode() + b"\n"


def _write_whole(stream: FileIO, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[stream.write(view) :]


@dataclass(frozen=True, slots=True)
class KeptLedger:
    """The answers of one evaluation, finished or not.

    Attributes
    ----------
    size
        In bytes.
    used
        When an evaluation last wrote to it, in seconds since 1970.
    """

    path: Path
    size: int
    used: float

    def to_json(self) -> dict[str, object]:
        """Keys `path`, `size`, `last_used` (seconds since 1970)."""
        return {"path": str(self.path), "size": self.size, "last_used": round(self.used)}


def ledgers_of(cache_root: Path) -> Path:
    """Where evaluations keep their ledgers in a cache."""
    return cache_root / "ledgers"


def kept_ledgers(cache_root: Path, *, older_than: float | None = None) -> list[KeptLedger]:
    """The ledgers of a cache, by name.

    Parameters
    ----------
    older_than
        Only those that were not written to for so many seconds; None for all.

    Raises
    ------
    EnvironmentProblem
        The system does not let the folder be read.
    """
    folder = ledgers_of(cache_root)
    now = time.time()
    found = []
    with environment_errors(folder):
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            if not _NAME.fullmatch(path.name) or path.is_symlink() or not path.is_file():
                continue
            status = path.stat()
            if older_than is None or now - status.st_mtime >= older_than:
                found.append(KeptLedger(path, status.st_size, status.st_mtime))
    return found


def forget_ledger(ledger: KeptLedger) -> bool:
    """Remove a ledger, unless an evaluation writes to it right now or has done so since it was listed.

    Raises
    ------
    EnvironmentProblem
        The system refuses.
    """
    with environment_errors(ledger.path):
        try:
            stream = ledger.path.open("rb+", buffering=0)
        except FileNotFoundError:
            return False
        with stream, _held(stream, ledger.path) as held:
            if not held or not lies_at(stream.fileno(), ledger.path) or ledger.path.stat().st_mtime != ledger.used:
                return False
            with suppress(PermissionError):  # Windows removes no open file
                ledger.path.unlink()  # under the lock: a process that opens it now sees that it is gone
                return True
        ledger.path.unlink()
    return True
