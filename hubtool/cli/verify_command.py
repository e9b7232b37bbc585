"""`hubtool verify`."""

from __future__ import annotations

from pathlib import Path

import click

from hubtool.asset.cache import Cache
from hubtool.card.registry import Catalogue
from hubtool.cli.containment import contained
from hubtool.cli.output import print_json, print_rich
from hubtool.cli.settings import global_options, settings
from hubtool.cli.transfer import access, pins_of, transfer_options
from hubtool.data.recipe import parse_changes
from hubtool.data.registry import locations_from
from hubtool.errors import UsageProblem
from hubtool.verify.diagnose import DIAGNOSED_IMAGES
from hubtool.verify.levels import Plan, verify
from hubtool.verify.subject import Subject, choose


@click.command("verify")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--reproduce-eval", is_flag=True, help="Re-run the evaluation and compare the figures.")
@click.option("--data", multiple=True, metavar="DATASET=PATH", help="Where a card's train-dataset lies; repeatable.")
@click.option(
    "--classes",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Class folder names, one a line, in the order of the network's outputs.",
)
@click.option("--limit", type=click.IntRange(min=1), help="Evaluate only that many images, drawn at random.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of that draw.")
@click.option(
    "--recipe", multiple=True, metavar="KEY=VALUE", help="Prepare images otherwise, such as crop_pct=0.9; repeatable."
)
@click.option("--diagnose", is_flag=True, help="On a mismatch, look for what explains the published figures.")
@click.option(
    "--diagnose-images",
    type=click.IntRange(min=1),
    default=DIAGNOSED_IMAGES,
    show_default=True,
    help="Images to try each suspect on.",
)
@click.option("--strict", is_flag=True, help="Claims that were not run count as problems.")
@transfer_options
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
@global_options
@click.pass_context
def command(
    ctx: click.Context,
    *,
    names: tuple[str, ...],
    reproduce_eval: bool,
    data: tuple[str, ...],
    classes: Path | None,
    limit: int | None,
    seed: int,
    recipe: tuple[str, ...],
    diagnose: bool,
    diagnose_images: int,
    strict: bool,
    mirror: tuple[str, ...],
    allow_http: bool,
    allow_private: bool,
    as_json: bool,
) -> int:
    """Give a verdict on each claim of the cards called NAME; by default of all cards.

    Without --reproduce-eval, the files that are at hand are checked and nothing is downloaded or run.
    """
    if diagnose and not reproduce_eval:
        raise UsageProblem("--diagnose explains a mismatch of an evaluation", hint="add --reproduce-eval")
    chosen = settings(ctx)
    subjects = choose(Catalogue(chosen.card_roots), names)
    claimed = [s.card.train_dataset for s in subjects if isinstance(s, Subject) and s.card.train_dataset]
    plan = Plan(
        cache=Cache(chosen.cache_root),
        access=access(chosen, mirror, allow_http, allow_private),
        pins=lambda folder: pins_of(folder, chosen),
        reproduce_eval=reproduce_eval,
        locations=locations_from(data, classes, claimed),
        limit=limit,
        seed=seed,
        recipe=parse_changes(recipe),
        diagnose=diagnose,
        diagnosed_images=diagnose_images,
    )
    with contained():
        results = verify(subjects, plan, chosen.progress())
    if as_json:
        print_json({"results": [result.to_json() for result in results]})
    else:
        from hubtool.report.verification import verification_view

        print_rich(*verification_view(results))
    return max(result.exit_code(strict=strict) for result in results)
