"""YAML to dicts, lists and strings, with the place of every value.

YAML's typing destroys what cards publish: `1.10` becomes 1.1, `2022-06-22` a date, an all-digit hash
prefix an integer. Here every scalar stays the text that was written; the schema types it.
The document is read from the parser's event stream with a separate stack, so neither deep nesting
nor aliases of aliases can exhaust stack, memory or time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Literal

import yaml

from hubtool.card.plainyaml import read_plain
from hubtool.card.span import Path, Span

YamlKind = Literal["syntax", "duplicate-key", "alias", "depth", "dash"]
_Loader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_MAX_DEPTH = 32
_TOO_DEEP = f"values are nested more than {_MAX_DEPTH} deep"
# Only YAML 1.1 takes these for line ends: as blanks, they leave line numbers as everybody else counts them.
_ODD_LINE_ENDS = re.compile("\r(?!\n)|[\x85\u2028\u2029]")
# `key: -`, which cards write for "none", is not YAML. A tilde in its place is, and moves no column.
_DASH_VALUE = re.compile(r"^([^\s#:'\"][^:'\"\n]*:[ \t]+)(?=-[ \t]*\r?$)-", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class YamlProblem:
    """Something that keeps the text, or one key of it, from being read."""

    kind: YamlKind
    span: Span
    message: str


@dataclass(frozen=True, slots=True)
class YamlText:
    """A document as read.

    Attributes
    ----------
    value
        Dicts, lists and strings; None when the text is empty or cannot be read.
    spans
        Place of each value, by its path of keys and indices.
    key_spans
        Place of each key, by the path of its value.
    """

    value: Any
    spans: dict[Path, Span]
    key_spans: dict[Path, Span]
    problems: tuple[YamlProblem, ...]


def read_yaml(text: str, first_line: int = 1) -> YamlText:
    """Read one YAML document; never raises, whatever the text.

    Parameters
    ----------
    text
        The document.
    first_line
        Line number of its first line in the file, for the spans.
    """
    if (plain := read_plain(text, first_line)) is not None:
        return YamlText(*plain, ())
    return parse_yaml(text, first_line)


def parse_yaml(text: str, first_line: int = 1) -> YamlText:
    """As `read_yaml`, always from the parser's events."""
    readable, dashes = _without_lone_dashes(_ODD_LINE_ENDS.sub(" ", text))
    builder = _Builder(first_line - 1, dashes)
    try:
        parser = _Loader(readable)
        while parser.check_event():
            builder.take(parser.get_event())
    except _Unreadable as stop:
        builder.problems.append(stop.problem)
        builder.root = None
    except yaml.YAMLError as error:
        builder.problems.append(_syntax_problem(error, text, first_line - 1))
        builder.root = None
    return YamlText(builder.root, builder.spans, builder.key_spans, tuple(builder.problems))


def _without_lone_dashes(text: str) -> tuple[str, set[tuple[int, int]]]:
    """The text with a tilde for each lone dash, and the places of these, line and column from 0."""
    if not _DASH_VALUE.search(text):
        return text, set()
    lines = text.split("\n")
    places = set()
    for number, line in enumerate(lines):
        if match := _DASH_VALUE.match(line):
            places.add((number, match.end() - 1))
            lines[number] = f"{match[1]}~{line[match.end() :]}"
    return "\n".join(lines), places


class _Unreadable(Exception):
    def __init__(self, problem: YamlProblem):
        self.problem = problem


@dataclass
class _Frame:
    """A mapping or sequence that is still open."""

    container: Any
    path: Path
    start: Any
    key: str | None = None


