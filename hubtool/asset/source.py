"""Files beside a card: a relative link, and the path that it may lead to."""

from __future__ import annotations

import re
from pathlib import Path, PureWindowsPath

from hubtool.card.localpath import spellings
from hubtool.card.record import Asset
from hubtool.errors import CardError, NotFound

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")


def has_scheme(url: str) -> bool:
    """Whether a link is a URL, of whatever scheme, and not a path; `./a:b` is a path, and so is `C:/a`, on a drive."""
    return _SCHEME.match(url) is not None


def local_path(asset: Asset, folder: Path) -> Path | None:
    """The file below the card's folder that an asset links; None for a link with a scheme.

    Raises
    ------
    CardError
        The link leads out of the card's folder, also by way of a symbolic link.
    NotFound
        The file is not there.
    """
    if has_scheme(asset.url):
        return None
    for spelling in spellings(asset.url):
        if (path := _below(folder.resolve(), spelling, asset.url)).is_file():
            return path
    hint = "write / instead of \\ in the link" if "\\" in asset.url else "restore the file or fix the link"
    raise NotFound(f"{folder / asset.url}: the card's asset does not exist", hint=hint)


def _below(root: Path, relative: str, link: str) -> Path:
    """The real path below a folder. Raises CardError for one that leads out of it, or cannot be."""
    try:
        path = (root / relative).resolve()
        path.is_file()
    except (OSError, ValueError, RuntimeError) as error:  # too long, a loop, or a character that no file name has
        raise CardError(f"{link[:80]}: not a path: {error.__class__.__name__}", hint="fix the link") from error
    if not path.is_relative_to(root) or PureWindowsPath(relative).drive:
        raise CardError(f"{link}: an asset has to be below its card's folder", hint=f"move it below {root}")
    return path
