"""`--format github`: workflow commands, which GitHub shows as annotations of the changed lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hubtool.lint.diagnostic import Diagnostic, Severity
from hubtool.lint.formats import Formatter
from hubtool.lint.formats.characters import visible
from hubtool.lint.rule import Rule

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}
_IN_DATA = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_IN_PROPERTY = _IN_DATA | str.maketrans({":": "%3A", ",": "%2C"})


class GithubFormatter(Formatter):
    """One command per diagnostic, and nothing else."""

    def __init__(self, rules: Mapping[str, Rule]) -> None:
        self._titles = {code: f"{code} {rule.name}" for code, rule in rules.items()}

    def render(self, shown: str, lines: Sequence[str], diagnostics: Sequence[Diagnostic]) -> str:  # noqa: ARG002
        return "".join(self._command(diagnostic) for diagnostic in diagnostics)

    def _command(self, diagnostic: Diagnostic) -> str:
        span = diagnostic.span
        properties: dict[str, str | int] = {"file": diagnostic.path, "line": span.line}
        if span.line == span.end_line:
            # GitHub drops an annotation that has columns and more than one line.
            properties |= {"col": span.column, "endLine": span.end_line, "endColumn": span.end_column}
        else:
            properties["endLine"] = span.end_line
        properties["title"] = self._titles.get(diagnostic.code, diagnostic.code)
        written = ",".join(f"{key}={_escape(str(value), _IN_PROPERTY)}" for key, value in properties.items())
        return f"::{_COMMANDS[diagnostic.severity]} {written}::{_escape(diagnostic.message, _IN_DATA)}\n"


def _escape(text: str, table: Mapping[int, str]) -> str:
    return visible(text, keep="\r\n").translate(table)
