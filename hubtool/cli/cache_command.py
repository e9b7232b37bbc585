"""`hubtool cache`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, TypeVar

import click

from hubtool.asset.cache import Cache
from hubtool.asset.inventory import (
    Kept,
    Leftover,
    clear,
    forget,
    is_right,
    kept,
    leftovers,
    matching,
    select,
    unrepaired,
)
from hubtool.asset.restore import restore
from hubtool.card.catalogue import Catalogue
from hubtool.card.claimset import ClaimSet, claim_sets
from hubtool.card.record import Digest
from hubtool.cli.errors import show_error
from hubtool.cli.output import print_json, print_rich
from hubtool.cli.settings import Settings, global_options, settings
from hubtool.cli.transfer import transfer_options, workspace
from hubtool.engine.compiled import KeptModel, forget_model, kept_models
from hubtool.errors import DigestMismatch, HubtoolError, NotFound
from hubtool.evaluation.ledger import KeptLedger, forget_ledger, kept_ledgers
from hubtool.progress import Progress
from hubtool.report.units import seconds_of, size
from hubtool.words import counted
from hubtool.workspace import Workspace

F = TypeVar("F", bound=Callable[..., Any])
K = TypeVar("K", Kept, KeptLedger, KeptModel)


@click.group("cache")
def command() -> None:
    """List, check and remove the files in the cache."""


def _filters(function: F) -> F:
    for option in (
        click.option("--unused", is_flag=True, help="Only files that no card links to."),
        click.option("--older-than", metavar="AGE", help="Only what was not used for this long: 12h, 30d, 8w."),
    ):
        function = option(function)
    return function


@command.command("dir")
@global_options
@click.pass_context
def show_dir(ctx: click.Context) -> None:
    """Print where the cache is."""
    click.echo(settings(ctx).cache_root)


@command.command("ls")
@_filters
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@global_options
@click.pass_context
def ls(ctx: click.Context, *, older_than: str | None, unused: bool, as_json: bool) -> None:
    """List the files in the cache, and how much space ledgers of evaluations and compiled models take."""
    chosen = settings(ctx)
    cache = Cache(chosen.cache_root)
    files = _selected(cache, chosen, older_than, unused=unused)
    unfinished = list(leftovers(cache))
    ledgers, models = _ledgers(cache, older_than), _models(cache, older_than)
    if as_json:
        print_json(
            {
                "root": str(cache.root),
                "files": [file.to_json() for file in files],
                "size": sum(file.size for file in files),
                "unfinished": [{"path": str(left.path), "size": left.size} for left in unfinished],
                "ledgers": [ledger.to_json() for ledger in ledgers],
                "compiled": [model.to_json() for model in models],
            }
        )
        return
    if files:
        from hubtool.report.cache import cache_table

        print_rich(cache_table(files))
    click.echo(f"{counted(len(files), 'file')}, {size(sum(file.size for file in files))} in {cache.root}", err=True)
    if chosen.quiet:
        return
    by_age = f"hubtool cache prune --older-than {older_than or '30d'}"
    _say_also(unfinished, "of unfinished transfers", "hubtool cache prune")
    _say_also(ledgers, f"in {counted(len(ledgers), 'ledger')} of evaluations", by_age)
    _say_also(models, f"in {counted(len(models), 'compiled model')}", by_age)


@command.command("verify")
@click.argument("names", nargs=-1, metavar="[NAME|DIGEST]...")
@click.option("--repair", is_flag=True, help="Fetch again what is wrong: of a large file only the wrong pieces.")
@transfer_options
@global_options
@click.pass_context
def verify(
    ctx: click.Context,
    *,
    names: tuple[str, ...],
    repair: bool,
    mirror: tuple[str, ...],
    allow_http: bool,
    allow_private: bool,
) -> int:
    """Read files in the cache (by default all) and compare their SHA-256. Exits 5 when one is wrong.

    With --repair, a wrong file is fetched again from where it came from. If that fails, the exit code says why.
    """
    chosen = settings(ctx)
    where = workspace(chosen, mirror, allow_http=allow_http, allow_private=allow_private)
    files = [*kept(where.cache), *unrepaired(where.cache)]
    if names:
        files = _named(chosen, files, names)
    codes = []
    for file in files:
        code = 0 if is_right(file) else DigestMismatch.exit_code
        status = "wrong" if code else "ok"
        if code and repair:
            code = _restored(file, where, chosen.progress())
            status = "wrong" if code else "repaired"
        codes.append(code)
        click.echo(f"{status:<{8 if repair else 5}}  {file.sha256[:12]}  {size(file.size):>9}  {file.name}")
    wrong = sum(code != 0 for code in codes)
    click.echo(f"{counted(len(files), 'file')} read, {wrong:,} wrong", err=True)
    if wrong and not repair:
        click.echo("  hint: --repair or hubtool pull fetches a wrong file again, hubtool cache rm removes it", err=True)
    return max(codes, default=0)


def _restored(file: Kept, where: Workspace, progress: Progress) -> int:
    """Fetch a wrong file again; returns the exit code."""
    try:
        restore(file, where.cache, where.access, progress)
    except HubtoolError as error:
        show_error(error)
        return error.exit_code
    return 0


@command.command("rm")
@click.argument("names", nargs=-1, required=True, metavar="NAME|DIGEST...")
@global_options
@click.pass_context
def rm(ctx: click.Context, *, names: tuple[str, ...]) -> None:
    """Remove files: those of a card, with a file name, or whose digest begins with the given digits."""
    chosen = settings(ctx)
    cache = Cache(chosen.cache_root)
    _remove(_named(chosen, kept(cache), names), partial(forget, cache), dry_run=False)


@command.command("prune")
@_filters
@click.option("-n", "--dry-run", is_flag=True, help="Only show what would be removed.")
@global_options
@click.pass_context
def prune(ctx: click.Context, *, older_than: str | None, unused: bool, dry_run: bool) -> None:
    """Remove unfinished transfers; with a filter, also the files it selects.

    --older-than also removes the ledgers of evaluations, finished or not, that were not written to for this long, and
    compiled models that were not used for this long.
    """
    chosen = settings(ctx)
    cache = Cache(chosen.cache_root)
    going = _selected(cache, chosen, older_than, unused=unused) if older_than or unused else []
    freed = _remove(going, partial(forget, cache), dry_run=dry_run)
    if older_than:
        freed += _remove(_ledgers(cache, older_than), forget_ledger, dry_run=dry_run)
        freed += _remove(_models(cache, older_than), forget_model, dry_run=dry_run)
    for leftover in list(leftovers(cache)):
        if dry_run or clear(cache, leftover):
            _say(leftover.path, leftover.size)
            freed += leftover.size
    click.echo(f"{size(freed)} {'would be ' if dry_run else ''}freed", err=True)


def _remove(found: Iterable[K], forgotten: Callable[[K], bool], *, dry_run: bool) -> int:
    """Remove things, or only say what would be removed; returns the number of bytes they took.

    Parameters
    ----------
    forgotten
        Removes one; False where it is in use.
    """
    freed = 0
    for one in found:
        if dry_run or forgotten(one):
            _say(one.path, one.size)
            freed += one.size
        else:
            click.echo(f"{one.path}: in use by a process, skipped", err=True)
    return freed


def _say_also(found: Sequence[Leftover | KeptLedger | KeptModel], what: str, removal: str) -> None:
    """How much space something takes beside the files, and what removes it; nothing where there is none."""
    if found:
        click.echo(f"and {size(sum(one.size for one in found))} {what}: {removal}", err=True)


def _say(path: object, length: int) -> None:
    click.echo(f"{path}  {size(length)}")


def _ledgers(cache: Cache, older_than: str | None) -> list[KeptLedger]:
    return kept_ledgers(cache.root, older_than=seconds_of(older_than) if older_than else None)


def _models(cache: Cache, older_than: str | None) -> list[KeptModel]:
    return kept_models(cache.root, older_than=seconds_of(older_than) if older_than else None)


def _selected(cache: Cache, chosen: Settings, older_than: str | None, *, unused: bool) -> list[Kept]:
    return select(
        kept(cache),
        older_than=seconds_of(older_than) if older_than else None,
        used_by=_linked(chosen) if unused else None,
    )


def _linked(chosen: Settings) -> list[Digest]:
    """The digests of all files that cards link."""
    return [digest for card in Catalogue(chosen.card_roots).cards for digest in _digests(claim_sets(card))]


def _digests(found: Iterable[ClaimSet]) -> list[Digest]:
    """The published digests of all their files."""
    return [asset.digest for claim_set in found for asset in claim_set.assets if asset.digest is not None]


def _named(chosen: Settings, files: list[Kept], names: tuple[str, ...]) -> list[Kept]:
    """Those of the files in the cache that names stand for: their own names, or those of cards.

    Raises
    ------
    NotFound
        The cache has none for one of the names.
    """
    found: list[Kept] = []
    for name in names:
        mine = matching(files, name) or _of_card(files, chosen, name)
        if not mine:
            raise NotFound(
                f"{chosen.cache_root}: no file for {name}",
                hint="hubtool cache ls shows all; a digest needs at least 4 digits",
            )
        found += [file for file in mine if file not in found]
    return found


def _of_card(files: list[Kept], chosen: Settings, name: str) -> list[Kept]:
    match = Catalogue(chosen.card_roots).resolve(name)
    found = claim_sets(match.card)
    if match.variant is not None:
        found = tuple(claim_set for claim_set in found if claim_set.variant == match.variant)
    digests = _digests(found)
    return [file for file in files if any(digest.matches(file.sha256) for digest in digests)]
