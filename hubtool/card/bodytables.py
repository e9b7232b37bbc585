"""The tables of a card's body, in Markdown and in HTML, each with the section it stands in."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Literal, NamedTuple

from hubtool.card.cell import Cell, markdown, read_cell
from hubtool.card.htmltables import Source, html_tables
from hubtool.card.span import Span

if TYPE_CHECKING:
    from markdown_it.token import Token

_DELIMITER_ROW = re.compile(r"\n[ \t|:>]*-[ \t:-]*\|[ \t|:-]*\r?(?=\n|\Z)")
_ABOUT_RESULTS = re.compile(
    r"results?\b|performance|evaluation|benchmark|\baccurac|\bmetrics?\b|model[\s_-]*zoo|leaderboard|compar|experiment"
    r"|reproduc|baselines?\b|scores?\b|image-?net|ilsvrc|cifar"
    r"|性能|结果|评估|评测|测评|精度|准确率|指标|基准|实验|对比|比较|复现",
    re.IGNORECASE,
)
_ABOUT_FILES = re.compile(
    r"\bmodels\b|model[\s_-]*(?:list|card|hub)|\bzoo\b|(?:pre-?)?trained|checkpoints?|\bweights?\b|downloads?\b"
    r"|模型库|模型列表|模型动物园|预训练|权重|下载",
    re.IGNORECASE,
)
_PIPE = re.compile(r"(?<!\\)\|")
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_HTML_HEADING = re.compile(r"<h([1-6])\b[^>]*>(.*?)</h\1\s*>", re.IGNORECASE | re.DOTALL)
_BEFORE_HEADINGS = 7
_LONGEST_HTML = 300_000

Line = list[Cell]
About = Literal["results", "files", ""]


class Table(NamedTuple):
    """A table.

    Attributes
    ----------
    lines
        The header first.
    about
        What its section is about: `results` for Results, Benchmark and the like, and above all sections; `files` for
        Pretrained models, Checkpoints and the like; empty for others.
    section
        The heading it stands under; empty above all sections.
    """

    lines: list[Line]
    about: About
    section: str


class _Part(NamedTuple):
    """A heading (`level` above 0) or a table of the body, and the line it begins in."""

    line: int
    level: int
    title: str
    table: list[Line]


def tables_of(body: str, first_line: int) -> Iterator[Table]:
    """The tables of a body, in the order of their places.

    Parameters
    ----------
    first_line
        Line number of the body's first line in the file.
    """
    has_html = "<" in body and "<table" in body.casefold()
    if not has_html and ("|" not in body or not _DELIMITER_ROW.search(body)):
        return  # most cards have no table, and the Markdown parser costs more than all the rest
    env: dict[str, object] = {}
    tokens: list[Token] = []
    source = body.replace("\r\n", "\n").replace("\r", " ")
    markdown().block.parse(source, markdown(), env, tokens)
    parts = list(_markdown_parts(tokens, source.split("\n"), first_line, env))
    if has_html:
        parts += _html_parts(_markdown_only(source, tokens), first_line, env)
    parts.sort(key=lambda part: part.line)
    yield from _in_sections(parts)


def _in_sections(parts: Sequence[_Part]) -> Iterator[Table]:
    outer: About = "results"
    about, level, title, is_first = outer, _BEFORE_HEADINGS, "", True
    for part in parts:
        if part.level:
            if not (is_first and part.level == 1):  # a title opens no section
                if not outer or part.level <= level:
                    outer, level = _about(part.title), part.level
                about = "results" if _about(part.title) == "results" else outer
                title = part.title
            is_first = False
        elif part.table:
            yield Table(part.table, about, title)


def _about(heading: str) -> About:
    if _ABOUT_RESULTS.search(heading):
        return "results"
    return "files" if _ABOUT_FILES.search(heading) else ""


def _markdown_parts(
    tokens: Sequence[Token], lines: Sequence[str], first_line: int, env: dict[str, object]
) -> Iterator[_Part]:
    table: list[Line] = []
    places: list[Span] = []
    start = 0
    for index, token in enumerate(tokens):
        match token.type:
            case "heading_open" if token.map:
                yield _Part(token.map[0], int(token.tag[1:]), tokens[index + 1].content, [])
            case "table_open" if token.map:
                table, start = [], token.map[0]
            case "tr_open" if token.map:
                table.append([])
                places = _places(lines[token.map[0]], first_line + token.map[0])
            case "inline" if tokens[index - 1].type in {"th_open", "td_open"}:
                number = len(table[-1])
                span = places[number] if number < len(places) else Span.of_line(first_line + start)
                table[-1].append(read_cell(token.content, span, env))
            case "table_close":
                yield _Part(start, 0, "", table)


def _places(line: str, number: int) -> list[Span]:
    """Where the cells of a row of a table stand."""
    bounds = [-1, *(match.start() for match in _PIPE.finditer(line)), len(line)]
    pieces = [(start + 1, end) for start, end in pairwise(bounds)]
    if not line[: pieces[0][1]].strip():
        pieces = pieces[1:]
    spans = []
    for start, end in pieces:
        text = line[start:end]
        column = start + len(text) - len(text.lstrip()) + 1
        spans.append(Span(number, column, number, max(column, start + len(text.rstrip()) + 1)))
    return spans


def _markdown_only(source: str, tokens: Sequence[Token]) -> str:
    """The body with blanks for comments and blocks of code, so that what stands in them is not read as HTML."""
    text = _COMMENT.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), source)
    lines = text.split("\n")
    for token in tokens:
        if token.type in {"fence", "code_block"} and token.map:
            for number in range(*token.map):
                lines[number] = " " * len(lines[number])
    return "\n".join(lines)


def _html_parts(text: str, first_line: int, env: dict[str, object]) -> Iterator[_Part]:
    starts = [0, *accumulate(len(line) + 1 for line in text.split("\n"))]

    def place(offset: int) -> tuple[int, int]:
        line = bisect_right(starts, offset) - 1
        return line, offset - starts[line] + 1

    def cell(source: Source) -> Cell:
        (line, column), (end_line, end_column) = place(source.start), place(source.end)
        span = Span(line + first_line, column, end_line + first_line, end_column)
        return read_cell(source.text, span, env)

    for heading in _HTML_HEADING.finditer(text):
        yield _Part(place(heading.start())[0], int(heading[1]), read_cell(heading[2], Span(1, 1, 1, 1), env).text, [])
    for start, rows in html_tables(text[:_LONGEST_HTML]):
        yield _Part(place(start)[0], 0, "", [[cell(source) for source in row] for row in rows])
