"""Tables and lines for a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from hubtool.card.diagnostic import Severity
from hubtool.card.record import Card
from hubtool.lint.engine import LintResult
from hubtool.report.doctor import Finding
from hubtool.verify.result import Status, SubjectResult
from hubtool.verify.verdict import ClaimResult, Verdict

_VERDICT_STYLES = {
    Verdict.REPRODUCED: "bold green",
    Verdict.CONSISTENT: "green",
    Verdict.MISMATCH: "bold red",
    Verdict.INCONCLUSIVE: "yellow",
    Verdict.NOT_RUN: "dim",
}
_STATUS_STYLES = {Status.OK: "green", Status.FAILED: "bold red", Status.SKIPPED: "dim"}
_FINDING_STYLES = {"ok": "green", "missing": "yellow", "slow": "yellow", "broken": "bold red"}
_SEVERITY_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.INFO: "blue"}


def catalogue_table(cards: Sequence[Card]) -> Table:
    """One line a card, and one for each row of its results table that has another name."""
    table = _table("name", "version", "dataset", "published", "uid")
    for card in cards:
        published = "  ".join(f"{metric.name} {metric.value:g}{metric.unit}" for metric in card.metrics)
        table.add_row(card.model_name, card.model_version, card.train_dataset or "", published, Text(card.uid))
        for row in card.variants:
            if row.model != card.model_name:
                figures = "  ".join(f"{metric.name} {metric.value:g}{metric.unit}" for metric in row.metrics)
                table.add_row(f"  {row.model}", "", "", figures, Text("a row of the card above", style="dim"))
    return table


def card_view(card: Card) -> Iterator[Table | Text]:
    """The record of a card: its fields, its files, its results table."""
    yield Text(card.title or card.model_name, style="bold")
    fields = Table(box=None, show_header=False, pad_edge=False)
    for key, value in {"uid": card.uid, "path": card.path.as_posix(), **card.fields}.items():
        fields.add_row(Text(key, style="dim"), Text(str(value)))
    for asset in card.assets:
        digest = f"sha256 {asset.digest.hex} ({asset.digest.kind})" if asset.digest else "no sha256"
        fields.add_row(Text("asset", style="dim"), Text(f"{asset.format}  {asset.url}  {digest}"))
    yield fields
    if card.variants:
        table = _table("model", "context", "top-1 %", "top-5 %", "params M", "file")
        for row in card.variants:
            values = {metric.name: f"{metric.value:.2f}" for metric in row.metrics}
            params = "" if row.params_m is None else f"{row.params_m:.2f}"
            name = row.asset.file_name if row.asset else ""
            table.add_row(row.model, row.context or "", values.get("top1", ""), values.get("top5", ""), params, name)
        yield Text()
        yield table


def lint_lines(result: LintResult) -> Iterator[Text]:
    """A line a diagnostic, `path:line:column`, and one that sums up."""
    for diagnostic in result.diagnostics:
        place = f"{diagnostic.path}:{diagnostic.span.line}:{diagnostic.span.column}: "
        severity = Text(diagnostic.severity.value, style=_SEVERITY_STYLES[diagnostic.severity])
        yield Text.assemble(place, severity, f" {diagnostic.code} {diagnostic.message}")
    counts = [_plural(result.count(severity), severity.value) for severity in Severity if result.count(severity)]
    yield Text(f"{_plural(result.cards, 'card')}: {', '.join(counts) or 'no problem'}")


def verification_view(results: Sequence[SubjectResult]) -> Iterator[Table | Text]:
    """For each file its levels and the verdicts on its figures; at the end how many of each."""
    for result in results:
        yield _heading(result)
        levels = Table(box=None, show_header=False, padding=(0, 0, 0, 2))
        for check in result.checks:
            style = _STATUS_STYLES[check.status]
            levels.add_row(check.level.value, Text(check.status.value, style=style), Text(check.detail))
        yield levels
        if result.claims:
            yield _claims_table(result.claims, said_already=result.checks[-1].detail)
        if result.error is not None and result.error.hint:
            yield Text(f"  hint: {result.error.hint}", style="yellow")
        yield Text()
    verdicts = Counter(claim.verdict for result in results for claim in result.claims)
    failed = sum(result.error is not None for result in results)
    parts = [Text(f"{verdicts[v]} {v.value}", style=_VERDICT_STYLES[v]) for v in Verdict if verdicts[v]]
    parts += [Text(f"{failed} failed", style="bold red")] if failed else []
    yield Text.assemble(_plural(sum(verdicts.values()), "claim"), ": ", Text(", ").join(parts or [Text("none")]))


def doctor_view(findings: Sequence[Finding]) -> Iterator[Table]:
    """One line a finding, with what mends it below."""
    table = Table(box=None, show_header=False, pad_edge=False)
    for finding in findings:
        table.add_row(finding.name, Text(finding.status, style=_FINDING_STYLES[finding.status]), Text(finding.detail))
        if finding.hint:
            table.add_row("", "", Text(finding.hint, style="bold"))
    yield table


def _heading(result: SubjectResult) -> Text:
    subject = result.subject
    row = subject.variant
    part = f"row of the results table, line {row.line}" if row else "front matter"
    return Text.assemble((subject.network_name, "bold"), f"  {subject.card.uid}, {part}")


def _claims_table(claims: Sequence[ClaimResult], said_already: str) -> Table:
    table = Table(box=None, padding=(0, 0, 0, 2), header_style="dim")
    table.add_column("claim")
    table.add_column("published", justify="right")
    table.add_column("measured", justify="right")
    table.add_column("verdict")
    table.add_column("why")
    for claim in claims:
        measured = "" if claim.measured is None else f"{claim.measured:.2f}"
        verdict = Text(claim.verdict.value, style=_VERDICT_STYLES[claim.verdict])
        why = "" if claim.reason == said_already else claim.reason
        table.add_row(claim.metric, f"{claim.published:.2f}", measured, verdict, Text(why))
    return table


def _table(*columns: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
