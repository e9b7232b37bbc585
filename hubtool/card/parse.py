"""Text of a card to its record, and to everything that is wrong with it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple

from hubtool.card.cardtext import BOM, Kind, Problem, read_text
from hubtool.card.fractions import in_percent
from hubtool.card.frontmatter import Outline, find_outline
from hubtool.card.metrics import Metric, UnreadMetric, parse_evaluation, read_metric
from hubtool.card.record import Asset, Card, Digest, Variant
from hubtool.card.schema import SchemaProblem, schema_problems, typed
from hubtool.card.span import Span
from hubtool.card.tables import read_results
from hubtool.card.yamlvalues import YamlText, read_yaml

_OLDER_FIGURE = "accuracy"
_FULL_WIDTH_COLON = "\uff1a"


class FileEntry(NamedTuple):
    """What the front matter says of one file, valid or not.

    What is missing, or not text, is empty; a missing digest is None. `link` is as written, `url` without brackets.
    """

    number: int
    link: str
    url: str
    digest: str | None
    format: str


@dataclass(frozen=True)
class ParsedCard:
    """The result of parsing a card's text.

    Attributes
    ----------
    shown
        How the user named the file.
    text
        As decoded, with its own line ends and without a byte order mark; empty when it cannot be read.
    bom
        Whether the file began with a byte order mark.
    outline, yaml
        The parts and the block's values with their places; None when there is no closed block.
    values
        Front matter as the schema types it; None when it is not a mapping.
    metrics
        The figures of the front matter, of a card without a record too.
    rows
        The rows of the results tables, of a card without a record too.
    card
        The valid record, or None when a problem is fatal.
    problems
        In the order of their places.
    """

    shown: str
    path: Path
    text: str = ""
    bom: bool = False
    outline: Outline | None = None
    yaml: YamlText | None = None
    values: dict[str, Any] | None = None
    metrics: tuple[Metric, ...] = ()
    rows: tuple[Variant, ...] = ()
    card: Card | None = None
    problems: tuple[Problem, ...] = ()

    @property
    def is_linked_folder(self) -> bool:
        """Whether it is no card, but a link to a folder that was not followed."""
        return any(problem.kind == "linked-folder" for problem in self.problems)

    @cached_property
    def lines(self) -> list[str]:
        """Lines of the text without their ends; `lines[0]` is line 1."""
        lines = self.text.split("\n")
        return [line.removesuffix("\r") for line in lines] if "\r" in self.text else lines

    @cached_property
    def _line_starts(self) -> list[int]:
        lines = self.text.split("\n") if "\r" in self.text else self.lines
        return [0, *accumulate([len(line) + 1 for line in lines])]

    @cached_property
    def files(self) -> tuple[FileEntry, ...]:
        """The entries of `asset` that are mappings, each with its index in the list."""
        entries = _entries(self.values) if self.values else []
        return tuple(_file_entry(number, entry) for number, entry in enumerate(entries) if isinstance(entry, dict))

    def offset(self, line: int, column: int) -> int:
        """Offset in `text` of a line and column, both from 1."""
        return self._line_starts[line - 1] + column - 1

    def span_of(self, *path: str | int) -> Span:
        """Place of a value of the front matter, by its keys and indices; of the block when it is not there."""
        if self.yaml is not None and path in self.yaml.spans:
            return self.yaml.spans[path]
        return self.span_of_key(*path)

    def span_of_key(self, *path: str | int) -> Span:
        """Place of a key of the front matter; of the block's opening line when it is not there."""
        if self.yaml is not None and path in self.yaml.key_spans:
            return self.yaml.key_spans[path]
        return Span.of_line(self.outline.yaml_line - 1, "---") if self.outline else Span(1, 1, 1, 1)


def read_card(path: Path, *, uid: str | None = None, shown: str | None = None) -> ParsedCard:
    """Read and parse the card at `path`; never raises, whatever is there.

    Parameters
    ----------
    uid
        Identifier within the hub; derived from the front matter when not given.
    shown
        How messages name the file; the path itself by default.
    """
    shown = shown if shown is not None else path.as_posix()
    text, problem = read_text(path)
    if problem is not None:
        return ParsedCard(shown, path, problems=(problem,))
    return parse_card(text, path, uid=uid, shown=shown)


def parse_card(text: str, path: Path, *, uid: str | None = None, shown: str | None = None) -> ParsedCard:
    """Parse the text of a card that is, or will be, at `path`."""
    shown = shown if shown is not None else path.as_posix()
    written = text
    bom = text.startswith(BOM)
    text = text.removeprefix(BOM)
    outline = find_outline(text)
    if outline is None:
        problem = Problem("no-block", Span(1, 1, 1, 1), "no front matter: a `---` block has to follow the title")
        return ParsedCard(shown, path, text, bom, problems=(problem,))
    if not outline.closed:
        span = Span.of_line(outline.yaml_line - 1, "---")
        problem = Problem("unclosed-block", span, "the front matter that opens here is not closed by a second `---`")
        return ParsedCard(shown, path, text, bom, outline, problems=(problem,))
    yaml = read_yaml(outline.yaml, outline.yaml_line)
    values = typed(yaml.value) if isinstance(yaml.value, dict) else None
    problems = [Problem(p.kind, p.span, p.message) for p in yaml.problems]
    results = read_results(outline.body, outline.body_line)
    problems += [Problem(unread.kind, unread.span, unread.message) for unread in results.unread]
    metrics: tuple[Metric, ...] = ()
    if values is not None:
        metrics, unread = parse_evaluation(_text(values.get("evaluation")))
        metrics = in_percent(metrics) or _older_figure(values, yaml)
        problems += _schema_problems(values, yaml, outline)
        problems += _metric_problems(unread, yaml)
    elif not any(problem.fatal for problem in problems):
        problems.append(_not_a_mapping(yaml, outline))
    card = None
    if values is not None and not any(problem.fatal for problem in problems):
        card = _record(values, metrics, results.rows, outline.title, path, uid, written)
    problems.sort(key=lambda problem: problem.span)
    return ParsedCard(shown, path, text, bom, outline, yaml, values, metrics, results.rows, card, tuple(problems))


