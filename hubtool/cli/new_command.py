"""`hubtool new`."""

from __future__ import annotations

import getpass
import importlib.metadata
import re
import shutil
from datetime import datetime, timezone
from pathlib import Path

import click

from hubtool.asset.intact import hash_file
from hubtool.card.catalogue import invalid
from hubtool.card.parse import parse_card
from hubtool.card.record import SHORTEST_DIGEST
from hubtool.card.template import Draft, render_card
from hubtool.checkpoint.leftovers import roles
from hubtool.checkpoint.reader import Checkpoint
from hubtool.cli.settings import global_options, settings
from hubtool.cli.userpath import UserPath
from hubtool.errors import NotFound, UsageProblem
from hubtool.files import atomic_stream, environment_errors, write_atomically
from hubtool.network.claimed import with_head
from hubtool.network.registry import find_spec
from hubtool.resources import packaged

_COPIED_AT_A_TIME = 1024 * 1024
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")


def _login() -> str:
    try:
        return getpass.getuser()
    except (
        ImportError,
        KeyError,
        OSError,
    ):  # as in containers, or where users are not listed
        return "unknown"


@click.command("new")
@click.argument("name")
@click.option("--ckpt", type=UserPath(dir_okay=False), help="The checkpoint that the card is about.")
@click.option("--link", help="Where the checkpoint is or will be published.  [default: a copy beside the card]")
@click.option("--dataset", default="", help="The card's train-dataset.")
@click.option("--evaluation", default="", help="The figures, such as 'top1acc76.85 | top5acc93.24'.")
@click.option("--author", default=_login, help="Who is responsible for the card.  [default: your login]")
@click.option("--version", "version", default="1.0", show_default=True, help="The card's model-version.")
@click.option("--license", "licence", default="Apache-2.0", show_default=True, help="An SPDX expression.")
@click.option("--repo", "repository", default="", help="Link to the training code.")
@click.option("--summary", help="One sentence about the model.")
@global_options
@click.pass_context
def command(
    ctx: click.Context,
    *,
    name: str,
    ckpt: Path | None,
    link: str | None,
    dataset: str,
    evaluation: str,
    author: str,
    version: str,
    licence: str,
    repository: str,
    summary: str | None,
) -> None:
    """Write a card for the model called NAME into the folder of cards, and print its path.

    With --ckpt, digest and number of parameters are filled in from the file. Without --link, the file is copied to
    assets/ beside the card, with the first digits of its digest in its name.
    """
    folder = settings(ctx).card_roots[0]
    if folder == packaged("cards"):  # nobody adds to the cards that came with hubtool
        folder = Path("cards")
    if not _NAME.fullmatch(name):
        raise UsageProblem(f"{name!r} is not a model name", hint="use letters, digits, dot, dash, underscore and plus")
    target = folder / f"{name}.md"
    if target.exists():
        raise UsageProblem(f"{target} already exists", hint="hubtool never overwrites a card; choose another name")
    digest, parameters = _measured(ckpt) if ckpt else ("", None)
    if parameters is None and (spec := find_spec(name)) and (headed := with_head(spec, dataset)):
        parameters = headed.parameter_count
    file_name = f"{name}-{digest[:SHORTEST_DIGEST]}.ckpt" if digest else f"{name}.ckpt"
    draft = Draft(
        name=name,
        version=version,
        author=author,
        user_id=author,
        dataset=dataset,
        figures=evaluation,
        licence=licence,
        mindspore_version=_mindspore_version(),
        summary=summary or f"{name}, a network for MindSpore",
        repository=repository,
        link=link or f"assets/{file_name}",
        digest=digest,
        parameters=parameters,
        day=datetime.now(timezone.utc).date(),
    )
    text = render_card(draft)
    parsed = parse_card(text, target)
    if parsed.card is None:
        raise UsageProblem(f"the card would not be valid: {invalid(parsed).message}", hint="nothing was written")
    with environment_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        if ckpt and link is None:
            _copy(ckpt, folder / "assets" / file_name)
        write_atomically(target, text.encode())
    click.echo(target)
    click.echo(f"next: write its text, then hubtool validate {target}", err=True)


def _copy(ckpt: Path, target: Path) -> None:
    if target.exists() and target.samefile(ckpt):
        return
    target.parent.mkdir(exist_ok=True)
    with atomic_stream(target) as stream, ckpt.open("rb") as source:
        shutil.copyfileobj(source, stream, _COPIED_AT_A_TIME)


def _measured(ckpt: Path) -> tuple[str, int]:
    """SHA-256 of a checkpoint, and the number of scalars in its parameters: what training left there does not count."""
    if not ckpt.is_file():
        raise NotFound(f"{ckpt}: no such checkpoint", hint="name a MindSpore .ckpt file")
    tensors = Checkpoint(ckpt).tensors
    left_over = roles(tensors)
    return hash_file(ckpt), sum(tensor.count for name, tensor in tensors.items() if name not in left_over)


def _mindspore_version() -> str:
    try:
        version = importlib.metadata.version("mindspore")
    except importlib.metadata.PackageNotFoundError:
        return "2.8"
    return ".".join(version.split(".")[:2])
