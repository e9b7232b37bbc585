"""The answers of an evaluation, sorted so that a reader sees where it goes wrong."""

from __future__ import annotations

from dataclasses import dataclass

from hubtool.data.split import Dataset
from hubtool.evaluation.outcome import ClassCounts, Confusion, Evaluation
from hubtool.evaluation.topk import right
from hubtool.report.thumbnails import thumbnail

WORST_IMAGES = 24
CONFUSED_PAIRS = 15
SHOWN_CLASSES = 40
"""Of more classes than that, only as many are listed: half of them the least accurate, half the most accurate."""


@dataclass(frozen=True, slots=True)
class ClassRow:
    """Accuracy on the images of one class, in percent."""

    called: str
    images: int
    top1: float
    top5: float


@dataclass(frozen=True, slots=True)
class Pair:
    """So many images of a class, of so many it has, were taken for another one."""

    label: str
    taken_for: str
    images: int
    of: int


@dataclass(frozen=True, slots=True)
class WrongImage:
    """An image whose best class is not its own; `picture` is a `data:` address, or None."""

    name: str
    label: str
    taken_for: str
    logit: float
    picture: str | None


@dataclass(frozen=True, slots=True)
class Answers:
    """An evaluation, class by class and image by image.

    Attributes
    ----------
    worst, best
        Classes, least accurate first; `best` is empty unless there were too many to list all.
    wrong
        How many images got a wrong answer; `images` shows the most confident mistakes.
    """

    classes: int
    worst: list[ClassRow]
    best: list[ClassRow]
    pairs: list[Pair]
    wrong: int
    images: list[WrongImage]


def answers_of(evaluation: Evaluation, dataset: Dataset | None) -> Answers:
    """An evaluation as a reader wants to see it; without the dataset, its images have no pictures."""
    names = _class_names(evaluation)

    def called(label: int) -> str:
        return f"{label} ({names[label]})" if label in names else str(label)

    def row(counts: ClassCounts) -> ClassRow:
        share = 100 / counts.images
        return ClassRow(called(counts.label), counts.images, counts.top1 * share, counts.top5 * share)

    def pair(confusion: Confusion) -> Pair:
        return Pair(called(confusion.label), called(confusion.taken_for), confusion.images, sizes[confusion.label])

    by_class = evaluation.by_class()
    sizes = {counts.label: counts.images for counts in by_class}
    classes = [row(counts) for counts in sorted(by_class, key=lambda c: (c.top1 / c.images, c.top5 / c.images))]
    half = SHOWN_CLASSES // 2 if len(classes) > SHOWN_CLASSES else len(classes)
    wrong = evaluation.rows[~right(evaluation.rows, 1)]
    images = [
        WrongImage(
            name=evaluation.names[answer["index"]],
            label=called(int(answer["label"])),
            taken_for=called(int(answer["best"][0])),
            logit=float(answer["logit"]),
            picture=None if dataset is None else thumbnail(dataset, int(answer["index"])),
        )
        for answer in wrong[(-wrong["logit"]).argsort(kind="stable")][:WORST_IMAGES]
    ]
    pairs = [pair(confusion) for confusion in evaluation.confusions(CONFUSED_PAIRS)]
    best = [] if half == len(classes) else classes[-half:]
    return Answers(len(classes), classes[:half], best, pairs, len(wrong), images)


def _class_names(evaluation: Evaluation) -> dict[int, str]:
    """The folder of each class, if every class has its own; else nothing."""
    folders: dict[int, str] = {}
    for index, label in zip(evaluation.rows["index"].tolist(), evaluation.rows["label"].tolist(), strict=True):
        folder = evaluation.names[index].rpartition("/")[0].rpartition("/")[2]
        if not folder or folders.setdefault(label, folder) != folder:
            return {}
    return folders if len(set(folders.values())) == len(folders) > 1 else {}
