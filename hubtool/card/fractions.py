"""Accuracies that are written as fractions of 1: `0.7681` is read as 76.81 %."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hubtool.card.metrics import Metric, is_percent

_LEAST = 0.001


def in_percent(metrics: Sequence[Metric]) -> tuple[Metric, ...]:
    """The figures of `evaluation`, or of a column, with accuracies in percent if all of them are fractions of 1.

    An accuracy above 1, or with a percent sign, says that the others are in percent, too. So does one below 0.001:
    nobody publishes an accuracy of a tenth of a percent, but some write a loss under its name.
    """
    accuracies = [metric for metric in metrics if is_percent(metric.name)]
    values = [metric.value for metric in accuracies if metric.value]
    if not values or any("%" in metric.written for metric in accuracies):
        return tuple(metrics)
    if not _LEAST <= min(values) <= max(values) <= 1:
        return tuple(metrics)
    return tuple(_in_percent(metric) if is_percent(metric.name) else metric for metric in metrics)


def _in_percent(metric: Metric) -> Metric:
    return replace(metric, value=round(metric.value * 100, 10), is_fraction=True)