@dataclass
class _Builder:
    """Turns parser events into values; one instance a document."""

    line_offset: int
    dashes: set[tuple[int, int]]
    root: Any = None
    spans: dict[Path, Span] = field(default_factory=dict)
    key_spans: dict[Path, Span] = field(default_factory=dict)
    problems: list[YamlProblem] = field(default_factory=list)
    stack: list[_Frame] = field(default_factory=list)

    def take(self, event: Any) -> None:
        kind = type(event)
        if kind is yaml.ScalarEvent:
            self._scalar(event)
        elif kind is yaml.MappingStartEvent:
            self._open({}, event)
        elif kind is yaml.SequenceStartEvent:
            self._open([], event)
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            frame = self.stack.pop()
            self.spans[frame.path] = self._span(frame.start, event.end_mark)
        elif kind is yaml.AliasEvent:
            self._stop("alias", event, f"alias *{event.anchor}: write the value out, cards are read without aliases")
        elif kind is yaml.DocumentStartEvent and self.spans:
            self._stop("syntax", event, "a second YAML document starts here")

    def _scalar(self, event: Any) -> None:
        frame = self.stack[-1] if self.stack else None
        if frame is not None and isinstance(frame.container, dict) and frame.key is None:
            self._key(frame, event)
            return
        text = event.value
        if text == "~" and (event.start_mark.line, event.start_mark.column) in self.dashes:
            text = "-"
            self._note("dash", event, "a lone `-` opens a YAML list; leave the value empty to say none")
        self._add(text, event.start_mark, event.end_mark)

    def _key(self, frame: _Frame, event: Any) -> None:
        frame.key = event.value
        path = (*frame.path, event.value)
        if event.value in frame.container:
            first = self.key_spans[path].line
            self._note("duplicate-key", event, f"key `{event.value}` is already on line {first}")
        else:
            self.key_spans[path] = self._span(event.start_mark, event.end_mark)

    def _open(self, container: Any, event: Any) -> None:
        if len(self.stack) == _MAX_DEPTH:
            self._stop("depth", event, _TOO_DEEP)
        frame = self.stack[-1] if self.stack else None
        if frame is not None and isinstance(frame.container, dict) and frame.key is None:
            self._stop("syntax", event, "a key has to be plain text, not a list or a mapping")
        path = self._add(container, event.start_mark, event.end_mark)
        self.stack.append(_Frame(container, path, event.start_mark))

    def _add(self, value: Any, start: Any, end: Any) -> Path:
        """Put a value where the open container wants it; the first of two equal keys wins."""
        if not self.stack:
            self.root = value
            path: Path = ()
        else:
            frame = self.stack[-1]
            if frame.key is None:
                path = (*frame.path, len(frame.container))
                frame.container.append(value)
            elif frame.key in frame.container:
                path = (*frame.path, f"{frame.key} (again)")
            else:
                path = (*frame.path, frame.key)
                frame.container[frame.key] = value
            frame.key = None
        self.spans[path] = self._span(start, end)
        return path

    def _span(self, start: Any, end: Any) -> Span:
        first = self.line_offset + 1
        return Span(start.line + first, start.column + 1, end.line + first, end.column + 1)

    def _note(self, kind: YamlKind, event: Any, message: str) -> None:
        self.problems.append(YamlProblem(kind, self._span(event.start_mark, event.end_mark), message))

    def _stop(self, kind: YamlKind, event: Any, message: str) -> None:
        raise _Unreadable(YamlProblem(kind, self._span(event.start_mark, event.end_mark), message))


def _place(text: str, index: int) -> tuple[int, int]:
    """Line and column of a character, both from 0."""
    return text.count("\n", 0, index), index - (text.rfind("\n", 0, index) + 1)


def _syntax_problem(error: yaml.YAMLError, text: str, line_offset: int) -> YamlProblem:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is not None:
        line, column = mark.line, mark.column
        said = " ".join(part for part in (getattr(error, "context", None), getattr(error, "problem", None)) if part)
    else:
        position = min(int(getattr(error, "position", 0) or 0), len(text))
        line, column = _place(text, position)
        said = getattr(error, "reason", None) or str(error)
    if line > text.count("\n"):  # the document ended too early: point after its last character
        line, column = _place(text, len(text))
    place = line + line_offset + 1
    span = Span(place, column + 1, place, column + 2)
    if "nesting depth" in said:  # a newer libyaml stops before the first event is out
        return YamlProblem("depth", span, _TOO_DEEP)
    return YamlProblem("syntax", span, f"not valid YAML: {said}")
