"""`hubtool lock`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click

from hubtool.asset.lockfile import Pin, pin_key, read_lockfile, update_lockfile
from hubtool.asset.policy import redacted
from hubtool.asset.pull import pin_of, pull
from hubtool.asset.together import together
from hubtool.card.claimset import ClaimSet, choose
from hubtool.card.record import Asset
from hubtool.cli.errors import show_any, show_error
from hubtool.cli.settings import global_options, settings
from hubtool.cli.transfer import transfer_options, workspace
from hubtool.errors import CardError, UsageProblem
from hubtool.words import counted
from hubtool.workspace import Workspace


@dataclass(frozen=True, slots=True)
class _File:
    """A file that a card links, and where it is pinned."""

    asset: Asset
    folder: Path
    lockfile: Path

    @property
    def key(self) -> str:
        return pin_key(self.asset, self.folder, self.lockfile)


@click.command("lock")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--check", is_flag=True, help="Fetch and write nothing; exit 1 if a pin is missing or wrong.")
@transfer_options
@global_options
@click.pass_context
def command(
    ctx: click.Context,
    *,
    names: tuple[str, ...],
    check: bool,
    mirror: tuple[str, ...],
    allow_http: bool,
    allow_private: bool,
) -> int:
    """Pin the files of the cards called NAME, by default of all cards, in hubtool.lock beside the cards.

    A file that is not pinned yet, or whose card now publishes another digest, is pulled, and its full SHA-256 and size
    are written down. Pins that still fit their card are kept, without using the network. When all cards are locked,
    pins of files that no card links any more are removed.
    """
    chosen = settings(ctx)
    where = workspace(chosen, mirror, allow_http=allow_http, allow_private=allow_private)
    selection = choose(where.catalogue(), names)
    files = list(_files(selection.claim_sets, where))
    for card in selection.unread:
        show_error(card.error)
    for claim_set in selection.claim_sets if names else ():
        if not claim_set.assets:
            click.echo(f"{claim_set.called}: no file is linked", err=True)
    pins = {path: read_lockfile(path) for path in dict.fromkeys(file.lockfile for file in files)}
    missing = [file for file in files if not _fits(file, pins[file.lockfile].get(file.key))]
    stale = {path: set(known) - {f.key for f in files if f.lockfile == path} for path, known in pins.items()}
    roots = [root.resolve() for root in chosen.card_roots]
    if names or selection.unread:
        stale = {}  # what other cards link is not known
    stale = {path: keys for path, keys in stale.items() if path.parent.resolve() in roots}
    if check:
        return max(_report(missing, stale), CardError.exit_code if selection.unread else 0)
    fetch = partial(pull, cache=where.cache, access=where.access, progress=chosen.progress())
    worst = CardError.exit_code if selection.unread else 0
    fresh: dict[Path, dict[str, Pin]] = {path: {} for path in pins}
    for file, outcome in zip(missing, together([partial(fetch, f.asset, f.folder) for f in missing]), strict=True):
        if isinstance(outcome, Exception):
            worst = max(worst, show_any(outcome, ctx.obj))
        else:
            fresh[file.lockfile][file.key] = pin_of(outcome, redacted(file.asset.url))
    for path, new in fresh.items():
        update_lockfile(path, new, drop=stale.get(path, ()))
        click.echo(path)
    dropped = sum(map(len, stale.values()))
    done = f"{counted(sum(map(len, fresh.values())), 'file')} pinned, {len(files) - len(missing):,} as before"
    click.echo(f"{done}{f', {dropped:,} dropped' if dropped else ''}", err=True)
    return worst


def _files(claim_sets: Sequence[ClaimSet], where: Workspace) -> Iterator[_File]:
    """Every file that the chosen cards link, once."""
    seen = set()
    for claim_set in claim_sets:
        folder = claim_set.card.folder
        lockfile = where.lockfile(folder)
        if lockfile is None:
            raise UsageProblem(
                f"{folder} came with hubtool and has its own lockfile",
                hint="copy the cards, or name others with --cards",
            )
        for asset in claim_set.assets:
            if (folder, asset.url) not in seen:
                seen.add((folder, asset.url))
                yield _File(asset, folder, lockfile)


def _fits(file: _File, pin: Pin | None) -> bool:
    return pin is not None and (file.asset.digest is None or file.asset.digest.matches(pin.sha256))


def _report(missing: list[_File], stale: dict[Path, set[str]]) -> int:
    for file in missing:
        click.echo(f"{file.lockfile}: {file.key} is not pinned, or not as the card says")
    for path, keys in stale.items():
        for key in sorted(keys):
            click.echo(f"{path}: no card links to {key}")
    return CardError.exit_code if missing or any(stale.values()) else 0
