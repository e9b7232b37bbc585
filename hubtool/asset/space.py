"""Whether a file fits on a disk, as far as the system says."""

from __future__ import annotations

import logging
from functools import cache
from pathlib import Path

from hubtool.errors import EnvironmentProblem
from hubtool.files import free_bytes

_log = logging.getLogger(__name__)


def check_room(folder: Path, missing: int) -> None:
    """Refuse what does not fit into a folder, before the first byte. Where the system does not know, writing decides.

    Parameters
    ----------
    missing
        Bytes that are still to come.

    Raises
    ------
    EnvironmentProblem
        The system says that less is free.
    """
    free = free_bytes(folder)
    if free is None:
        if missing:
            _say_unknown(folder)
    elif missing > free:
        raise EnvironmentProblem(
            f"{folder}: the disk is full: {missing:,} bytes are still to come, {free:,} are free",
            hint="free space (hubtool cache prune), or name another cache with --cache",
        )


@cache
def _say_unknown(folder: Path) -> None:
    _log.warning("%s: the system reports no free space; trying anyway, because some network drives always do", folder)
