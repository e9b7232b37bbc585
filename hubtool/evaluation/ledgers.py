"""The ledgers that a cache holds, and how they get fewer."""

from __future__ import annotations

import fcntl
import re
import time
from dataclasses import dataclass
from pathlib import Path

from hubtool.evaluation.ledger import lies_at
from hubtool.files import environment_errors

_NAME = re.compile(r"[0-9a-f]{64}\.jsonl")


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
        with stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            if not lies_at(stream, ledger.path) or ledger.path.stat().st_mtime != ledger.used:
                return False
            ledger.path.unlink()  # under the lock: who opened it meanwhile sees that it is gone, and begins another
    return True
