"""The results of a verification as sections of a page."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Sequence
from datetime import datetime

from hubtool.data.clutter import clutter_note
from hubtool.data.fingerprint import Fingerprint
from hubtool.data.split import left_out_note
from hubtool.evaluation.sampling import Sampling
from hubtool.extras import MEASURING, installed_versions
from hubtool.report.answers import answers_of
from hubtool.report.engine import engine_facts
from hubtool.report.html import render_page
from hubtool.report.section import Line, Section
from hubtool.report.settings import sources_said
from hubtool.verify.result import Result
from hubtool.verify.run import Run
from hubtool.verify.summary import lines_of, summary_of
from hubtool.words import counted


def verification_page(results: Sequence[Result], *, now: datetime, sampling: Sampling | None = None) -> str:
    """The page about results that were obtained just now.

    Parameters
    ----------
    now
        When the verification ended; aware of its time zone.
    sampling
        How much of the splits was to be evaluated.

    Raises
    ------
    MissingExtra
        jinja2 is not installed.
    """
    settings = [*(_settings(sampling, results) if sampling else []), *_versions()]
    return render_page(
        list(result_sections(results)),
        title="Verification of published figures",
        now=now,
        settings=settings,
        kept=list(lines_of(summary_of(results))) if len(results) > 1 else (),  # the only section says it itself
    )


def result_sections(results: Sequence[Result]) -> Iterator[Section]:
    """One section per result; answers that several results share are shown with the first of them."""
    shown: dict[int, int] = {}
    for number, result in enumerate(results, 1):
        run = result.run
        first = shown.setdefault(id(run.evaluation), number) if run else number
        yield Section(
            number=number,
            heading=result.heading,
            sha256=result.asset.sha256 if result.asset else "",
            claims=result.claims,
            checks=[
                Line(check.level.value, check.status, "; ".join((check.detail, *check.notes)))
                for check in result.checks
            ],
            failed=result.error is not None,
            hint=result.error.hint if result.error else "",
            diagnosis=result.diagnosis.sentences if result.diagnosis else (),
            answers=answers_of(run.evaluation, run.split) if run and first == number else None,
            same_as=None if first == number else first,
            provenance=list(_provenance(result, run)) if run else (),
            planned=list(_planned(result)) if run is None else (),
        )


def _settings(sampling: Sampling, results: Sequence[Result]) -> list[tuple[str, str]]:
    """How much of the splits was to be evaluated: names and values."""
    skipped = {id(result.run): result.counts.skipped for result in results if result.counts}
    unreadable = f"{counted(sum(skipped.values()), 'image')} skipped" if sampling.skip_unreadable else "not skipped"
    return [
        ("limit", "none" if sampling.limit is None else counted(sampling.limit, "image")),
        ("seed", str(sampling.seed)),
        ("early stop", "yes" if sampling.early_stop else "no"),
        ("tolerance", f"{sampling.tolerance:g} points"),
        ("batch size", str(sampling.batch_size)),
        ("unreadable images", unreadable),
    ]


def _versions() -> Iterator[tuple[str, str]]:
    yield from installed_versions(MEASURING).items()
    yield "platform", platform.platform()


def _provenance(result: Result, run: Run) -> Iterator[tuple[str, str]]:
    counts, transform = run.evaluation.counts, run.job.images.transform
    yield from engine_facts(run.engine.used)
    yield "dataset", run.split.name
    yield from _fingerprint_facts(run.fingerprint)
    if result.split_note:
        yield "known split", result.split_note
    if run.split.left_out:
        yield "skipped files", left_out_note(run.split.left_out)
    if run.split.clutter:
        yield "passed over", clutter_note(run.split.clutter)
    yield "evaluated", f"{counts.images:,} of {counts.split_size:,} images{counts.rate_note}"
    if counts.resumed:
        yield "of an earlier run", counted(counts.resumed, "image")
    if counts.skipped:
        yield "skipped as unreadable", counted(counts.skipped, "image")
    yield "images prepared", transform.described if transform else "the only way this dataset has"
    if result.recipe_sources:
        yield "settings", sources_said(result.recipe_sources)
    yield "answers SHA-256", run.evaluation.digest


def _planned(result: Result) -> Iterator[tuple[str, str]]:
    """How the images of an evaluation that was not run would be prepared, and who says so."""
    if result.settings is not None:
        yield "images", result.settings.recipe.described
        if result.recipe_sources:
            yield "settings", sources_said(result.recipe_sources)


def _fingerprint_facts(fingerprint: Fingerprint) -> Iterator[tuple[str, str]]:
    size = "" if fingerprint.bytes is None else f", {fingerprint.bytes:,} bytes"
    yield "layout", f"{fingerprint.layout}: {counted(fingerprint.images, 'image')}{size}"
    yield "names and labels SHA-256", fingerprint.names_sha256
    if fingerprint.contents_sha256 is not None:
        yield "contents SHA-256", fingerprint.contents_sha256
