"""`hubtool verify`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from hubtool.card.claimset import choose
from hubtool.cli.containment import contained
from hubtool.cli.output import print_json, print_rich, say_linked_folders
from hubtool.cli.settings import global_options, settings
from hubtool.cli.transfer import transfer_options, workspace
from hubtool.cli.userpath import UserPath
from hubtool.cli.verify_files import VerifyFiles
from hubtool.cli.weights_option import ema_option
from hubtool.data.locations import locations_from
from hubtool.data.transform.spec import parse_changes
from hubtool.diagnosis.run import DIAGNOSED_IMAGES
from hubtool.engine.choose import AUTO, BACKENDS
from hubtool.engine.protocol import PRECISIONS, Execution
from hubtool.errors import UsageProblem
from hubtool.evaluation.ledger import Resume
from hubtool.evaluation.sampling import BATCH_SIZE, Sampling
from hubtool.evidence.verdict import ROUNDING, TOLERANCE
from hubtool.verify.plan import Plan
from hubtool.verify.result import Result
from hubtool.verify.summary import summary_of
from hubtool.verify.verify import verify


@click.command("verify")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--reproduce-eval", is_flag=True, help="Run the evaluation again and compare the figures.")
@click.option(
    "--data",
    multiple=True,
    metavar="DATASET=PATH",
    help="Where a card's dataset is; repeatable. [env HUBTOOL_DATA_<DATASET>]",
)
@click.option(
    "--classes",
    type=UserPath(dir_okay=False),
    help="A file of class names, one per line, in the order of the network's outputs.",
)
@click.option("--limit", type=click.IntRange(min=1), help="Evaluate only this many images, drawn at random.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Seed of random draws.")
@click.option(
    "--early-stop", is_flag=True, help="Evaluate in random order, and stop as soon as every claim is settled."
)
@click.option(
    "--tolerance",
    type=click.FloatRange(min=ROUNDING, max=100),
    default=TOLERANCE,
    show_default=True,
    help="Largest accepted difference from a published figure, in points.",
)
@click.option(
    "--batch-size",
    type=click.IntRange(min=1),
    default=BATCH_SIZE,
    show_default=True,
    help="Images that go through the network at once.",
)
@click.option(
    "--engine",
    type=click.Choice([AUTO, *BACKENDS]),
    default=AUTO,
    envvar="HUBTOOL_ENGINE",
    show_default=True,
    help="What runs the network; auto takes the fastest whose answers are the reference's. [env HUBTOOL_ENGINE]",
)
@click.option(
    "--precision",
    type=click.Choice(list(PRECISIONS)),
    default="f32",
    show_default=True,
    help="What the network computes in; verdicts say so where it is bf16.",
)
@click.option(
    "--device", default="", metavar="DEVICE", help="As the engine calls it: CPU, GPU, Ascend.  [default: CPU]"
)
@click.option(
    "--resume/--no-resume",
    default=None,
    help="Reuse a finished evaluation too, or start over.  [default: resume after an interruption]",
)
@click.option(
    "--predictions",
    type=UserPath(dir_okay=False),
    metavar="FILE.csv",
    help="Write the network's answer for each image.",
)
@click.option(
    "--report",
    type=UserPath(dir_okay=False),
    metavar="FILE.html",
    help="Write figures, answers and provenance as one HTML file.",
)
@click.option(
    "--recipe",
    multiple=True,
    metavar="KEY=VALUE",
    help="Override how images are prepared, e.g. crop_pct=0.9; repeatable.",
)
@ema_option
@click.option("--diagnose", is_flag=True, help="On a mismatch, look for what explains the published figures.")
@click.option(
    "--diagnose-images",
    type=click.IntRange(min=1),
    default=DIAGNOSED_IMAGES,
    show_default=True,
    help="Images to test each hypothesis on.",
)
@click.option(
    "--skip-unreadable", is_flag=True, help="Skip images that cannot be decoded; rules out a full reproduction."
)
@click.option("--hash-contents", is_flag=True, help="Add a digest of all images to the result; reads them all.")
@click.option(
    "--evidence",
    type=UserPath(file_okay=False),
    metavar="DIR",
    help="Write what was measured as in-toto statements.",
)
@click.option("--strict", is_flag=True, help="Count claims that were not run as problems.")
@click.option("--fail-fast", is_flag=True, help="Stop at the first problem.")
@transfer_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
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
    engine: str,
    precision: str,
    device: str,
    resume: bool | None,
    predictions: Path | None,
    report: Path | None,
    recipe: tuple[str, ...],
    ema: bool | None,
    diagnose: bool,
    diagnose_images: int,
    skip_unreadable: bool,
    hash_contents: bool,
    evidence: Path | None,
    strict: bool,
    fail_fast: bool,
    mirror: tuple[str, ...],
    allow_http: bool,
    allow_private: bool,
    as_json: bool,
) -> int:
    """Give a verdict on each claim of the cards called NAME; by default of all cards.

    Without --reproduce-eval, only files already on this machine are checked; nothing is downloaded or run.
    """
    if diagnose and not reproduce_eval:
        raise UsageProblem("--diagnose explains a mismatch of an evaluation", hint="add --reproduce-eval")
    if hash_contents and not reproduce_eval:
        raise UsageProblem("--hash-contents: no images are read", hint="add --reproduce-eval")
    chosen = settings(ctx)
    files = VerifyFiles(evidence, predictions, report)
    files.check(reproduce_eval=reproduce_eval, classes=classes)
    where = workspace(chosen, mirror, allow_http=allow_http, allow_private=allow_private)
    catalogue = where.catalogue()
    selection = choose(catalogue, names)
    if not names and not chosen.quiet:
        say_linked_folders(catalogue)
    claimed = [claim_set.dataset for claim_set in selection.claim_sets if claim_set.dataset]
    plan = Plan(
        workspace=where,
        reproduce_eval=reproduce_eval,
        locations=locations_from(data, classes, claimed),
        sampling=Sampling(limit, seed, batch_size, early_stop, tolerance, skip_unreadable),
        resume={None: Resume.UNFINISHED, True: Resume.ALL, False: Resume.NONE}[resume],
        recipe=parse_changes(recipe),
        ema=ema,
        engine=engine,
        execution=Execution(PRECISIONS[precision], device),
        fail_fast=fail_fast,
        strict=strict,
        hash_contents=hash_contents,
        diagnose=diagnose,
        diagnosed_images=diagnose_images,
    )
    with contained():
        results = verify(selection, plan, chosen.progress())
    try:
        _show(results, as_json=as_json)
    finally:  # a reader that stops early must not cost the files
        failed = files.write(results, plan, quiet=chosen.quiet)
    return failed or max(result.exit_code(strict=strict) for result in results)


def _show(results: Sequence[Result], *, as_json: bool) -> None:
    if as_json:
        summary = summary_of(results)
        print_json({"results": [result.to_json() for result in results], "summary": summary.to_json()})
        return
    from hubtool.report.verification import verification_view

    print_rich(*verification_view(results))
