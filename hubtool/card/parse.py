"""Text of a card to its record and its diagnostics."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hubtool.card.diagnostic import Diagnostic, Severity, Span
from hubtool.card.frontmatter import Layout, find_layout
from hubtool.card.metrics import Metric, UnreadMetric, parse_evaluation
from hubtool.card.record import Asset, Card, Digest, Variant, digest_in_link
from hubtool.card.schema import SchemaProblem, schema_problems, typed
from hubtool.card.tables import Row, results_rows
from hubtool.card.yamlvalues import YamlText, read_yaml

MAX_CARD_BYTES = 4 * 1024 * 1024
"""Larger files are refused unread: the largest real card is under 40 KiB."""

_FULL_WIDTH_COLON = "\uff1a"
_PROBLEM_CODES = {
    "syntax": ("HT103", Severity.ERROR),
    "duplicate-key": ("HT104", Severity.ERROR),
    "alias": ("HT105", Severity.ERROR),
    "depth": ("HT105", Severity.ERROR),
    "dash": ("HT106", Severity.WARNING),
}


@dataclass(frozen=True, slots=True)
class ParsedCard:
    """What became of a card's text: a valid record, or None and at least one error.

    Diagnostics may be there beside a record, too: what is odd but does not keep it from being read.
    """

    path: str
    card: Card | None
    diagnostics: tuple[Diagnostic, ...]


def read_card(path: Path, *, uid: str | None = None, shown: str | None = None) -> ParsedCard:
    """Read and parse the card at `path`; never raises for what the file holds.

    Parameters
    ----------
    uid
        Identifier within the hub; derived from the front matter when not given.
    shown
        How diagnostics name the file; the path itself by default.

    Raises
    ------
    OSError
        The file cannot be opened or read.
    """
    shown = shown if shown is not None else path.as_posix()
    with path.open("rb") as stream:
        data = stream.read(MAX_CARD_BYTES + 1)
    if len(data) > MAX_CARD_BYTES:
        return _unreadable(shown, "HT101", f"the file is larger than {MAX_CARD_BYTES // 1024**2} MiB, no card is")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
        span = Span(line, column, line, column + 1)
        return _unreadable(shown, "HT101", f"byte 0x{data[error.start]:02x} is not UTF-8: save the card as UTF-8", span)
    return parse_card(text, path, uid=uid, shown=shown)


def parse_card(text: str, path: Path, *, uid: str | None = None, shown: str | None = None) -> ParsedCard:
    """Parse the text of a card that lies, or will lie, at `path`."""
    shown = shown if shown is not None else path.as_posix()
    layout = find_layout(text)
    if layout is None:
        return _unreadable(shown, "HT102", "no front matter: a `---` block has to follow the title")
    if not layout.closed:
        span = Span.of_line(layout.yaml_line - 1, "---")
        return _unreadable(shown, "HT102", "the front matter that opens here is not closed by a second `---`", span)
    return _CardText(shown, path, layout, read_yaml(layout.yaml, layout.yaml_line)).parse(uid)


def _unreadable(shown: str, code: str, message: str, span: Span | None = None) -> ParsedCard:
    span = span or Span(1, 1, 1, 1)
    return ParsedCard(shown, None, (Diagnostic(shown, span, code, Severity.ERROR, message),))


@dataclass(frozen=True, slots=True)
class _CardText:
    """A card whose parts are found and whose block was read as YAML."""

    shown: str
    path: Path
    layout: Layout
    yaml: YamlText

    def parse(self, uid: str | None) -> ParsedCard:
        diagnostics = [*self._yaml_diagnostics()]
        values = self.yaml.value
        card = None
        if isinstance(values, dict):
            values = typed(values)
            metrics, unread = parse_evaluation(_text(values.get("evaluation")))
            diagnostics += self._schema_diagnostics(values)
            diagnostics += self._metric_diagnostics(unread)
            if not any(d.severity is Severity.ERROR for d in diagnostics):
                card = self._record(values, metrics, uid)
        elif not any(d.severity is Severity.ERROR for d in diagnostics):
            span = self.yaml.spans.get((), Span.of_line(self.layout.yaml_line))
            message = "the front matter has to be `key: value` lines"
            if _FULL_WIDTH_COLON in self.layout.yaml:
                message += f"; a full-width colon `{_FULL_WIDTH_COLON}` does not separate a key from its value"
            diagnostics.append(Diagnostic(self.shown, span, "HT103", Severity.ERROR, message))
        return ParsedCard(self.shown, card, tuple(sorted(diagnostics)))

    def _yaml_diagnostics(self) -> Iterator[Diagnostic]:
        for problem in self.yaml.problems:
            code, severity = _PROBLEM_CODES[problem.kind]
            yield Diagnostic(self.shown, problem.span, code, severity, problem.message)

    def _schema_diagnostics(self, values: dict[str, Any]) -> Iterator[Diagnostic]:
        for problem in schema_problems(values):
            code = "HT201" if problem.missing else "HT202"
            yield Diagnostic(self.shown, self._span(problem), code, Severity.ERROR, problem.message)

    def _span(self, problem: SchemaProblem) -> Span:
        if problem.missing is None:
            return self.yaml.spans[problem.path]
        if problem.path:
            whole = self.yaml.spans[problem.path]
            return Span(whole.line, whole.column, whole.line, whole.column + 1)
        return Span.of_line(self.layout.yaml_line - 1, "---")

    def _metric_diagnostics(self, unread: tuple[UnreadMetric, ...]) -> Iterator[Diagnostic]:
        for part in unread:
            value = self.yaml.spans[("evaluation",)]
            column = value.column + part.start
            span = Span(value.line, column, value.line, column + len(part.written))
            message = f"`{part.written}` is not a metric: write a name with its number, such as top1acc76.85"
            yield Diagnostic(self.shown, span, "HT501", Severity.WARNING, message)

    def _record(self, values: dict[str, Any], metrics: tuple[Metric, ...], uid: str | None) -> Card:
        fields = {
            key.replace("-", "_").replace(" ", "_"): _unwrap(value) if isinstance(value, str) else value
            for key, value in values.items()
            if key != "asset"
        }
        return Card(
            path=self.path,
            uid=uid or flat_uid(fields["user_id"], fields["model_version"], self.path.stem),
            title=self.layout.title,
            fields=fields,
            metrics=metrics,
            assets=tuple(_asset(entry) for entry in values["asset"]),
            variants=tuple(_variant(row) for row in results_rows(self.layout.body, self.layout.body_line)),
        )


def flat_uid(user_id: str, model_version: str, stem: str) -> str:
    """The uid of a card that does not lie in the hub's owner/version folders."""
    owner = re.sub(r"[^a-z0-9]+", "-", user_id.casefold()).strip("-")
    return f"{owner}/{model_version}/{stem}"


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _unwrap(link: str) -> str:
    """A link without the angle brackets that Markdown wants around it."""
    return link[1:-1].strip() if link.startswith("<") and link.endswith(">") else link


def _asset(entry: dict[str, Any]) -> Asset:
    digest = entry.get("asset-sha256")
    return Asset(
        format=entry["file-format"],
        url=_unwrap(entry["asset-link"]),
        digest=Digest(digest.lower()) if digest else None,
    )


def _variant(row: Row) -> Variant:
    metrics = tuple(
        Metric(name, value, "%", "table", f"{value}")
        for name, value in (("top1", row.top1), ("top5", row.top5))
        if value is not None
    )
    asset = None
    if row.download:
        extension = row.download.rsplit(".", 1)[-1].casefold()
        asset = Asset(extension, row.download, digest_in_link(row.download))
    return Variant(row.model, row.context, metrics, row.params_m, row.recipe, asset, row.line)
