"""The files that `hubtool verify` writes: evidence, predictions, a report."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import partial
from pathlib import Path

import click

from hubtool.cli.errors import show_error
from hubtool.errors import EnvironmentProblem, HubtoolError, NotFound, UsageProblem
from hubtool.evaluation.outcome import Evaluation
from hubtool.evaluation.predictions import predictions_of, write_predictions
from hubtool.evaluation.sampling import Sampling
from hubtool.files import check_folder_writable, check_writable
from hubtool.verify.attest import write_evidence
from hubtool.verify.plan import Plan
from hubtool.verify.predicted import files_for
from hubtool.verify.result import Result


@dataclass(frozen=True, slots=True)
class VerifyFiles:
    """Where the user wants them; None for what is not wanted.

    Attributes
    ----------
    evidence
        A folder, created if it does not exist.
    predictions, report
        Files, in folders that exist.
    """

    evidence: Path | None
    predictions: Path | None
    report: Path | None

    def check(self, *, reproduce_eval: bool, classes: Path | None) -> None:
        """Refuse, before anything runs, what could not be written at the end.

        Parameters
        ----------
        classes
            A file that is read, and so must not be replaced.

        Raises
        ------
        UsageProblem
            Nothing would be written, or one file would overwrite another.
        NotFound
            The folder of a file does not exist.
        EnvironmentProblem
            The system refuses to write there, or what renders a report is not installed.
        """
        for option, path in (("--evidence", self.evidence), ("--predictions", self.predictions)):
            if path is not None and not reproduce_eval:
                raise UsageProblem(f"{option}: nothing is evaluated", hint="add --reproduce-eval")
        _check_apart(
            {
                "--classes": classes,
                "--predictions": self.predictions,
                "--report": self.report,
                "--evidence": self.evidence,
            }
        )
        if self.evidence is not None:
            with _refusals(f"--evidence {self.evidence}"):
                check_folder_writable(self.evidence)
        for option, path in (("--predictions", self.predictions), ("--report", self.report)):
            if path is not None:
                check_output_file(option, path)
        if self.report is not None:
            from hubtool.report.html import check_renderable

            check_renderable()

    def write(self, results: Sequence[Result], plan: Plan, *, quiet: bool) -> int:
        """Write all of them and say so; one that fails does not cost the others.

        Parameters
        ----------
        plan
            The plan that gave the results.

        Returns
        -------
        int
            The exit code of what failed, or 0.
        """
        failed = 0
        for write in self._writers(results, plan):
            try:
                for path in write():
                    if not quiet:
                        click.echo(f"wrote {path}", err=True)
            except HubtoolError as error:
                show_error(error)
                failed = error.exit_code
        was_evaluated = any(result.evaluation is not None for result in results)
        if failed and was_evaluated:
            click.echo("  hint: the same command with --resume writes every file without evaluating again", err=True)
        if self.predictions is not None and not was_evaluated and not quiet:
            click.echo(f"{self.predictions} was not written: nothing was evaluated", err=True)
        return failed

    def _writers(self, results: Sequence[Result], plan: Plan) -> Iterator[Callable[[], Iterable[Path]]]:
        """Functions that write something and return where."""
        if self.evidence is not None:
            yield partial(write_evidence, self.evidence, results, plan)
        if self.predictions is not None:
            for path, evaluation in files_for(self.predictions, results):
                yield partial(_write_predictions, path, evaluation)
        if self.report is not None:
            yield partial(_write_report, self.report, results, plan.sampling)


def _check_apart(paths: Mapping[str, Path | None]) -> None:
    """Refuse options that name the same file, by whatever path: the last one would replace the others."""
    owners: dict[str, str] = {}
    for option, path in paths.items():
        if path is None:
            continue
        first = owners.setdefault(os.path.realpath(path), option)
        if first != option:
            raise UsageProblem(f"{first} and {option} are the same file: {path}", hint="name one for each")


def check_output_file(option: str, path: Path) -> None:
    """Refuse a file that cannot be written, before any work. Raises NotFound or EnvironmentProblem."""
    if not path.parent.is_dir():
        raise NotFound(f"{option} {path}: {path.parent} is not a folder", hint="create it first")
    with _refusals(f"{option} {path}"):
        check_writable(path)


@contextmanager
def _refusals(target: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise EnvironmentProblem(
            f"{target}: cannot be written: {error.strerror or error}", hint="name another place; nothing was evaluated"
        ) from error


def _write_predictions(path: Path, evaluation: Evaluation) -> list[Path]:
    write_predictions(path, predictions_of(evaluation))
    return [path]


def _write_report(path: Path, results: Sequence[Result], sampling: Sampling) -> list[Path]:
    from hubtool.report.html import write_page
    from hubtool.report.results import verification_page

    write_page(path, verification_page(results, now=datetime.now(timezone.utc), sampling=sampling))
    return [path]
