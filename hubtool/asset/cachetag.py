"""The tag that tells backup programs to skip a cache: https://bford.info/cachedir/."""

from __future__ import annotations

import logging
from pathlib import Path

_NAME = "CACHEDIR.TAG"
_CONTENT = b"""Signature: 8a477f597d28d172789f06886806bc55
# This file is a cache directory tag created by hubtool.
# For information about cache directory tags, see https://bford.info/cachedir/
"""
_OURS = frozenset({"sha256", "partial", "locks", "ledgers", "compiled", "links.json", "hubtool.lock"})
_log = logging.getLogger(__name__)


def tag_cache(root: Path) -> None:
    """Put the tag into the folder of a cache, unless that folder also holds something else, which backups should keep.

    A cache that cannot be tagged is still a cache, so nothing is raised.
    """
    try:
        names = {path.name for path in root.iterdir()}
        if _NAME not in names and names <= _OURS:
            (root / _NAME).write_bytes(_CONTENT)
    except OSError:
        _log.debug("%s: cannot be tagged as a cache", root)
