"""What a column of a results table holds, by its heading."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from hubtool.card.cell import Cell
from hubtool.card.datasets import KNOWN_DATASETS
from hubtool.card.metrics import is_percent, normalise, says_percent
from hubtool.card.names import name_key

Role = Literal["model", "params", "download", "recipe", "context", "dataset", "figure", "other", ""]

_MODEL = re.compile(
    r"(?:pre-?trained )?(?:model|network|net)s?(?: ?(?:name|version|arch(?:itecture)?|type|variant|id))?"
    r"|name|arch(?:itecture)?s?|模型(?:名称?|版本|结构)?|网络(?:名称?|结构)?"
)
_MODEL_TOO = re.compile(r"methods?|algorithms?|variants?|backbones?|encoders?|方法|骨干网络|主干网络|骨架网络")
_PARAMS = re.compile(
    r"(?:#|no\. of|num\. of|number of)? ?(?:model )?(?:params?|parameters?|参数量?)\.?"
    r" ?#?[(\[, ]*(?P<unit>k|m|b|g|millions?)?[)\]]?"
)
_DOWNLOAD = re.compile(
    r"(?:.*\W)?(?:weights?|ckpts?|checkpoints?|downloads?|links?)(?: (?:file|link|url)s?)?|.*(?:下载|权重|链接).*"
)
_RECIPE = re.compile(r"recipes?|config(?:uration)?s?(?: file)?|yaml|scripts?|配置(?:文件)?")
_CONTEXT = re.compile(r"context|devices?|hardware|resources?|硬件")
_DATASET = re.compile(r"(?:(?:test|eval|evaluation|val|validation|train|training) ?)?(?:data ?set|data)s?|数据集")
_ROLES: tuple[tuple[Role, re.Pattern[str]], ...] = (
    ("params", _PARAMS),
    ("download", _DOWNLOAD),
    ("recipe", _RECIPE),
    ("context", _CONTEXT),
    ("dataset", _DATASET),
)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


QUALITY = _words("""
acc accuracy top prec map ap iou miou precision recall f fscore hmean dice auc auroc em rank ndcg mrr hit hits mota motp
psnr ssim lpips fid kid wer cer ler eer bleu rouge ppl perplexity mos epe mae mse rmse mape error err loss mcc kappa nme
mpjpe cider meteor chrf 准确率 正确率 准确性 准确度 精度 召回率 精确率
""")
"""Words of which one at least is in the name of every figure of quality."""
_NOT_QUALITY = _words("scale function size time epoch epochs mixed type k")
_NO_CLAIM = _words("""
flops flop macs mac gflops mflops gmacs madds madd ops time times ms s sec secs seconds second hour hours h min mins day
days step steps latency speed fps qps throughput img imgs image images sample samples it iter iters iteration iterations
epoch epochs batch size bs resolution input crop pct lr learning rate schd schedule warmup card cards device devices npu
npus gpu gpus cpu cores core memory mem ram vram year params depth width layers layer blocks heads head dim dims hidden
seed decay drop dropout scale shape patch window stride level jit graph compile mode type version no id index cost
length len seq mb gb kb bits bit sparsity ratio power energy classes class num number count download downloads stars
temperature beta alpha margin momentum workers interval group groups channels frames frame views clips shards data
driver firmware cann toolkit kernel macts activations imagesize imgsize rtf support δ Δ
输入尺寸 输入大小 图像大小 尺寸 轮数 训练轮数 学习率 显存 显存占用 内存 卡数 批次大小
FLOPs 时延 时间 速度 计算量 批大小 分辨率 训练时间
""")
_WORD = re.compile(r"[^\W\d_]+")
_INITIAL = re.compile(r"\b[a-z]-(?=[a-z]{3})")  # the S of S-measure is no second
_FIELDS = re.compile(r"\s*(?:[/|&;,\n]|\band\b|和|与)\s*")
_TOP_K = re.compile(r"(?:acc|prec)?[\s_@-]*top[\s_@-]*\d+|(?:acc(?:uracy)?|prec)[\s_@-]*\d+", re.IGNORECASE)
_IS_TOP_K = re.compile(r"top\d+")
_TOP_DIGIT = re.compile(r"\btop[\s_@-]*\d|acc@", re.IGNORECASE)
_TWO_NAMES = re.compile(r"(?P<first>[^()]+)\((?P<second>[^()]+)\)")
_NEUTRAL = re.compile(
    r"\b(?:val(?:idation)?|valid|test|eval(?:uation)?|on|the|set|split)\b\.?|验证集|测试集", re.IGNORECASE
)
_PERCENT = re.compile(r"[(\[]?\s*(?:%|\bpercent\b|\bpct\b\.?)\s*[)\]]?", re.IGNORECASE)
_EDGES = " \t:,.-_()[]"


def _spelling(name: str) -> str:
    return r"[-_ ]?".join(map(re.escape, re.findall(r"[A-Za-z]+|\d+", name)))


_SHORT = {"in1k": "ImageNet-1K"}
_DATASET_NAMES = [_spelling(name) for known in KNOWN_DATASETS for name in known.names] + [*map(_spelling, _SHORT)]
_KNOWN = re.compile(
    r"(?<![^\W_])(?:"
    + "|".join(sorted(_DATASET_NAMES, key=len, reverse=True))
    + r")(?![^\W_])(?![-_ ](?:v\d|\d|a\b|r\b|c\b|o\b|p\b|e\b|real\b|sketch\b))",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure that a heading names.

    Attributes
    ----------
    name
        Normalised, see `hubtool.card.metrics.normalise`.
    label
        As written.
    dataset
        What it was measured on, where the heading says it.
    percent
        Whether the heading says that the figure is in percent.
    """

    name: str
    label: str
    dataset: str | None
    percent: bool


