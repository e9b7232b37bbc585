"""The results of a verification as one HTML file that needs nothing else, not even a network."""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from hubtool import __version__
from hubtool.data.fingerprint import Fingerprint
from hubtool.data.split import left_out_note
from hubtool.evaluation.sampling import Sampling
from hubtool.evidence.verdict import Verdict
from hubtool.extras import installed_versions, require
from hubtool.files import environment_errors, write_atomically
from hubtool.lint.formats.characters import visible
from hubtool.report.answers import Answers, answers_of
from hubtool.report.claimplot import ClaimPlot, claim_plot
from hubtool.report.units import figure
from hubtool.verify.result import Result
from hubtool.words import counted

_TEMPLATES = Path(__file__).parent / "templates"
_TEMPLATE = "verification.html.j2"
_VERSIONS_OF = ("mindspore", "numpy", "pillow", "scikit-learn", "pyarrow")


@dataclass(frozen=True, slots=True)
class Section:
    """A result as the page shows it.

    Attributes
    ----------
    answers
        None when nothing was evaluated, or an earlier section, number `same_as`, shows the same evaluation.
    provenance
        What was run, and how: names and values.
    """

    number: int
    called: str
    result: Result
    plot: ClaimPlot | None
    answers: Answers | None
    same_as: int | None
    provenance: list[tuple[str, str]]


def check_renderable() -> None:
    """Raise MissingExtra when pages cannot be made on this machine."""
    require("jinja2", extra="report", purpose="write an HTML report")


def write_page(path: Path, page: str) -> None:
    """Write a page: whole, or not at all. Raises EnvironmentProblem."""
    with environment_errors(path):
        write_atomically(path, page.encode("utf-8", "backslashreplace"))


def verification_page(results: Sequence[Result], *, now: datetime, sampling: Sampling | None = None) -> str:
    """The page: a summary, and for each result its checks, figures, answers and provenance.

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
    jinja2 = require("jinja2", extra="report", purpose="write an HTML report")
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,  # the text of cards is not to be trusted
        finalize=_shown,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"figure": figure, "counted": counted}
    verdicts = Counter(claim.verdict for result in results for claim in result.claims)
    return str(
        environment.get_template(_TEMPLATE).render(
            version=__version__,
            time=now.isoformat(sep=" ", timespec="seconds"),
            claims=sum(verdicts.values()),
            verdicts=[(verdict, verdicts[verdict]) for verdict in Verdict if verdicts[verdict]],
            failed=sum(result.error is not None for result in results),
            settings=_settings(sampling, results) if sampling else [],
            versions=list(_versions()),
            sections=list(_sections(results)),
        )
    )


def _shown(value: object) -> object:
    """Text with characters that show nothing, or reorder the rest, written as escapes; markup stays as it is."""
    return visible(value, keep="\n") if type(value) is str else value


def _sections(results: Sequence[Result]) -> Iterator[Section]:
    shown: dict[int, int] = {}
    for number, result in enumerate(results, 1):
        evaluation = result.evaluation
        first = shown.setdefault(id(evaluation), number) if evaluation is not None else number
        yield Section(
            number=number,
            called=result.heading.called,
            result=result,
            plot=claim_plot(result.claims),
            answers=answers_of(evaluation, result.run.split) if result.run and evaluation and first == number else None,
            same_as=None if first == number else first,
            provenance=list(_provenance(result)),
        )


def _provenance(result: Result) -> Iterator[tuple[str, str]]:
    run = result.run
    if run is None:
        return
    counts, identity = run.evaluation.counts, run.identity
    yield "engine", f"{identity.library}, {identity.precision}, {identity.device}"
    yield "dataset", run.split.name
    yield from _fingerprint_facts(run.fingerprint)
    if result.split_note:
        yield "known split", result.split_note
    if run.split.left_out:
        yield "left out", left_out_note(run.split.left_out)
    yield "evaluated", f"{counts.images:,} of {counts.split_size:,} images{counts.rate_note}"
    if counts.resumed:
        yield "of an earlier run", counted(counts.resumed, "image")
    if counts.skipped:
        yield "left out as unreadable", counted(counts.skipped, "image")
    yield "images prepared", result.recipe.described if result.recipe else "the only way this dataset has"
    yield "answers SHA-256", run.evaluation.digest


def _fingerprint_facts(fingerprint: Fingerprint) -> Iterator[tuple[str, str]]:
    size = "" if fingerprint.bytes is None else f", {fingerprint.bytes:,} bytes"
    yield "layout", f"{fingerprint.layout}: {counted(fingerprint.images, 'image')}{size}"
    yield "names and labels SHA-256", fingerprint.names_sha256
    if fingerprint.contents_sha256 is not None:
        yield "contents SHA-256", fingerprint.contents_sha256


def _settings(sampling: Sampling, results: Sequence[Result]) -> list[tuple[str, Any]]:
    skipped = {id(result.evaluation): result.counts.skipped for result in results if result.counts}
    unreadable = f"{counted(sum(skipped.values()), 'image')} left out" if sampling.skip_unreadable else "not left out"
    return [
        ("limit", "none" if sampling.limit is None else counted(sampling.limit, "image")),
        ("seed", sampling.seed),
        ("early stop", "yes" if sampling.early_stop else "no"),
        ("tolerance", f"{sampling.tolerance:g} points"),
        ("batch size", sampling.batch_size),
        ("unreadable images", unreadable),
    ]


def _versions() -> Iterator[tuple[str, str]]:
    yield "hubtool", __version__
    yield "Python", platform.python_version()
    yield from installed_versions(_VERSIONS_OF).items()
    yield "platform", platform.platform()
