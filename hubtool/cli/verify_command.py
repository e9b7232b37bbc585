"""`hubtool verify`."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path

import click

from hubtool.asset.cache import Cache
from hubtool.card.registry import Catalogue
from hubtool.card.subject import Subject, choose
from hubtool.cli.containment import contained
from hubtool.cli.output import print_json, print_rich
from hubtool.cli.settings import global_options, settings
from hubtool.cli.transfer import access, pins_of, transfer_options
from hubtool.data.locations import locations_from
from hubtool.data.recipe import parse_changes
from hubtool.errors import NotFound, UsageProblem
from hubtool.verify.diagnose import DIAGNOSED_IMAGES
from hubtool.verify.evaluate import BATCH_SIZE
from hubtool.verify.evidence import write_evidence
from hubtool.verify.ledger import Resume
from hubtool.verify.levels import verify
from hubtool.verify.measure import Sampling
from hubtool.verify.plan import Plan
from hubtool.verify.predictions import files_for, predictions_of, write_predictions
from hubtool.verify.result import SubjectResult
from hubtool.verify.verdict import ROUNDING, TOLERANCE


@click.command("verify")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--reproduce-eval", is_flag=True, help="Re-run the evaluation and compare the figures.")
@click.option(
    "--data",
    multiple=True,
    metavar="DATASET=PATH",
    help="Where a card's train-dataset lies; repeatable. [env HUBTOOL_DATA_<DATASET>]",
)
@click.option(
    "--classes",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Class names, one a line, in the order of the network's outputs.",
)
@click.option("--limit", type=click.IntRange(min=1), help="Evaluate only that many images, drawn at random.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of that draw.")
@click.option(
    "--early-stop", is_flag=True, help="Evaluate in random order, and stop as soon as every claim is settled."
)
@click.option(
    "--tolerance",
    type=click.FloatRange(min=ROUNDING, max=100),
    default=TOLERANCE,
    show_default=True,
    help="How far off a published figure may be, in points.",
)
@click.option(
    "--batch-size",
    type=click.IntRange(min=1),
    default=BATCH_SIZE,
    show_default=True,
    help="Images that go through the network at once.",
)
@click.option(
    "--resume/--no-resume",
    default=None,
    help="Take what is there of a finished evaluation too, or start over.  [default: go on after an interruption]",
)
@click.option(
    "--predictions",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE.csv",
    help="Write what the network said of each image.",
)
@click.option(
    "--report",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE.html",
    help="Write figures, answers and provenance as one HTML file.",
)
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
@click.option(
    "--skip-unreadable", is_flag=True, help="Leave out images that cannot be decoded; rules out a full reproduction."
)
@click.option(
    "--evidence",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write what was measured as in-toto statements.",
)
@click.option("--strict", is_flag=True, help="Claims that were not run, or not on the whole known split, are problems.")
@click.option("--fail-fast", is_flag=True, help="Stop at the first problem.")
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
    early_stop: bool,
    tolerance: float,
    batch_size: int,
    resume: bool | None,
    predictions: Path | None,
    report: Path | None,
    recipe: tuple[str, ...],
    diagnose: bool,
    diagnose_images: int,
    skip_unreadable: bool,
    evidence: Path | None,
    strict: bool,
    fail_fast: bool,
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
    if evidence is not None and not reproduce_eval:
        raise UsageProblem("--evidence: nothing is evaluated", hint="add --reproduce-eval")
    chosen = settings(ctx)
    _check_apart({"--classes": classes, "--predictions": predictions, "--report": report, "--evidence": evidence})
    if predictions is not None:
        _check_target(predictions, reproduce_eval=reproduce_eval)
    if report is not None:
        _check_report(report)
    subjects = choose(Catalogue(chosen.card_roots), names)
    claimed = [s.card.train_dataset for s in subjects if isinstance(s, Subject) and s.card.train_dataset]
    plan = Plan(
        cache=Cache(chosen.cache_root),
        access=access(chosen, mirror, allow_http, allow_private),
        pins=lambda folder: pins_of(folder, chosen),
        reproduce_eval=reproduce_eval,
        locations=locations_from(data, classes, claimed),
        sampling=Sampling(limit, seed, batch_size, early_stop, tolerance, skip_unreadable),
        resume={None: Resume.UNFINISHED, True: Resume.ALL, False: Resume.NONE}[resume],
        recipe=parse_changes(recipe),
        fail_fast=fail_fast,
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
    if evidence is not None:
        for path in write_evidence(evidence, subjects[: len(results)], results, plan.sampling):
            click.echo(f"evidence: {path}", err=True)
    if predictions is not None:
        _write(predictions, results, quiet=chosen.quiet)
    if report is not None:
        _write_report(report, results, plan.sampling, quiet=chosen.quiet)
    return max(result.exit_code(strict=strict) for result in results)


def _check_apart(paths: Mapping[str, Path | None]) -> None:
    """Refuse options that name the same file, by whatever path: the last one would replace the others."""
    owners: dict[str, str] = {}
    for option, path in paths.items():
        if path is None:
            continue
        first = owners.setdefault(os.path.realpath(path), option)
        if first != option:
            raise UsageProblem(f"{first} and {option} are the same file: {path}", hint="name one for each")


def _check_target(predictions: Path, *, reproduce_eval: bool) -> None:
    """Refuse before anything runs what could not be written after it ran."""
    if not reproduce_eval:
        raise UsageProblem("--predictions: nothing is evaluated", hint="add --reproduce-eval")
    if not predictions.parent.is_dir():
        raise NotFound(f"--predictions {predictions}: {predictions.parent} is not a folder", hint="make it first")


def _check_report(report: Path) -> None:
    """Refuse before anything runs what could not be written after it ran."""
    from hubtool.report.html import check_renderable

    if not report.parent.is_dir():
        raise NotFound(f"--report {report}: {report.parent} is not a folder", hint="make it first")
    check_renderable()


def _write_report(report: Path, results: Sequence[SubjectResult], sampling: Sampling, *, quiet: bool) -> None:
    from hubtool.report.html import verification_page, write_page

    write_page(report, verification_page(results, now=datetime.now(timezone.utc), sampling=sampling))
    if not quiet:
        click.echo(f"wrote {report}", err=True)


def _write(predictions: Path, results: Sequence[SubjectResult], *, quiet: bool) -> None:
    files = files_for(predictions, results)
    for path, evaluation in files:
        write_predictions(path, predictions_of(evaluation))
        if not quiet:
            click.echo(f"wrote {path}", err=True)
    if not files and not quiet:
        click.echo(f"{predictions} was not written: nothing was evaluated", err=True)
