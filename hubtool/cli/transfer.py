"""Options of the commands that may fetch files, and what they come to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from hubtool.asset.access import Access, access_from_environment
from hubtool.asset.lockfile import Pins, find_lockfile
from hubtool.cli.settings import Settings
from hubtool.resources import LOCKFILE, is_installed_with_hubtool

F = TypeVar("F", bound=Callable[..., Any])


def transfer_options(function: F) -> F:
    """Add the options that say how files may be fetched; `access` reads them."""
    options = (
        click.option(
            "--mirror",
            multiple=True,
            metavar="FROM=TO",
            help="Fetch URLs that begin with FROM from TO first; repeatable. [env HUBTOOL_MIRROR]",
        ),
        click.option("--allow-http", is_flag=True, help="Allow plain http; the digest is still checked."),
        click.option("--allow-private", is_flag=True, help="Allow hosts on private addresses."),
    )
    for option in reversed(options):
        function = option(function)
    return function


def access(chosen: Settings, mirror: tuple[str, ...], allow_http: bool, allow_private: bool) -> Access:
    """What options and environment allow."""
    return access_from_environment(
        offline=chosen.offline, mirrors=mirror, allow_http=allow_http, allow_private=allow_private
    )


def lockfile_of(folder: Path, roots: tuple[Path, ...]) -> Path | None:
    """The lockfile of the cards in a folder, there or not; None for cards that came with hubtool."""
    if found := find_lockfile(folder):
        return found
    if is_installed_with_hubtool(folder):
        return None
    real = folder.resolve()
    root = next((root for root in roots if real.is_relative_to(root.resolve())), folder)
    return root / LOCKFILE


def pins_of(folder: Path, chosen: Settings) -> Pins:
    """What pins the files of the cards in a folder."""
    return Pins(lockfile_of(folder, chosen.card_roots), chosen.cache_root / LOCKFILE)


def file_of(given: str, chosen: Settings) -> Path:
    """The file that FILE or NAME stands for, see `hubtool.verify.named_file`; nothing is fetched."""
    from hubtool.asset.cache import Cache
    from hubtool.card.catalogue import Catalogue
    from hubtool.verify.named_file import named_file

    catalogue = Catalogue(chosen.card_roots)
    cache = Cache(chosen.cache_root)
    return named_file(given, catalogue, cache, access_from_environment(), lambda folder: pins_of(folder, chosen))
