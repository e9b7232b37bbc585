"""What `hubtool doctor` found, as a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.table import Table
from rich.text import Text

from hubtool.report.doctor import Component

_FINDING_STYLES = {"ok": "green", "missing": "yellow", "slow": "yellow", "broken": "bold red"}


def doctor_view(findings: Sequence[Component]) -> Iterator[Table]:
    """One line per finding, with its fix below."""
    table = Table(box=None, show_header=False, pad_edge=False)
    for finding in findings:
        table.add_row(finding.name, Text(finding.status, style=_FINDING_STYLES[finding.status]), Text(finding.detail))
        if finding.hint:
            table.add_row("", "", Text(finding.hint, style="bold"))
    yield table
