"""What `hubtool doctor` found, as tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.table import Table
from rich.text import Text

from hubtool.engine.speed import Speed
from hubtool.network.spec import ModelSpec
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


def speed_view(measured: Sequence[Speed], spec: ModelSpec, batch_size: int) -> Iterator[Table | Text]:
    """What each engine was measured at, and on what."""
    side = spec.input_size
    yield Text(f"\n{spec.name} with random weights, {side}x{side} pixels, batches of {batch_size}, without decoding:")
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("engine", "precision", "device", "images/s"):
        table.add_column(heading, justify="right" if heading == "images/s" else "left")
    for speed in measured:
        if speed.identity is None:
            table.add_row(speed.engine, speed.execution.precision, speed.execution.device, Text("failed", "bold red"))
            table.add_row("", "", Text(speed.problem, style="bold"))
        else:
            found = speed.identity
            table.add_row(found.library, found.precision, Text(found.device), f"{speed.images_per_second:.1f}")
    yield table
