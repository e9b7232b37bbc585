"""HT5xx: the figures that a card publishes, in its front matter and in its results tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import combinations

from hubtool.card.datasets import IMAGENET, dataset_key, same_dataset
from hubtool.card.metrics import Metric, decimals, is_bounded, says_none
from hubtool.card.names import name_key
from hubtool.card.params import published_fits
from hubtool.card.parse import ParsedCard, part_span
from hubtool.card.record import Asset, Variant, same_file
from hubtool.card.span import Span
from hubtool.card.tables import results_rows
from hubtool.lint.diagnostic import Severity
from hubtool.lint.rule import Facts, Finding, rule

_rows = lru_cache(maxsize=4)(results_rows)


@rule("HT501", "unreadable-metric", Severity.WARNING)
def unreadable_metric(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """A part of `evaluation` is not a name with a number.

    Figures are compared, ranked and reproduced by machines. A figure that cannot be read is as good as
    not published.

    Bad:
        evaluation: top1acc76,85 | see the paper

    Good:
        evaluation: top1acc76.85 | top5acc93.24
    """
    return [Finding(problem.span, problem.message) for problem in card.problems if problem.kind == "metric"]


@rule("HT502", "out-of-range", Severity.ERROR)
def out_of_range(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """A figure that lies between 0 and 100 by definition is below or above.

    An accuracy, a mean average precision, an intersection over union cannot be more than 100 %. A point is
    missing, or a digit is one too many.

    Bad:
        evaluation: top1acc7685

    Good:
        evaluation: top1acc76.85
    """
    for metric in _all_metrics(card):
        if not 0 <= metric.value <= 100 and metric.unit in {"%", ""} and is_bounded(metric.name):
            message = f"`{metric.written}`: {metric.label} lies between 0 and 100, write the figure in percent"
            yield Finding(_place(card, metric), message)


@rule("HT503", "top5-below-top1", Severity.ERROR)
def top5_below_top1(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """A top-5 accuracy is below the top-1 accuracy beside it.

    Whatever is right at the first guess is right within five, so top-5 cannot be lower. Most often the two
    figures are swapped. Figures are compared within the front matter and within one row of a table.

    Bad:
        evaluation: top1acc93.24 | top5acc76.85

    Good:
        evaluation: top1acc76.85 | top5acc93.24
    """
    for metrics in (card.metrics, *(row.metrics for row in _variants(card))):
        ranked = sorted(
            ((int(metric.name[3:]), metric) for metric in metrics if _is_top_k(metric)), key=lambda pair: pair[0]
        )
        for (few, fewer), (many, more) in combinations(ranked, 2):
            if few < many and more.value < fewer.value and not _is_fraction(more):
                message = f"top-{many} {more.value:g} is below top-{few} {fewer.value:g}: swap or correct the figures"
                yield Finding(_place(card, more), message)


@rule("HT504", "fraction", Severity.WARNING)
def fraction(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """An accuracy of 1 or less looks like a fraction.

    Accuracies of cards are in percent. 0.7685 then reads as less than one percent, and the card sinks to the
    end of every ranking.

    Bad:
        evaluation: top1acc0.7685

    Good:
        evaluation: top1acc76.85
    """
    for metric in _all_metrics(card):
        if _is_fraction(metric):
            percent = f"{round(metric.value * 100, 8):.10g}"
            message = f"`{metric.written}` reads as {metric.value:g} %: write {percent} if it is a fraction"
            if metric.value < 0.001:
                message = f"`{metric.written}` reads as {metric.value:g} %: write percent, or name what it measures"
            yield Finding(_place(card, metric), message)


@rule("HT505", "row-without-file", Severity.INFO)
def row_without_file(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """A row of a results table publishes figures and links no file.

    A figure belongs to a checkpoint. Without a link nobody can reproduce it; figures of other people's
    models may stay as they are.

    Bad:
        | Model    | Top-1 (%) |
        | -------- | --------- |
        | resnet50 | 76.69     |

    Good:
        | Model    | Top-1 (%) | Download                                                 |
        | -------- | --------- | -------------------------------------------------------- |
        | resnet50 | 76.69     | [weights](https://example.org/resnet50-e0733ab8.ckpt) |
    """
    for row in _variants(card):
        if row.metrics and row.asset is None:
            message = f"`{row.model}` has figures and no file: link the checkpoint that they were measured with"
            yield Finding(row.model_span, message)


@rule("HT506", "table-contradicts", Severity.ERROR)
def table_contradicts(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """A table and the front matter publish different figures for the same file.

    One file has one accuracy on one dataset. Rows are compared only where they link the file of the front
    matter, by its address or its digest; rows about other files, or other datasets, may say what they want.

    Bad:
        evaluation: top1acc76.85
        asset:
          - file-format: ckpt
            asset-link: <https://example.org/resnet50-e0733ab8.ckpt>

        | Model    | Top-1 (%) | Download                                                 |
        | -------- | --------- | -------------------------------------------------------- |
        | resnet50 | 76.69     | [weights](https://example.org/resnet50-e0733ab8.ckpt) |

    Good:
        the same figure at both places, or the link of the file that the row is about
    """
    if card.card is None or not card.card.variants:
        return
    asset = _only_checkpoint(card.card.assets)
    rows = [row for row in card.card.variants if asset and same_file(asset, row.asset)]
    if any(row.dataset and not same_dataset(row.dataset, card.card.train_dataset) for row in rows):
        return
    for published in card.card.metrics:
        twins = [metric for row in rows for metric in row.metrics if metric.name == published.name != ""]
        is_once = sum(metric.name == published.name for metric in card.card.metrics) == 1
        if is_once and not any(_agree(published, twin) for twin in twins):
            for twin in twins:
                message = (
                    f"{twin.label} {twin.value:g} contradicts `{published.written}` of the front matter, "
                    "which is about the same file: correct one of them"
                )
                yield Finding(_place(card, twin), message)


@rule("HT507", "params-differ", Severity.ERROR)
def params_differ(card: ParsedCard, facts: Facts) -> Iterable[Finding]:
    """The published number of parameters is not that of the network.

    The number follows from the architecture, so a difference means that the row names another network, or
    that the figure was copied from one. Known are the networks that hubtool can build.

    Bad:
        | Model        | Params(M) |
        | ------------ | --------- |
        | bit_resnet50 | 44.54     |

    Good:
        | Model        | Params(M) |
        | ------------ | --------- |
        | bit_resnet50 | 25.55     |
    """
    if not facts.parameter_counts:
        return
    for row in _variants(card):
        name = _network_of(card, row, facts)
        if name is None or row.params_m is None or row.params_span is None or not _standard_head(card, row, name):
            continue
        count = facts.parameter_counts[name]
        if not published_fits(count, row.params_m, _decimals_written(card, row.params_span)):
            message = f"`{row.model}` has {count / 1e6:.2f} M parameters, not {row.params_m:g} M"
            yield Finding(row.params_span, message)


@rule("HT509", "duplicate-metric", Severity.WARNING)
def duplicate_metric(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """The front matter gives two numbers for one metric.

    Usually the second one is another metric under the wrong name, such as top-5 called top-1; nobody
    can tell which of the two is claimed.

    Bad:
        evaluation: top1acc69.73 | top1acc89.35

    Good:
        evaluation: top1acc69.73 | top5acc89.35
    """
    seen: dict[str, float] = {}
    for metric in card.card.metrics if card.card else ():
        first = seen.setdefault(metric.name, metric.value)
        if metric.name and first != metric.value:
            message = f"`{metric.label or metric.name}` is given as {first:g} and as {metric.value:g}: name each once"
            yield Finding(card.span_of("evaluation"), message)


@rule("HT508", "no-metric", Severity.INFO)
def no_metric(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """The card publishes no figure.

    `evaluation` is empty, says none, or is missing. A reader who compares models passes over the card.

    Bad:
        evaluation:

    Good:
        evaluation: top1acc76.85 | top5acc93.24
    """
    if card.values is None or card.metrics:
        return
    value = card.values.get("evaluation", "")
    if value is None or (isinstance(value, str) and says_none(value)):
        message = "no figure is published: write what was measured, such as `evaluation: top1acc76.85`"
        yield Finding(card.span_of_key("evaluation"), message)


def _variants(card: ParsedCard) -> tuple[Variant, ...]:
    """Rows of the results tables, of a card without a record too."""
    if card.card is not None:
        return card.card.variants
    return _rows(card.layout.body, card.layout.body_line) if card.layout and card.layout.closed else ()


def _all_metrics(card: ParsedCard) -> Iterator[Metric]:
    yield from card.metrics
    for row in _variants(card):
        yield from row.metrics


def _place(card: ParsedCard, metric: Metric) -> Span:
    whole = metric.span or card.span_of("evaluation")
    text = card.values.get("evaluation") if card.values else None
    if metric.span or not isinstance(text, str) or (start := text.find(metric.written)) < 0:
        return whole
    return part_span(whole, text, metric.written, start)


def _is_fraction(metric: Metric) -> bool:
    """Whether an accuracy looks like a fraction; `0.9%` says itself that it is none."""
    is_accuracy = metric.name == "acc" or _is_top_k(metric)
    return is_accuracy and 0 < metric.value <= 1 and metric.unit == "%" and "%" not in metric.written


def _is_top_k(metric: Metric) -> bool:
    return metric.name.startswith("top") and metric.name[3:].isdecimal()


def _only_checkpoint(assets: Sequence[Asset]) -> Asset | None:
    """The file that the front matter's figures are about; None where there are several to choose from."""
    checkpoints = [asset for asset in assets if asset.format.casefold() == "ckpt"] or list(assets)
    return checkpoints[0] if len(checkpoints) == 1 else None


def _agree(one: Metric, other: Metric) -> bool:
    """Whether two figures are the same as far as both were written out; one may be a fraction, or cut off."""
    if one.unit and other.unit and one.unit != other.unit:
        return True
    fewer = min(one.decimals, other.decimals)
    step = 10.0**-fewer if one.decimals != other.decimals else 0.0
    return any(
        abs(one.value * scale - other.value) < max(step, 1e-6)
        for scale in (1.0, 100.0, 0.01)
        if scale == 1.0 or min(one.value, other.value) <= 1
    )


def _network_of(card: ParsedCard, row: Variant, facts: Facts) -> str | None:
    """Key of the known network that a row is about: the one it names, or the card's if it links the card's file."""
    names = [name_key(row.model)]
    if card.card is not None and any(same_file(asset, row.asset) for asset in card.card.assets):
        names.append(name_key(card.card.model_name))
    return next((name for name in names if name in facts.parameter_counts), None)


def _standard_head(card: ParsedCard, row: Variant, name: str) -> bool:
    """Whether a network has its usual number of classes: fine-tuned to another dataset, it has fewer parameters."""
    text = card.values.get("train-dataset") if card.values else None
    dataset = dataset_key(row.dataset or (text if isinstance(text, str) else ""))
    return not dataset or dataset == IMAGENET.key or dataset in name


def _decimals_written(card: ParsedCard, span: Span) -> int:
    """Decimals of a number of millions; those of 25.55 where the number is written out, as 25,549,352."""
    written = card.lines[span.line - 1][span.column - 1 : span.end_column - 1]
    number = re.search(r"[0-9]+(?:\.[0-9]+)?", written.replace(",", ""))
    if number is None or float(number[0]) >= 100_000:
        return 2
    return decimals(number[0])
