"""What changed from one file of predictions to another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hubtool.evaluation.predictions import Prediction
from hubtool.evaluation.topk import TOP_K


@dataclass(frozen=True, slots=True)
class Move:
    """Right answers, in percent of the images that both files have, and how far they moved from one to the other."""

    before: float
    after: float

    @property
    def points(self) -> float:
        """After minus before."""
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class Difference:
    """What changed from predictions A to predictions B.

    Attributes
    ----------
    images
        How many are in both.
    changed
        Pairs for images of both whose label or five best classes differ, by name. Logits do not count: they differ
        in their last digits from machine to machine.
    only_a, only_b
        Images that the other file lacks, by name.
    moves
        By k; empty when no image is in both.
    largest_logit_difference
        Among images of both whose best class is the same.
    by_file_name
        Whether images are called by their file names alone, because no path with its folders is in both files.
    """

    images: int
    changed: tuple[tuple[Prediction, Prediction], ...]
    only_a: tuple[str, ...]
    only_b: tuple[str, ...]
    moves: Mapping[int, Move]
    largest_logit_difference: float
    by_file_name: bool = False

    @property
    def is_none(self) -> bool:
        """Whether there was something to compare, and nothing changed."""
        return bool(self.images) and not (self.changed or self.only_a or self.only_b)

    @property
    def other_best(self) -> int:
        """Images whose best class is another."""
        return sum(a.best[:1] != b.best[:1] for a, b in self.changed)

    @property
    def became_right(self) -> int:
        """Images whose best class became the label."""
        return sum(b.is_correct(1) and not a.is_correct(1) for a, b in self.changed)

    @property
    def became_wrong(self) -> int:
        """Images whose best class was the label."""
        return sum(a.is_correct(1) and not b.is_correct(1) for a, b in self.changed)

    def to_json(self) -> dict[str, object]:
        """The difference as `hubtool diff --json` prints it."""
        return {
            "images": self.images,
            "by_file_name": self.by_file_name,
            "changed": [{"image": a.image, "a": _answer(a), "b": _answer(b)} for a, b in self.changed],
            "other_best": self.other_best,
            "became_right": self.became_right,
            "became_wrong": self.became_wrong,
            "only_a": list(self.only_a),
            "only_b": list(self.only_b),
            "accuracy": {
                f"top{k}": {"a": round(m.before, 4), "b": round(m.after, 4), "change": round(m.points, 4)}
                for k, m in self.moves.items()
            },
            "largest_logit_difference": self.largest_logit_difference,
        }


def difference(a: Mapping[str, Prediction], b: Mapping[str, Prediction]) -> Difference:
    """Compare two files of predictions, image by image.

    Layouts call the same image differently: `n01440764/x.JPEG` in class folders, `x.JPEG` in an archive. If the two
    have no path in common, images are matched by their file names, provided that each has every file name only once.
    """
    by_file_name = False
    if not a.keys() & b.keys():
        short_a, short_b = _by_file_name(a), _by_file_name(b)
        if by_file_name := bool(short_a.keys() & short_b.keys()):
            a, b = short_a, short_b
    both = [(a[image], b[image]) for image in sorted(a.keys() & b.keys())]
    return Difference(
        images=len(both),
        changed=tuple((x, y) for x, y in both if (x.label, x.best) != (y.label, y.best)),
        only_a=tuple(sorted(a.keys() - b.keys())),
        only_b=tuple(sorted(b.keys() - a.keys())),
        moves={
            k: Move(_percent([x.is_correct(k) for x, _ in both]), _percent([y.is_correct(k) for _, y in both]))
            for k in TOP_K
            if both
        },
        largest_logit_difference=max(
            (abs(x.logit - y.logit) for x, y in both if x.best[:1] == y.best[:1]), default=0.0
        ),
        by_file_name=by_file_name,
    )


def _by_file_name(predictions: Mapping[str, Prediction]) -> Mapping[str, Prediction]:
    """The same without folders; empty where two images would then be called alike."""
    short = {image.rpartition("/")[2]: prediction for image, prediction in predictions.items()}
    return short if len(short) == len(predictions) else {}


def _percent(right: list[bool]) -> float:
    return 100 * sum(right) / len(right)


def _answer(prediction: Prediction) -> dict[str, object]:
    return {"label": prediction.label, "best": list(prediction.best), "logit": prediction.logit}