def _older_figure(values: dict[str, Any], yaml: YamlText) -> tuple[Metric, ...]:
    """The figure of cards that give it under a separate key: `accuracy: 95.0`."""
    written = _text(values.get(_OLDER_FIGURE))
    read = read_metric(f"{_OLDER_FIGURE} {written}")
    if read is None:
        return ()
    return in_percent([replace(read, written=written, span=yaml.spans[(_OLDER_FIGURE,)])])


def _schema_problems(values: dict[str, Any], yaml: YamlText, outline: Outline) -> Iterator[Problem]:
    for problem in schema_problems(values):
        kind: Kind = "missing-field" if problem.missing else "field-value"
        yield Problem(kind, _schema_span(problem, yaml, outline), problem.message)


def _schema_span(problem: SchemaProblem, yaml: YamlText, outline: Outline) -> Span:
    if problem.missing is None:
        return yaml.spans[problem.path]
    if problem.path:
        whole = yaml.spans[problem.path]
        return Span(whole.line, whole.column, whole.line, whole.column + 1)
    return Span.of_line(outline.yaml_line - 1, "---")


def _metric_problems(unread: tuple[UnreadMetric, ...], yaml: YamlText) -> Iterator[Problem]:
    for part in unread:
        span = part_span(yaml.spans[("evaluation",)], yaml.value["evaluation"], part.written, part.start)
        if part.written[0].isalnum() or len(part.written) > 1:
            shown = part.written if len(part.written) <= 60 else part.written[:57] + "..."
            message = f"`{shown}` is not a metric: write a name with its number, such as top1acc76.85"
        else:
            message = f"no metric stands next to `{part.written}`: remove it, or write the one that is missing"
        yield Problem("metric", span, message)


def part_span(value: Span, text: str, part: str, start: int) -> Span:
    """Place of a part of a scalar that begins at `start`; of the whole scalar where it is not written as it reads."""
    quotes = value.end_column - value.column - len(text)
    if value.line != value.end_line or quotes not in {0, 2}:
        return value
    column = value.column + start + quotes // 2
    return Span(value.line, column, value.line, column + len(part))


def _not_a_mapping(yaml: YamlText, outline: Outline) -> Problem:
    message = "the front matter has to be `key: value` lines"
    if _FULL_WIDTH_COLON in outline.yaml:
        message += f"; a full-width colon `{_FULL_WIDTH_COLON}` does not separate a key from its value"
    return Problem("not-a-mapping", yaml.spans.get((), Span.of_line(outline.yaml_line)), message)


def _record(
    values: dict[str, Any],
    metrics: tuple[Metric, ...],
    rows: tuple[Variant, ...],
    title: str | None,
    path: Path,
    uid: str | None,
    written: str,
) -> Card:
    fields = {
        _snake_case(key): unwrapped(value) if key.endswith("link") and isinstance(value, str) else value
        for key, value in values.items()
        if key != "asset"
    }
    return Card(
        path=path,
        uid=uid or flat_uid(fields["user_id"], fields["model_version"], path.stem),
        title=title,
        fields=fields,
        metrics=metrics,
        assets=tuple(_asset(entry) for entry in _entries(values)),
        variants=rows,
        sha256=hashlib.sha256(written.encode("utf-8", "surrogatepass")).hexdigest(),
    )


def flat_uid(user_id: str, model_version: str, stem: str) -> str:
    """The uid of a card outside the hub's owner/version folders."""
    owner = re.sub(r"[^a-z0-9]+", "-", user_id.casefold()).strip("-") or "unknown"
    return f"{owner}/{model_version}/{stem}"


def _entries(values: dict[str, Any]) -> list[Any]:
    """What stands under `asset`; nothing where the card has none, or says so in a word."""
    entries = values.get("asset")
    return entries if isinstance(entries, list) else []


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


@lru_cache(maxsize=256)
def _snake_case(key: str) -> str:
    return key.replace("-", "_").replace(" ", "_")


def unwrapped(link: str) -> str:
    """A link without the angle brackets that Markdown wants around it."""
    return link[1:-1].strip() if link.startswith("<") and link.endswith(">") else link


def _file_entry(number: int, entry: dict[str, Any]) -> FileEntry:
    link = _text(entry.get("asset-link"))
    digest = _text(entry["asset-sha256"]) if "asset-sha256" in entry else None
    return FileEntry(number, link, unwrapped(link), digest, _text(entry.get("file-format")))


def _asset(entry: dict[str, Any]) -> Asset:
    digest = entry.get("asset-sha256")
    return Asset(
        format=entry["file-format"],
        url=unwrapped(entry["asset-link"]),
        digest=Digest(digest.lower()) if digest else None,
    )
