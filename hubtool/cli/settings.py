"""The global options, accepted before and after the subcommand's name."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from hubtool.cli.userpath import UserPath
from hubtool.files import with_slashes
from hubtool.progress import SILENT, Progress
from hubtool.resources import default_cache_root, default_card_roots, default_offline

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Settings:
    """The values of the global options."""

    card_roots: tuple[Path, ...]
    cache: Path | None
    offline: bool
    quiet: bool
    show_progress: bool

    @property
    def cache_root(self) -> Path:
        """The folder of the cache. Raises UsageProblem where none is named and the user has no home folder."""
        return default_cache_root() if self.cache is None else self.cache

    def progress(self) -> Progress:
        """Progress on stderr: a bar on a terminal, occasional lines elsewhere, nothing with -q."""
        if not self.show_progress:
            return SILENT
        from hubtool.cli.progress import BarProgress, LineProgress

        return BarProgress() if sys.stderr.isatty() else LineProgress()


def global_options(function: F) -> F:
    """Add the global options to a click command; `settings` reads what they were set to."""
    hidden = function.__name__ != "app"
    options = (
        click.option(
            "--cards",
            type=UserPath(),
            multiple=True,
            help="Folder of cards; repeatable. [env HUBTOOL_CARDS; default ./cards, else the packaged cards]",
        ),
        click.option("--cache", type=UserPath(), help="Folder of the cache. [env HUBTOOL_CACHE]"),
        click.option("--offline", is_flag=True, help="Never use the network. [env HUBTOOL_OFFLINE=1]"),
        click.option("-q", "--quiet", is_flag=True, help="Show only results and errors."),
        click.option("-v", "--verbose", count=True, help="Show more messages; -vv also shows tracebacks."),
        click.option("--no-progress", is_flag=True, help="Show no progress on stderr."),
    )
    for option in reversed(options):
        function = option(function)
    for parameter in function.__click_params__[-len(options) :]:  # type: ignore[attr-defined]
        parameter.hidden = hidden
        parameter.expose_value = False
        parameter.callback = _remember
    return function


def _remember(ctx: click.Context, parameter: click.Parameter, value: Any) -> None:
    if value:
        ctx.obj[parameter.name] = value


def settings(ctx: click.Context) -> Settings:
    """The settings of a running command; sets up messages on stderr on the way."""
    options: dict[str, Any] = ctx.obj
    quiet = options.get("quiet", False)
    _configure_log(options.get("verbose", 0), quiet=quiet)
    return Settings(
        card_roots=tuple(with_slashes(root) for root in options.get("cards", ())) or default_card_roots(),
        cache=with_slashes(options["cache"]) if "cache" in options else None,
        offline=options.get("offline", False) or default_offline(),
        quiet=quiet,
        show_progress=not (quiet or options.get("no_progress", False)),
    )


def _configure_log(verbose: int, *, quiet: bool) -> None:
    log = logging.getLogger("hubtool")
    if not log.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(levelname)s: %(message)s"))
        log.addHandler(handler)
    log.setLevel(logging.ERROR if quiet else logging.WARNING if not verbose else logging.DEBUG)
