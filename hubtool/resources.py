"""Where hubtool finds things by default: the cards and schemas it comes with, and the user's folders."""

from __future__ import annotations

import os
from pathlib import Path

from hubtool.errors import UsageProblem

LOCKFILE = "hubtool.lock"
"""Name of the lockfile beside cards."""
_PACKAGE = Path(__file__).resolve().parent


def packaged(folder: str) -> Path:
    """The folder `cards` or `schemas` that belongs to this installation: in the wheel, or in the checkout."""
    installed = _PACKAGE / "_packaged" / folder
    return installed if installed.is_dir() else _PACKAGE.parent / folder


def is_installed_with_hubtool(folder: Path) -> bool:
    """Whether a folder belongs to an installed hubtool, not to a checkout of it: nothing is written there."""
    return folder.resolve().is_relative_to(_PACKAGE / "_packaged")


def default_card_roots() -> tuple[Path, ...]:
    """Folders of cards: HUBTOOL_CARDS (separated as in PATH), else ./cards if it exists, else the packaged ones.

    Raises UsageProblem for a home folder that does not exist.
    """
    given = os.environ.get("HUBTOOL_CARDS", "")
    if given:
        return tuple(user_path(part, "HUBTOOL_CARDS") for part in given.split(os.pathsep) if part)
    here = Path("cards")
    return (here,) if here.is_dir() else (packaged("cards"),)


def default_cache_root() -> Path:
    """The cache: HUBTOOL_CACHE, else the platform's cache folder of this user.

    Raises UsageProblem for a home folder that does not exist.
    """
    given = os.environ.get("HUBTOOL_CACHE", "")
    if given:
        return user_path(given, "HUBTOOL_CACHE")
    from platformdirs import user_cache_path

    try:
        root = user_cache_path("hubtool", appauthor=False)
    except RuntimeError:
        root = None
    if root is None or not root.is_absolute():  # a container whose user is only a number
        raise UsageProblem("this user has no home folder to keep the cache in", hint="name one: --cache, HUBTOOL_CACHE")
    return root


def user_path(written: str | Path, where: str) -> Path:
    """The path that a user wrote, with `~` for a home folder.

    Parameters
    ----------
    where
        The option or the variable of the environment that says it, for messages.

    Raises
    ------
    UsageProblem
        There is no such home folder.
    """
    try:
        return Path(written).expanduser()
    except RuntimeError as error:
        raise UsageProblem(f"{where}: {written}: no such home folder", hint="write the whole path") from error


def default_offline() -> bool:
    """Whether HUBTOOL_OFFLINE forbids the network."""
    return is_set("HUBTOOL_OFFLINE")


def is_set(variable: str) -> bool:
    """Whether a variable of the environment says yes."""
    return os.environ.get(variable, "").casefold() not in {"", "0", "false", "no", "off"}
