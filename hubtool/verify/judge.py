"""From the claims of a subject and an evaluation to verdicts."""

from __future__ import annotations

from collections.abc import Iterable

from hubtool.card.claimset import Subject
from hubtool.card.datasets import dataset_named
from hubtool.evaluation.outcome import Evaluation
from hubtool.evidence.judge import judge, not_run
from hubtool.evidence.measurement import Measurement

METRIC_K = {"top1": 1, "acc": 1, "accuracy": 1, "top5": 5}
"""The metrics hubtool can measure, and how many best classes may hold the label."""


def judged(subject: Subject, evaluation: Evaluation | None, tolerance: float, reason: str) -> list[Measurement]:
    """A verdict on each claim of a subject.

    Parameters
    ----------
    evaluation
        None when none was run; `reason` says why.
    """
    results = []
    known = dataset_named(subject.card.train_dataset)
    for metric in subject.metrics:
        k = METRIC_K.get(metric.name)
        if evaluation is None or k is None:
            why = reason if k is not None else f"hubtool measures top-1 and top-5, not {metric.name or metric.written}"
            results.append(not_run(metric.name, metric.value, why, tolerance))
            continue
        counts = evaluation.counts
        claim = judge(
            metric.name,
            metric.value,
            correct=counts.correct[k],
            images=counts.images,
            split=counts.split,
            tolerance=tolerance,
            interval=evaluation.intervals.get(k),
            unreadable=counts.skipped,
            note=known.note(counts.split) if known else "",
        )
        results.append(claim)
    return results


def accuracies(subject: Subject, subjects: Iterable[Subject]) -> list[tuple[int, float]]:
    """What is claimed of one file, as (k, percent): by a subject and by others that share its evaluation."""
    return [
        (METRIC_K[metric.name], metric.value)
        for other in subjects
        if _is_about_the_same(other, subject)
        for metric in other.metrics
        if metric.name in METRIC_K
    ]


def _is_about_the_same(one: Subject, other: Subject) -> bool:
    return (
        one.network_name == other.network_name
        and one.card.train_dataset == other.card.train_dataset
        and (one.asset and one.asset.url) == (other.asset and other.asset.url)
    )
