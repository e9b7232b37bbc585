"""A damaged file of the cache as the beginning of its own repair."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from hubtool.asset.notes import Note
from hubtool.asset.partial import Origin, write_origin


def adopt(damaged: Path, partial: Path, note: Note) -> bool:
    """Make a damaged file a partial, whose wrong pieces the next transfer fetches; the caller holds the asset's lock.

    Parameters
    ----------
    note
        What the cache knows of the right file.

    Returns
    -------
    bool
        False, with nothing done, when the pieces of the right file are not known or there is nothing to be repaired.

    Raises
    ------
    OSError
        The system refuses.
    """
    if not note.pieces or note.stat is None or damaged.is_symlink() or not damaged.is_file():
        return False
    size = int(note.stat[0])
    if damaged.stat().st_size > size:
        os.truncate(damaged, size)
    partial.unlink(missing_ok=True)
    write_origin(partial, Origin(note.source, total=size, pieces=note.pieces))
    shutil.move(damaged, partial)  # the two may be on different disks
    return True
