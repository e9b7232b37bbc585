"""Diagnostics as lines of text."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from hubtool.card.diagnostic import Severity
from hubtool.lint.engine import LintResult
from hubtool.report.words import plural

_SEVERITY_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.INFO: "blue"}


def lint_lines(result: LintResult) -> Iterator[Text]:
    """A line a diagnostic, `path:line:column`, and one that sums up."""
    for diagnostic in result.diagnostics:
        place = f"{diagnostic.path}:{diagnostic.span.line}:{diagnostic.span.column}: "
        severity = Text(diagnostic.severity.value, style=_SEVERITY_STYLES[diagnostic.severity])
        yield Text.assemble(place, severity, f" {diagnostic.code} {diagnostic.message}")
    counts = [plural(result.count(severity), severity.value) for severity in Severity if result.count(severity)]
    yield Text(f"{plural(result.cards, 'card')}: {', '.join(counts) or 'no problem'}")
