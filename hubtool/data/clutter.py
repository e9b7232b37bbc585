"""What lies in folders and archives beside the data because a system or a tool put it there.

None of it is a class or an image, whatever it is called; every layout passes over it by these rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from hubtool.words import some_of

_FOLDERS = re.compile(
    r"""
    \.(?!\.?$).*                                        # .ipynb_checkpoints, .Trash-1000, .git, .AppleDouble
    | __macosx | __pycache__
    | @eadir | @tmp | @recycle | @recently-snapshot | @sharebin     # network storage of Synology and QNAP
    | \#recycle | \#snapshot | ~snapshot                            # the same, and NetApp's
    | lost\+found | found\.[0-9]{3}                                 # what a check of the file system found
    | \$recycle\.bin | recycler | system[ ]volume[ ]information     # Windows
    | network[ ]trash[ ]folder | temporary[ ]items                  # macOS on a shared disk
    | paxheaders(\..*)?                                             # tar, where it did not understand pax
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_FILES = re.compile(r"\..*|thumbs\.db|ehthumbs(_vista)?\.db|desktop\.ini|icon\r", re.IGNORECASE | re.DOTALL)


def is_clutter_folder(name: str) -> bool:
    """Whether a folder's name says that it belongs to the system or a tool: hidden ones, too."""
    return _FOLDERS.fullmatch(name) is not None


def is_clutter_file(name: str) -> bool:
    """Whether a file's name says so: hidden files, `._*` twins of macOS, `Thumbs.db`."""
    return _FILES.fullmatch(name) is not None


def clutter_in(path: str) -> str:
    """The first part of a path, as from an archive's root, that is clutter, with all before it; empty if none is."""
    parts = PurePosixPath(path).parts
    for place, part in enumerate(parts):
        last = place == len(parts) - 1
        if is_clutter_file(part) if last else is_clutter_folder(part):
            return "/".join(parts[: place + 1])
    return ""


def clutter_note(names: Sequence[str]) -> str:
    """What was passed over: `2 hidden or system entries (.DS_Store, @eaDir)`; each folder counts as one."""
    entries = "entry" if len(names) == 1 else "entries"
    return f"{len(names):,} hidden or system {entries} ({some_of(shown(names))})"


def shown(names: Iterable[str]) -> list[str]:
    """Names as messages can hold them, whatever bytes or control characters are in them."""
    return [name if name.isprintable() else ascii(name) for name in names]
