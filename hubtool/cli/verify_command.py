"""`hubtool verify`."""

from __future__ import annotations

from pathlib import Path

import click

from hubtool.asset.cache import Cache
from hubtool.card.registry import Catalogue
from hubtool.cli.containment import contained
from hubtool.cli.output import print_json, print_rich
from hubtool.cli.settings import global_options, settings
from hubtool.data.registry import DataLocations, dataset_key
from hubtool.errors import NotFound, UsageProblem
from hubtool.verify.levels import Plan, verify_subject
from hubtool.verify.subject import Subject, all_subjects, row_subject


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
@click.option("--strict", is_flag=True, help="Claims that were not run count as problems.")
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
    strict: bool,
    as_json: bool,
) -> int:
    """Give a verdict on each claim of the cards called NAME; by default of all cards.

    Without --reproduce-eval, the files that are at hand are checked and nothing is downloaded or run.
    """
    chosen = settings(ctx)
    subjects = _subjects(Catalogue(chosen.card_roots), names)
    plan = Plan(
        cache=Cache(chosen.cache_root),
        offline=chosen.offline,
        reproduce_eval=reproduce_eval,
        locations=_locations(data, classes, subjects),
        limit=limit,
        seed=seed,
    )
    progress = chosen.progress()
    with contained():
        results = [verify_subject(subject, plan, progress) for subject in subjects]
    if as_json:
        print_json({"results": [result.to_json() for result in results]})
    else:
        from hubtool.report.verification import verification_view

        print_rich(*verification_view(results))
    return max(result.exit_code(strict=strict) for result in results)


def _subjects(catalogue: Catalogue, names: tuple[str, ...]) -> list[Subject]:
    if not names:
        subjects = [subject for card in catalogue.cards for subject in all_subjects(card)]
        if not subjects:
            roots = ", ".join(str(root) for root in catalogue.roots)
            raise NotFound(f"{roots}: no valid card below", hint="hubtool validate says what is wrong")
        return subjects
    subjects = []
    for match in [catalogue.resolve(name) for name in names]:
        subjects += [row_subject(match.card, match.variant)] if match.variant else all_subjects(match.card)
    return subjects


def _locations(data: tuple[str, ...], classes: Path | None, subjects: list[Subject]) -> DataLocations:
    claimed = {dataset_key(s.card.train_dataset): s.card.train_dataset for s in subjects if s.card.train_dataset}
    folders = {}
    for given in data:
        name, equals, path = given.partition("=")
        if not (name and equals and path):
            raise UsageProblem(
                f"--data {given}: not DATASET=PATH", hint="for example --data imagenet2012=/data/imagenet"
            )
        if dataset_key(name) not in claimed:
            raise UsageProblem(
                f"--data {given}: no card asked for is about {name}", hint=f"they name {_names(claimed)}"
            )
        if not Path(path).exists():
            raise NotFound(f"--data {given}: {path} does not exist", hint="name the folder that holds val/")
        folders[dataset_key(name)] = Path(path)
    return DataLocations(folders, _class_names(classes) if classes else None)


def _names(claimed: dict[str, str]) -> str:
    return ", ".join(claimed.values()) or "no dataset"


def _class_names(path: Path) -> list[str]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise NotFound(f"--classes {path}: no such file", hint="one class folder name a line") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageProblem(f"--classes {path}: {error}", hint="one class folder name a line, UTF-8") from error
    names = [line.strip() for line in lines if line.strip()]
    if len(set(names)) != len(names):
        raise UsageProblem(f"--classes {path}: a name stands in it twice")
    return names
