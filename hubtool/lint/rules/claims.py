"""HT501 to HT509: the figures that a card publishes, in its front matter and in its results tables."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations

from hubtool.card.metrics import Metric, is_bounded
from hubtool.card.names import says_none
from hubtool.card.parse import ParsedCard
from hubtool.lint.diagnostic import Severity
from hubtool.lint.figures import all_metrics, place_of
from hubtool.lint.rule import Facts, Finding, rule


@rule("HT501", "unreadable-metric", Severity.WARNING)
def unreadable_metric(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """A part of `evaluation` is not a name with a number.

    Programs compare, rank and reproduce figures. A figure that they cannot read might as well not be
    published.

    Bad:
        evaluation: top1acc76,85 | see the paper

    Good:
        evaluation: top1acc76.85 | top5acc93.24
    """
    return [Finding(problem.span, problem.message) for problem in card.problems if problem.kind == "metric"]


@rule("HT502", "out-of-range", Severity.ERROR)
def out_of_range(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """A figure that must be between 0 and 100 is not.

    Accuracy, mean average precision and intersection over union cannot be more than 100 %. A decimal point is
    missing, or there is a digit too many.

    Bad:
        evaluation: top1acc7685

    Good:
        evaluation: top1acc76.85
    """
    for metric in all_metrics(card):
        if not 0 <= metric.value <= 100 and metric.unit in {"%", ""} and is_bounded(metric.name):
            message = f"`{metric.written}`: {metric.label} is between 0 and 100: write the figure in percent"
            yield Finding(place_of(card, metric), message)


@rule("HT503", "top5-below-top1", Severity.ERROR)
def top5_below_top1(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """A top-5 accuracy is below the top-1 accuracy beside it.

    An answer that is right at the first guess is also right within five, so top-5 cannot be lower. Most often
    the two figures are swapped. Figures are compared within the front matter and within one row of a table.

    Bad:
        evaluation: top1acc93.24 | top5acc76.85

    Good:
        evaluation: top1acc76.85 | top5acc93.24
    """
    for metrics in (card.metrics, *(row.metrics for row in card.rows)):
        ranked = sorted(
            ((int(metric.name[3:]), metric) for metric in metrics if _is_top_k(metric)), key=lambda pair: pair[0]
        )
        for (few, fewer), (many, more) in combinations(ranked, 2):
            if few < many and more.value < fewer.value and not _is_fraction(more):
                message = f"top-{many} {more.value:g} is below top-{few} {fewer.value:g}: swap or correct the figures"
                yield Finding(place_of(card, more), message)


@rule("HT504", "fraction", Severity.WARNING)
def fraction(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """An accuracy of 1 or less looks like a fraction.

    Cards give accuracies in percent. Where no accuracy of `evaluation`, or of a column of a table, is above 1, they
    are read as fractions: 0.7685 is 76.85 %. Other programs may read less than one percent.

    Bad:
        evaluation: top1acc0.7685

    Good:
        evaluation: top1acc76.85
    """
    for metric in all_metrics(card):
        if metric.is_fraction:
            message = f"`{metric.written}` is a fraction, read as {metric.value:.10g} %: write {metric.value:.10g}"
            yield Finding(place_of(card, metric), message)
        elif _is_fraction(metric):
            percent = f"{round(metric.value * 100, 8):.10g}"
            message = f"`{metric.written}` reads as {metric.value:g} %: write {percent} if it is a fraction"
            if metric.value < 0.001:
                message = f"`{metric.written}` reads as {metric.value:g} %: write percent, or name what it measures"
            yield Finding(place_of(card, metric), message)


@rule("HT505", "row-without-file", Severity.INFO)
def row_without_file(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """A row of a results table has figures but links no file.

    A figure belongs to a checkpoint, and without a link nobody can reproduce it. Figures quoted for other
    people's models are fine as they are.

    Bad:
        | Model    | Top-1 (%) |
        | -------- | --------- |
        | resnet50 | 76.69     |

    Good:
        | Model    | Top-1 (%) | Download                                                 |
        | -------- | --------- | -------------------------------------------------------- |
        | resnet50 | 76.69     | [weights](https://example.org/resnet50-e0733ab8.ckpt) |
    """
    for row in card.rows:
        if row.metrics and row.asset is None:
            message = f"`{row.model}` has figures and no file: link the checkpoint that they were measured with"
            yield Finding(row.model_span, message)


@rule("HT509", "duplicate-metric", Severity.WARNING)
def duplicate_metric(card: ParsedCard, _: Facts) -> Iterable[Finding]:
    """The front matter gives two numbers for one metric.

    Usually the second one is another metric under the wrong name, such as top-5 called top-1. Nobody can tell
    which of the two is claimed.

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

    `evaluation` is empty, says none, or is missing. Readers who compare models skip the card.

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


def _is_fraction(metric: Metric) -> bool:
    """Whether an accuracy looks like a fraction; `0.9%` says itself that it is none."""
    is_accuracy = metric.name == "acc" or _is_top_k(metric)
    return is_accuracy and 0 < metric.value <= 1 and metric.unit == "%" and "%" not in metric.written


def _is_top_k(metric: Metric) -> bool:
    return metric.name.startswith("top") and metric.name[3:].isdecimal()
