"""`--format json`: one document, written card by card."""

from __future__ import annotations

import json
from collections.abc import Sequence

from hubtool.lint.diagnostic import Diagnostic
from hubtool.lint.formats import Formatter, Totals
from hubtool.lint.formats.characters import valid_unicode


class JsonFormatter(Formatter):
    """Diagnostics first, one per line; the counts, known last, close the document."""

    def __init__(self) -> None:
        self._separator = "\n"

    def start(self) -> str:
        return '{"diagnostics": ['

    def render(self, shown: str, lines: Sequence[str], diagnostics: Sequence[Diagnostic]) -> str:  # noqa: ARG002
        return ",\n".join(map(_record, diagnostics))

    def add(self, shown: str, rendered: str) -> str:  # noqa: ARG002
        if not rendered:
            return ""
        separator, self._separator = self._separator, ",\n"
        return separator + rendered

    def end(self, totals: Totals) -> str:
        summary = {
            "errors": totals.errors,
            "warnings": totals.warnings,
            "infos": totals.infos,
            "cards_with_errors": totals.cards_with_errors,
        }
        return f'\n], "cards": {totals.cards}, "summary": {json.dumps(summary)}}}\n'


def _record(diagnostic: Diagnostic) -> str:
    record = diagnostic.to_json()
    record |= {"path": valid_unicode(diagnostic.path), "message": valid_unicode(diagnostic.message)}
    return json.dumps(record)
