"""Options of the commands that may fetch files, and their values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from hubtool.asset.access import access_from_environment
from hubtool.cli.settings import Settings
from hubtool.workspace import Workspace

F = TypeVar("F", bound=Callable[..., Any])


def transfer_options(function: F) -> F:
    """Add the options that say how files may be fetched; `workspace` reads them."""
    options = (
        click.option(
            "--mirror",
            multiple=True,
            metavar="FROM=TO",
            help="Fetch URLs that begin with FROM from TO first; repeatable. [env HUBTOOL_MIRROR]",
        ),
        click.option(
            "--allow-http",
            is_flag=True,
            help="Allow plain http; the digest is still checked. [env HUBTOOL_ALLOW_HTTP=1]",
        ),
        click.option(
            "--allow-private", is_flag=True, help="Allow hosts on private addresses. [env HUBTOOL_ALLOW_PRIVATE=1]"
        ),
    )
    for option in reversed(options):
        function = option(function)
    return function


def workspace(
    chosen: Settings, mirror: tuple[str, ...] = (), *, allow_http: bool = False, allow_private: bool = False
) -> Workspace:
    """The workspace that options and environment describe."""
    access = access_from_environment(
        offline=chosen.offline, mirrors=mirror, allow_http=allow_http, allow_private=allow_private
    )
    return Workspace(chosen.card_roots, chosen.cache_root, access)
