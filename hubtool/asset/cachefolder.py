"""The folders of a cache: a group that may write the cache may write them all, and backup programs may skip them."""

from __future__ import annotations

import logging
import stat
from contextlib import suppress
from pathlib import Path

_NAME = "CACHEDIR.TAG"
_CONTENT = b"""Signature: 8a477f597d28d172789f06886806bc55
# This file is a cache directory tag created by hubtool.
# For information about cache directory tags, see https://bford.info/cachedir/
"""
_OURS = frozenset({"sha256", "partial", "locks", "ledgers", "compiled", "links.json", "hubtool.lock"})
_log = logging.getLogger(__name__)


def cache_folder(root: Path, *parts: str) -> Path:
    """A folder of a cache, created if need be, and the cache with it.

    Whoever may write the cache may write a new folder in it, whatever the umask is: a member of a group whose umask
    keeps the others out would otherwise keep them out of the whole cache, by being the first to use it.

    Parameters
    ----------
    parts
        Names, from the cache inwards.

    Raises
    ------
    OSError
        The system refuses.
    """
    root.mkdir(parents=True, exist_ok=True)
    _tag(root)
    folder = root
    for part in parts:
        folder = folder / part
        try:
            folder.mkdir()
        except FileExistsError:
            if not folder.is_dir():
                raise
        else:
            _share(folder)
    return folder


def _share(folder: Path) -> None:
    """Let the group write a new folder if it may write the one above."""
    above, own = folder.parent.stat(), folder.stat()
    if above.st_mode & stat.S_IWGRP and above.st_gid == own.st_gid:
        with suppress(OSError):  # a disk without permissions
            folder.chmod(stat.S_IMODE(own.st_mode | above.st_mode & stat.S_IRWXG))


def _tag(root: Path) -> None:
    """Tell backup programs to skip a cache (https://bford.info/cachedir/), unless the folder also holds something else.

    A cache that cannot be tagged is still a cache, so nothing is raised.
    """
    try:
        names = {path.name for path in root.iterdir()}
        if _NAME not in names and names <= _OURS:
            (root / _NAME).write_bytes(_CONTENT)
    except OSError:
        _log.debug("%s: cannot be tagged as a cache", root)
