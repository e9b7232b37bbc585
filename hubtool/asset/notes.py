"""What the cache notes about each of its files, beside the folder that holds it."""

from __future__ import annotations

import json
import os
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from hubtool.files import write_atomically

_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(?=\.|$)", re.IGNORECASE)
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Note(NamedTuple):
    """What was noted about a file of the cache when it was last read.

    Attributes
    ----------
    file
        Its name; empty when nothing readable was noted.
    source, links
        Where the bytes came from, and the links of cards that stand for it.
    stat
        Size, times and inode.
    boot
        The start of the machine in which it was written, until it has been read in a later one.
    pieces
        Digests of its pieces, as `PieceHasher.digests`; empty where they are not known.
    """

    file: str = ""
    source: str = ""
    links: tuple[str, ...] = ()
    stat: list[int] | None = None
    boot: str | None = None
    pieces: tuple[str, ...] = ()


def read_note(folder: Path) -> Note:
    """What was noted about the file in a folder of the cache, also by an earlier or a later version of hubtool."""
    try:
        found = json.loads(folder.with_suffix(".json").read_bytes())
        file, source = str(found.get("file", "")), str(found.get("source", ""))
        # Earlier versions noted no links: the file was fetched from the only one.
        links = tuple(map(str, found.get("links", [source] if source else [])))
        stat, boot = found.get("stat"), found.get("boot")
        # Without both, the file is read once more.
        known = list(stat) if "boot" in found and isinstance(stat, list) else None
        pieces = tuple(map(str, found.get("pieces", ())))
        name = file if safe_name(file) == file else ""
        return Note(name, source, links, known, None if boot is None else str(boot), pieces)
    except (OSError, ValueError, TypeError, AttributeError):
        return Note()


def write_note(folder: Path, note: Note) -> None:
    """Write down what is known about the file in a folder of the cache."""
    write_atomically(folder.with_suffix(".json"), json.dumps(note._asdict()).encode())


def safe_name(name: str) -> str:
    """A file name from a link, without anything that could confuse a file system or a shell."""
    kept = re.sub(r"[^A-Za-z0-9._+-]", "_", name).lstrip(".")[-200:].rstrip(".")  # Windows drops dots at the end
    return _DEVICES.sub(r"_\g<0>", kept, count=1) if _DEVICES.match(kept) else kept or "asset"


def fingerprint_of(status: os.stat_result) -> list[int]:
    """Size (bytes), times of change (ns) and inode: a file with the same ones was not written to."""
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]


@cache
def boot_id() -> str | None:
    """What identifies this start of the machine; None where the system does not say."""
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return None
