"""The results of a verification: levels, figures, verdicts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from rich.table import Table
from rich.text import Text

from hubtool.diagnosis.conclusion import Diagnosis
from hubtool.evidence.measurement import Measurement
from hubtool.evidence.verdict import Verdict
from hubtool.lint.formats.characters import visible
from hubtool.report.catalogue import MANY, is_worth_showing, kept_lines, not_run_table
from hubtool.report.engine import engine_facts
from hubtool.report.settings import sources_said
from hubtool.report.units import figure
from hubtool.verify.checks import Status
from hubtool.verify.result import Result
from hubtool.verify.summary import summary_of
from hubtool.words import counted

_VERDICT_STYLES = {
    Verdict.REPRODUCED: "bold green",
    Verdict.CONSISTENT: "green",
    Verdict.MISMATCH: "bold red",
    Verdict.INCONCLUSIVE: "yellow",
    Verdict.NOT_RUN: "dim",
}
_FIGURE_COLUMNS = ("claim", "published", "measured", "verdict")
_NUMBERS = ("published", "measured")
_FACT_STYLES = {"other best class": "yellow", "note": "yellow"}
_STATUS_STYLES = {Status.OK: "green", Status.FAILED: "bold red", Status.SKIPPED: "dim"}


def verification_view(results: Sequence[Result]) -> Iterator[Table | Text]:
    """For each file its levels and the verdicts on its figures; at the end a table of all, and how many of each.

    Of many results, those without anything evaluated or wrong are only lines of a table, and what kept them from being
    run is told at the end, once for all.
    """
    names = list(_model_names(results))
    is_long = len(results) > MANY
    shown = [pair for pair in zip(names, results, strict=True) if not is_long or is_worth_showing(pair[1])]
    for _, result in shown:
        yield from _result_view(result)
        yield Text()
    summary = summary_of(results)
    if is_long and len(shown) < len(results):
        yield not_run_table([pair for pair in zip(names, results, strict=True) if not is_worth_showing(pair[1])])
        yield Text()
    if len(results) > 1 and shown:
        yield _summary(shown)
        yield Text()
    if is_long and summary.not_run:
        yield from kept_lines(summary)
        yield Text()
    parts = [Text(f"{summary.verdicts[v]} {v.value}", style=_VERDICT_STYLES[v]) for v in Verdict if summary.verdicts[v]]
    parts += [Text(f"{summary.failed} failed", style="bold red")] if summary.failed else []
    yield Text.assemble(counted(summary.claims, "claim"), ": ", Text(", ").join(parts or [Text("none")]))


def _result_view(result: Result) -> Iterator[Table | Text]:
    """The levels of one file, the verdicts on its figures, and how they came about."""
    yield _heading(result)
    levels = Table(box=None, show_header=False, padding=(0, 0, 0, 2))
    for check in result.checks:
        style = _STATUS_STYLES[check.status]
        levels.add_row(check.level.value, Text(check.status.value, style=style), Text(visible(check.detail)))
        for note in check.notes:
            levels.add_row("", Text("note", style=_FACT_STYLES["note"]), Text(visible(note)))
    yield levels
    if result.claims:
        yield _claims_table(result.claims, said_already=result.checks[-1].detail)
    yield from _settings_lines(result)
    if result.run is not None:
        for name, said in engine_facts(result.run.engine.used):
            yield Text(f"  {name}: {visible(said)}", style=_FACT_STYLES.get(name, "dim"))
    if result.diagnosis is not None:
        yield from _diagnosis_lines(result.diagnosis)
    if result.error is not None and result.error.hint:
        yield Text(f"  hint: {result.error.hint}", style="yellow")


def _settings_lines(result: Result) -> Iterator[Text]:
    """How images were prepared, or would be, and who says so where it is not the default."""
    planned = result.settings.recipe if result.settings is not None and result.run is None else None
    recipe = result.recipe or planned
    if recipe is None:
        return
    yield Text(f"  images{' would be' if result.recipe is None else ''}: {recipe.described}", style="dim")
    if said := sources_said(result.recipe_sources):
        yield Text(f"  settings: {visible(said)}", style="dim")


def _summary(results: Sequence[tuple[str, Result]]) -> Table:
    """One line per figure, which names its model, so that a search for a verdict shows whose it is."""
    table = _table("model", *_FIGURE_COLUMNS)
    for model, result in results:
        failed = [Text(f"{c.level.value} failed", style="bold red") for c in result.checks if c.status is Status.FAILED]
        for claim in result.claims:
            *figures, verdict = _claim_cells(claim)
            table.add_row(Text(visible(model)), *figures, Text(", ").join([verdict, *failed]))
        if not result.claims:
            table.add_row(Text(visible(model)), "", "", "", Text(", ").join(failed or [Text("no figures")]))
    return table


def _model_names(results: Sequence[Result]) -> Iterator[str]:
    """The model of each, with the place in its card or the card's uid too where only these tell it from others."""
    ways = [
        [
            ", ".join(filter(None, parts))
            for parts in ((_called(r),), (_called(r), r.heading.place), (_called(r), r.heading.place, r.heading.uid))
        ]
        for r in results
    ]
    counts = Counter(way for names in ways for way in set(names))
    for names in ways:
        yield next((name for name in names if counts[name] == 1), names[-1])


def _called(result: Result) -> str:
    return result.heading.called


def _heading(result: Result) -> Text:
    place = ", ".join(part for part in (result.heading.uid, result.heading.place) if part)
    return Text.assemble((visible(_called(result)), "bold"), visible(f"  {place}"))


def _diagnosis_lines(diagnosis: Diagnosis) -> Iterator[Text]:
    """The conclusion, and the sentences it rests on."""
    conclusion, *grounds = diagnosis.sentences
    yield Text(f"  why: {visible(conclusion)}", style="bold")
    for sentence in grounds:
        yield Text(f"    {visible(sentence)}")


def _claims_table(claims: Sequence[Measurement], said_already: str) -> Table:
    table = _table(*_FIGURE_COLUMNS, "why")
    for claim in claims:
        table.add_row(*_claim_cells(claim), Text("" if claim.reason == said_already else visible(claim.reason)))
    return table


def _table(*headings: str) -> Table:
    table = Table(box=None, padding=(0, 0, 0, 2), header_style="dim")
    for heading in headings:
        table.add_column(heading, justify="right" if heading in _NUMBERS else "left")
    return table


def _claim_cells(claim: Measurement) -> tuple[Text, ...]:
    """What stands under `_FIGURE_COLUMNS`."""
    return (
        Text(visible(claim.metric)),
        Text(figure(claim.published)),
        Text("" if claim.measured is None else figure(claim.measured)),
        Text(claim.verdict.value, style=_VERDICT_STYLES[claim.verdict]),
    )
