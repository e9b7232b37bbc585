"""The results of a verification: levels, figures, verdicts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from rich.table import Table
from rich.text import Text

from hubtool.card.judgement import Verdict
from hubtool.lint.formats.characters import visible
from hubtool.report.units import figure
from hubtool.verify.diagnosis import Diagnosis
from hubtool.verify.result import Status, SubjectResult
from hubtool.verify.verdict import ClaimResult
from hubtool.words import counted

_VERDICT_STYLES = {
    Verdict.REPRODUCED: "bold green",
    Verdict.CONSISTENT: "green",
    Verdict.MISMATCH: "bold red",
    Verdict.INCONCLUSIVE: "yellow",
    Verdict.NOT_RUN: "dim",
}
_STATUS_STYLES = {Status.OK: "green", Status.FAILED: "bold red", Status.SKIPPED: "dim"}


def verification_view(results: Sequence[SubjectResult]) -> Iterator[Table | Text]:
    """For each file its levels and the verdicts on its figures; at the end how many of each."""
    for result in results:
        yield _heading(result)
        levels = Table(box=None, show_header=False, padding=(0, 0, 0, 2))
        for check in result.checks:
            style = _STATUS_STYLES[check.status]
            levels.add_row(check.level.value, Text(check.status.value, style=style), Text(visible(check.detail)))
        yield levels
        if result.claims:
            yield _claims_table(result.claims, said_already=result.checks[-1].detail)
        if result.recipe is not None:
            yield Text(f"  images: {result.recipe.described}", style="dim")
        if result.diagnosis is not None:
            yield from _diagnosis_lines(result.diagnosis)
        if result.error is not None and result.error.hint:
            yield Text(f"  hint: {result.error.hint}", style="yellow")
        yield Text()
    verdicts = Counter(claim.verdict for result in results for claim in result.claims)
    failed = sum(result.error is not None for result in results)
    parts = [Text(f"{verdicts[v]} {v.value}", style=_VERDICT_STYLES[v]) for v in Verdict if verdicts[v]]
    parts += [Text(f"{failed} failed", style="bold red")] if failed else []
    yield Text.assemble(counted(sum(verdicts.values()), "claim"), ": ", Text(", ").join(parts or [Text("none")]))


def _heading(result: SubjectResult) -> Text:
    place = ", ".join(part for part in (result.uid, result.place) if part)
    return Text.assemble((visible(result.variant or result.name), "bold"), visible(f"  {place}"))


def _diagnosis_lines(diagnosis: Diagnosis) -> Iterator[Text]:
    """The conclusion, and the sentences it rests on."""
    conclusion, *grounds = diagnosis.sentences
    yield Text(f"  why: {visible(conclusion)}", style="bold")
    for sentence in grounds:
        yield Text(f"    {visible(sentence)}")


def _claims_table(claims: Sequence[ClaimResult], said_already: str) -> Table:
    table = Table(box=None, padding=(0, 0, 0, 2), header_style="dim")
    table.add_column("claim")
    table.add_column("published", justify="right")
    table.add_column("measured", justify="right")
    table.add_column("verdict")
    table.add_column("why")
    for claim in claims:
        measured = "" if claim.measured is None else figure(claim.measured)
        verdict = Text(claim.verdict.value, style=_VERDICT_STYLES[claim.verdict])
        why = "" if claim.reason == said_already else visible(claim.reason)
        table.add_row(Text(visible(claim.metric)), figure(claim.published), measured, verdict, Text(why))
    return table
