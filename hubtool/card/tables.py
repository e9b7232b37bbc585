"""The results tables of a card's body: one variant for each model, each with its own claims.

Figures of quality (accuracy, mAP, PSNR, ...) become metrics. Figures of speed (ms/step, img/s, FPS) do not: they
depend on the machine, and cannot be checked against a file. A table may have its models in rows or in columns.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise, zip_longest
from typing import TYPE_CHECKING, NamedTuple

from hubtool.card.metrics import NUMBER, TABLE, Metric, is_percent, normalise, parse_evaluation, says_percent
from hubtool.card.record import Asset, Variant, digest_in_link
from hubtool.card.span import Span

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_DELIMITER_ROW = re.compile(r"\n[ \t|:>]*-[ \t:-]*\|[ \t|:-]*\r?(?=\n|\Z)")
_SECTIONS = re.compile(
    r"results?\b|performance|evaluation|benchmarks?|accuracy|metrics|model zoo|性能|结果|评估|精度", re.IGNORECASE
)
_PIPE = re.compile(r"(?<!\\)\|")
_MARKUP = re.compile(r"[\\`*_\[\]<>&!~]")
_BARE_LINK = re.compile(r"https?://[^\s<>|]+")
_CELL_NUMBER = re.compile(
    rf"(?P<value>[-+]?{NUMBER})\s*(?P<unit>%|[A-Za-z]{{1,4}})?(?:\s*(?:±|\+/-)\s*{NUMBER})?"
    r"[\s*†‡↑↓]*(?:[(\uff08][^()]*[)\uff09])?",
    re.IGNORECASE,
)
_WEIGHTS_FILE = re.compile(r"\.(?:ckpt|mindir|air|om|onnx|safetensors|pth?|bin|tar|zip|npz)$", re.IGNORECASE)
_MILLIONS = {"k": 1e-3, "m": 1.0, "million": 1.0, "millions": 1.0, "b": 1e3, "g": 1e3}
_LEAST_RAW_COUNT = 100_000  # no network has that many millions of parameters

_MODEL = re.compile(r"(?:model|network|net)s?(?: ?(?:name|version))?|name|arch(?:itecture)?|模型(?:名称|版本)?|网络")
_MODEL_TOO = re.compile(r"method|algorithm|variant|backbone|方法|骨干网络")
_PARAMS = re.compile(
    r"(?:#|no\. of|num\. of|number of)? ?(?:model )?(?:params?|parameters?|参数量?)\.?"
    r" ?#?[(\[\uff08 ]*(?P<unit>k|m|b|g|millions?)?[)\]\uff09]?"
)
_DOWNLOAD = re.compile(
    r"(?:.*\W)?(?:weights?|ckpts?|checkpoints?|downloads?|links?)(?: (?:file|link|url)s?)?|.*(?:下载|权重).*"
)
_RECIPE = re.compile(r"recipes?|config(?:uration)?s?(?: file)?|yaml|scripts?|配置(?:文件)?")
_CONTEXT = re.compile(r"context|devices?|hardware|resources?|硬件")
_DATASET = re.compile(r"(?:(?:test|eval|evaluation|val|validation|train|training) ?)?(?:data ?set|data)s?|数据集")
_ROLES = (
    ("params", _PARAMS),
    ("download", _DOWNLOAD),
    ("recipe", _RECIPE),
    ("context", _CONTEXT),
    ("dataset", _DATASET),
)

_QUALITY = frozenset(
    {"acc", "accuracy", "top", "map", "ap", "iou", "miou", "precision", "recall", "f", "fscore", "hmean", "dice"}
    | {
        "auc",
        "auroc",
        "em",
        "rank",
        "ndcg",
        "mrr",
        "hit",
        "hits",
        "mota",
        "motp",
        "psnr",
        "ssim",
        "lpips",
        "fid",
        "kid",
    }
    | {"wer", "cer", "ler", "eer", "bleu", "rouge", "ppl", "perplexity", "mos", "epe"}
    | {"mae", "mse", "rmse", "mape", "error", "err", "loss", "准确率", "精度", "召回率", "精确率"}
)
_NOT_QUALITY = frozenset({"scale", "function", "size", "time", "epoch", "epochs", "mixed", "type", "k"})
_WORDS = re.compile(r"[^\W\d_]+")


class Cell(NamedTuple):
    """Text of a table cell, the targets of its links, and its place."""

    text: str
    links: tuple[str, ...]
    span: Span


_Line = list[Cell]


class _Column(NamedTuple):
    """What a column holds: a role, or `figure`, with the heading it was known by."""

    role: str
    heading: str


def results_rows(body: str, first_line: int) -> tuple[Variant, ...]:
    """The models of all tables in a section such as Results, with what each table says about them.

    Parameters
    ----------
    body
        Markdown after the front matter.
    first_line
        Line number of the body's first line in the file.
    """
    if not _DELIMITER_ROW.search(body):
        return ()  # most cards have no table, and the Markdown parser costs more than all the rest
    return tuple(variant for table in _tables(body, first_line) for variant in _variants(table))


def _variants(table: list[_Line]) -> Iterator[Variant]:
    columns = _columns(table[0])
    if not _is_upright(table, columns):
        empty = Cell("", (), Span(1, 1, 1, 1))
        table = _from_model_line([list(line) for line in zip_longest(*table, fillvalue=empty)])
        columns = _columns(table[0])
    roles = {column.role for column in columns}
    if "model" not in roles or not roles & {"figure", "params", "download"}:
        return
    name = ""
    for line in table[1:]:
        variant = _variant(columns, line, name)
        if variant.model:
            name = variant.model
            yield variant


def _is_upright(table: list[_Line], columns: Sequence[_Column]) -> bool:
    """Whether models are rows; where they are columns, the first cells of the rows name what is told of them."""
    across = {column.role for column in columns[1:]}
    down = {column.role for column in _columns([line[0] for line in table if line])}
    return bool(across & {"figure", "params", "download"}) or not ("model" in down and down & {"figure", "params"})


def _from_model_line(table: list[_Line]) -> list[_Line]:
    """A turned table without the columns that name no model."""
    model = next(index for index, column in enumerate(_columns(table[0])) if column.role == "model")
    return [line for line in table if line is table[0] or line[model].text]


def _columns(header: Sequence[Cell]) -> list[_Column]:
    columns = [_Column(_role(cell.text), cell.text) for cell in header]
    if all(column.role != "model" for column in columns):
        columns = [c._replace(role="model") if _MODEL_TOO.fullmatch(c.heading.casefold()) else c for c in columns]
    return columns


def _role(heading: str) -> str:
    plain = heading.strip().casefold()
    if _MODEL.fullmatch(plain):
        return "model"
    for role, pattern in _ROLES:
        if pattern.fullmatch(plain):
            return role
    words = set(_WORDS.findall(normalise(heading)))
    return "figure" if words & _QUALITY and not words & _NOT_QUALITY else ""


def _variant(columns: Sequence[_Column], line: Sequence[Cell], name_above: str) -> Variant:
    first: dict[str, Cell] = {}
    for column, cell in zip(columns, line, strict=False):
        if cell.text or cell.links:
            first.setdefault(column.role, cell)
    model = first.get("model")
    params = next(_params(columns, line), None)
    context, recipe, dataset = (first.get(role) for role in ("context", "recipe", "dataset"))
    return Variant(
        model=model.text if model else name_above,
        context=context.text if context else None,
        metrics=tuple(metric for pair in zip(columns, line, strict=False) for metric in _figures(*pair)),
        params_m=params[0] if params else None,
        recipe=next(iter(recipe.links), None) if recipe else None,
        asset=_asset(first.get("download"), line),
        model_span=(model or line[0]).span,
        dataset=dataset.text if dataset else None,
        params_span=params[1] if params else None,
    )


def _params(columns: Sequence[_Column], line: Sequence[Cell]) -> Iterator[tuple[float, Span]]:
    """Numbers of parameters in millions: `25.55` under Params(M), `25.6M`, `850K`, `25,549,352`."""
    for column, cell in zip(columns, line, strict=False):
        match = _CELL_NUMBER.fullmatch(cell.text.replace(",", "")) if column.role == "params" else None
        heading = _PARAMS.fullmatch(column.heading.strip().casefold()) if match else None
        if match and heading:
            count = float(match["value"])
            unit = (match["unit"] or heading["unit"] or "m").casefold()
            if not match["unit"] and count >= _LEAST_RAW_COUNT:
                yield count / 1e6, cell.span
            elif unit in _MILLIONS:
                yield count * _MILLIONS[unit], cell.span


def _figures(column: _Column, cell: Cell) -> Iterator[Metric]:
    """The metrics of a cell: a number, several under a heading such as Top-1/Top-5, or names with numbers."""
    if column.role != "figure":
        return
    headings = column.heading.split("/")
    parts = cell.text.split("/")
    if len(headings) != len(parts):
        headings, parts = [column.heading], [cell.text]
    for heading, part in zip(headings, parts, strict=True):
        if match := _CELL_NUMBER.fullmatch(part.strip()):
            name = normalise(heading)
            percent = is_percent(name) or says_percent(column.heading)
            unit = match["unit"] or ("%" if percent else "")
            yield Metric(name, float(match["value"]), unit, TABLE, part.strip(), heading.strip(), cell.span)
            continue
        for metric in parse_evaluation(part)[0]:
            if set(_WORDS.findall(metric.name)) & _QUALITY:
                label, written = metric.label, metric.written
                yield Metric(metric.name, metric.value, metric.unit, TABLE, written, label, cell.span)


def _asset(download: Cell | None, line: Sequence[Cell]) -> Asset | None:
    """The file of a row: the checkpoint its download cell links, else any link of the row to a file of weights."""
    links = download.links if download else ()
    everywhere = (link for cell in line for link in cell.links if _WEIGHTS_FILE.search(_path(link)))
    link = next((link for link in links if _path(link).endswith(".ckpt")), None) or next(iter(links), None)
    link = link or next(everywhere, None)
    if link is None:
        return None
    return Asset(_path(link).rsplit(".", 1)[-1].casefold(), link, digest_in_link(link))


def _path(link: str) -> str:
    return re.split(r"[?#]", link, maxsplit=1)[0]


@cache
def _markdown() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark").enable("table")


def _tables(body: str, first_line: int) -> Iterator[list[_Line]]:
    """The tables of results sections, the header first; only their cells are read as inline Markdown."""
    lines = body.split("\n")
    markdown = _markdown()
    env: dict[str, object] = {}
    tokens: list[Token] = []
    markdown.block.parse(body.replace("\r\n", "\n").replace("\r", " "), markdown, env, tokens)
    section = 0
    table: list[_Line] = []
    places: list[Span] = []
    for index, token in enumerate(tokens):
        match token.type:
            case "heading_open":
                section = _section_after(tokens[index + 1].content, section, level=int(token.tag[1:]))
            case "table_open":
                table = []
            case "tr_open" if section and token.map:
                table.append([])
                places = _places(lines[token.map[0]], first_line + token.map[0])
            case "inline" if section and tokens[index - 1].type in {"th_open", "td_open"}:
                number = len(table[-1])
                span = places[number] if number < len(places) else Span.of_line(first_line)
                table[-1].append(_cell(token.content, span, env))
            case "table_close" if section and table:
                yield table


def _section_after(heading: str, section: int, *, level: int) -> int:
    """Level of the results section that a heading opens or stays in; 0 outside of one."""
    if section and level > section:
        return section
    return level if _SECTIONS.search(heading) else 0


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


def _cell(content: str, span: Span, env: dict[str, object]) -> Cell:
    if not _MARKUP.search(content):
        return Cell(content, tuple(_BARE_LINK.findall(content)), span)
    children: list[Token] = []
    _markdown().inline.parse(content, _markdown(), env, children)
    texts = (" " if child.type == "html_inline" else child.content for child in children)
    text = "".join(texts).strip()
    links = tuple(str(child.attrs["href"]) for child in children if child.type == "link_open")
    return Cell(text, links or tuple(_BARE_LINK.findall(text)), span)