@dataclass(frozen=True, slots=True)
class Column:
    """A column and the heading it is known by.

    Attributes
    ----------
    figures
        What its cells give: one figure, or several for a heading such as Top-1/Top-5; none in another role.
    """

    role: Role
    heading: Cell
    figures: tuple[Figure, ...] = ()

    @property
    def unit_of_params(self) -> str:
        """The unit in the heading of a column of parameters, in lower case; empty where it has none."""
        match = _PARAMS.fullmatch(_one_line(self.heading.text).casefold())
        return (match["unit"] or "") if match else ""


def columns_of(header: Sequence[Cell]) -> list[Column]:
    """The columns below a header."""
    columns = _with_datasets_carried_on([_column(cell) for cell in header])
    if all(column.role != "model" for column in columns):
        columns = [replace(c, role="model") if _names_model_too(c) else c for c in columns]
    if columns and all(column.role != "model" for column in columns):
        first = columns[0]
        if not first.heading.text and any(column.role == "figure" for column in columns):
            columns[0] = replace(first, role="model")
    return columns


def _with_datasets_carried_on(columns: Sequence[Column]) -> list[Column]:
    """Columns whose top-5 is about what the top-1 before it says, as in `ImageNet top-1 | top-5`.

    Nothing is carried on after a top-k that names no dataset: in `top-1 | ImageNet-V2 top-1 | top-5`, either is meant.
    """
    dataset, seen = None, set[str]()
    carried = []
    for column in columns:
        figures = []
        for figure in column.figures:
            if figure.dataset is not None:
                dataset, seen = figure.dataset, set()
                figures.append(figure)
            elif not _IS_TOP_K.fullmatch(figure.name):
                figures.append(figure)
            elif dataset is None or figure.name in seen:
                return list(columns)
            else:
                figures.append(replace(figure, dataset=dataset))
            seen.add(figure.name)
        carried.append(replace(column, figures=tuple(figures)))
    return carried


def _names_model_too(column: Column) -> bool:
    return _MODEL_TOO.fullmatch(_one_line(column.heading.text).casefold()) is not None


def _column(cell: Cell) -> Column:
    figures = _figures(cell.text)
    return Column("figure" if figures else _role(_one_line(cell.text)), cell, figures)


def _one_line(text: str) -> str:
    return text.replace("\n", " ").strip()


@lru_cache(maxsize=1024)
def _role(heading: str) -> Role:
    plain = heading.casefold()
    if _MODEL.fullmatch(plain):
        return "model"
    for role, pattern in _ROLES:
        if pattern.fullmatch(plain):
            return role
    words = _WORD.findall(_INITIAL.sub("", plain))
    return "other" if not plain or not _NO_CLAIM.isdisjoint(words) else ""


def names_quality(text: str) -> bool:
    """Whether a name is that of a figure of quality, not of speed or size."""
    words = set(_WORD.findall(normalise(text)))
    return bool(words & QUALITY) and (not words & _NOT_QUALITY or _TOP_DIGIT.search(text) is not None)


@lru_cache(maxsize=1024)
def _figures(heading: str) -> tuple[Figure, ...]:
    """The figures that a heading names, in their order."""
    whole = _one_line(heading)
    if _role(whole) not in {"", "other"} or not names_quality(whole):
        return ()
    percent = says_percent(whole)
    fields = _fields(heading)
    if len(fields) == 1:
        fields = [whole]
    return tuple(_figure(field, percent=percent) for field in fields)


def _fields(heading: str) -> list[str]:
    """Several names that share a heading, as in `Top-1/Top-5`, `Acc@1,5`, `Top-1 (Top-5)`; else the heading."""
    if is_percent(normalise(_one_line(heading))):  # one name, perhaps wrapped: `Top-1<br>Acc`
        return [heading]
    if (two := _TWO_NAMES.fullmatch(heading)) and all(map(_TOP_K.fullmatch, map(str.strip, two.groups()))):
        return [two["first"].strip(), two["second"].strip()]
    fields = [field.strip(_EDGES) for field in _FIELDS.split(heading)]
    if len(fields) > 1 and (stem := re.match(r"(.*?[^\d\s])\s*\d+", fields[0])):
        fields = [f"{stem[1]}{field}" if re.match(r"\d", field) else field for field in fields]
    if len(fields) > 1 and all(map(names_quality, fields)):
        return fields
    return [heading]


def _figure(field: str, *, percent: bool) -> Figure:
    """One name, with the dataset taken out of it where what remains is the name of an accuracy."""
    name, dataset = normalise(field), None
    known = _KNOWN.search(field)
    rest = _KNOWN.sub(" ", field, count=1) if known else field
    plain = normalise(_PERCENT.sub(" ", _NEUTRAL.sub(" ", rest)).strip(_EDGES))
    if is_percent(plain):
        name, dataset = plain, _SHORT.get(name_key(known[0]), known[0]) if known else None
    return Figure(name, field.strip(), dataset, percent)
