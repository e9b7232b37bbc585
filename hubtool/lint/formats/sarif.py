"""`--format sarif`: SARIF 2.1.0, written card by card; code scanning and editors read it."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath, PureWindowsPath
from urllib.parse import quote

from hubtool import __version__
from hubtool.lint.diagnostic import Diagnostic, Severity
from hubtool.lint.docs import explanation, rule_page
from hubtool.lint.formats import Formatter, Totals
from hubtool.lint.formats.characters import valid_unicode
from hubtool.lint.rule import Rule

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_FINGERPRINT = "hubtool/v1"
"""Not `primaryLocationLineHash`: GitHub computes that when a report is uploaded, and warns about any other value."""


class SarifFormatter(Formatter):
    """One run; the tool and its rules come first, the results follow, one per line."""

    def __init__(self, rules: Mapping[str, Rule]) -> None:
        self._rules = rules
        self._indices = {code: index for index, code in enumerate(rules)}
        self._separator = "\n"

    def start(self) -> str:
        driver = {
            "name": "hubtool",
            "version": __version__,
            "semanticVersion": __version__,
            "rules": [_descriptor(rule) for rule in self._rules.values()],
        }
        return (
            f'{{"$schema": {json.dumps(_SCHEMA)}, "version": "2.1.0", "runs": [{{\n'
            f'"tool": {json.dumps({"driver": driver})},\n"columnKind": "unicodeCodePoints",\n"results": ['
        )

    def render(self, shown: str, lines: Sequence[str], diagnostics: Sequence[Diagnostic]) -> str:  # noqa: ARG002
        results = []
        seen: Counter[str] = Counter()
        for diagnostic in diagnostics:
            likeness = _likeness(diagnostic, lines)
            seen[likeness] += 1
            results.append(json.dumps(self._result(diagnostic, f"{likeness}:{seen[likeness]}")))
        return ",\n".join(results)

    def add(self, shown: str, rendered: str) -> str:  # noqa: ARG002
        if not rendered:
            return ""
        separator, self._separator = self._separator, ",\n"
        return separator + rendered

    def end(self, totals: Totals) -> str:  # noqa: ARG002
        return "\n]}]}\n"

    def _result(self, diagnostic: Diagnostic, fingerprint: str) -> dict[str, object]:
        result: dict[str, object] = {"ruleId": diagnostic.code}
        if (index := self._indices.get(diagnostic.code)) is not None:
            result["ruleIndex"] = index
        span = diagnostic.span
        region = {
            "startLine": span.line,
            "startColumn": span.column,
            "endLine": span.end_line,
            "endColumn": span.end_column,
        }
        location = {"artifactLocation": {"uri": uri_reference(diagnostic.path)}, "region": region}
        return result | {
            "level": _LEVELS[diagnostic.severity],
            "message": {"text": valid_unicode(diagnostic.message)},
            "locations": [{"physicalLocation": location}],
            "partialFingerprints": {_FINGERPRINT: fingerprint},
        }


def uri_reference(path: str) -> str:
    """A path as a URI: a relative one stays relative, so that it can be found in any checkout."""
    # Names of files are bytes to the system: those that are not UTF-8 arrive here as lone surrogates.
    encoded = quote(path.encode("utf-8", "surrogateescape" if _from_bytes(path) else "replace"), safe="/")
    if PurePosixPath(path).is_absolute():
        return f"file://{encoded}"
    if PureWindowsPath(path).is_absolute():
        return f"file:///{encoded.replace('%5C', '/').replace('%3A', ':', 1)}"
    return encoded


def _from_bytes(path: str) -> bool:
    return not any("\ud800" <= char < "\udc80" or "\udcff" < char <= "\udfff" for char in path)


def _likeness(diagnostic: Diagnostic, lines: Sequence[str]) -> str:
    """What stays the same when other lines come and go."""
    number = diagnostic.span.line
    line = lines[number - 1].strip() if 0 < number <= len(lines) else ""
    parts = "\0".join((diagnostic.code, diagnostic.path, line))
    return hashlib.sha256(parts.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _descriptor(rule: Rule) -> dict[str, object]:
    told = explanation(rule.doc)
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": told.headline or rule.name},
        "fullDescription": {"text": told.why or told.headline or rule.name},
        "help": {"text": rule.doc or rule.name, "markdown": rule_page(rule)},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
    }
