from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from hubtool.data.dataset import Batch
from hubtool.errors import CheckpointMismatch
from hubtool.verify.evaluate import evaluate, label_ranks

np = pytest.importorskip("numpy")


@pytest.mark.parametrize(
    ("logits", "label", "rank"),
    [
        ([3, 2, 1], 0, 0),
        ([3, 2, 1], 2, 2),
        ([1, 1, 1], 0, 0),
        ([1, 1, 1], 2, 2),
        ([0, 5, 5], 2, 1),
        ([-1, -2, -3], 1, 1),
    ],
)
def test_ranks(logits: list[float], label: int, rank: int) -> None:
    assert label_ranks(np.array([logits], "float32"), np.array([label])).tolist() == [rank]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_answers_that_are_no_numbers_are_refused(value: float) -> None:
    with pytest.raises(CheckpointMismatch, match="not finite"):
        label_ranks(np.array([[0, value]], "float32"), np.array([0]))


class Numbers:
    """Image i is the number i, its label i modulo 10."""

    name, classes = "numbers", 10

    def __len__(self) -> int:
        return 50

    def batches(self, indices: Sequence[int], batch_size: int) -> Iterator[Batch]:
        for start in range(0, len(indices), batch_size):
            chosen = np.array(indices[start : start + batch_size])
            yield Batch(chosen, chosen % 10)


class Guess:
    """Says 0, then 1, 2, ... : right for labels 0, and among five for labels under 5."""

    name, precision = "guess", "float32"

    def __init__(self) -> None:
        self.seen: list[int] = []

    def logits(self, images):
        self.seen += images.tolist()
        return np.tile(np.arange(10, 0, -1, dtype="float32"), (len(images), 1))


def test_a_whole_split_is_counted_in_order() -> None:
    engine = Guess()
    counts = evaluate(engine, Numbers(), batch_size=7)
    assert engine.seen == list(range(50))
    assert (counts.correct, counts.images, counts.split) == ({1: 5, 5: 25}, 50, 50)


def test_a_part_is_drawn_by_its_seed_without_replacement() -> None:
    seen = []
    for seed in (0, 0, 1):
        engine = Guess()
        counts = evaluate(engine, Numbers(), limit=20, seed=seed)
        assert (counts.images, counts.split) == (20, 50)
        assert len(set(engine.seen)) == 20
        seen.append(engine.seen)
    assert seen[0] == seen[1] != seen[2]


def test_a_limit_beyond_the_split_is_the_whole_split() -> None:
    counts = evaluate(Guess(), Numbers(), limit=51)
    assert counts.images == 50
