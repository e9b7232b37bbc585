from __future__ import annotations

import tracemalloc

import pytest

from hubtool.errors import BrokenDataset, CheckpointMismatch
from hubtool.evaluation.loop import evaluate
from hubtool.evaluation.measure import measure
from hubtool.evaluation.outcome import Evaluation
from hubtool.evaluation.sampling import Sampling, draw
from hubtool.evaluation.topk import best_classes, is_correct
from tests.evaluation.fakes import MODEL, Guess, Kept, Numbers

np = pytest.importorskip("numpy")
SHUFFLED = draw(50, None, 0, shuffled=True)


@pytest.mark.parametrize(
    ("logits", "best"),
    [
        ([3, 2, 1], [0, 1, 2, -1, -1]),
        ([1, 1, 1], [0, 1, 2, -1, -1]),
        ([0, 5, 5], [1, 2, 0, -1, -1]),
        ([-1, -2, -3], [0, 1, 2, -1, -1]),
        ([0, 1, 2, 3, 4, 5, 6], [6, 5, 4, 3, 2]),
    ],
)
def test_the_best_classes_in_order(logits: list[float], best: list[int]) -> None:
    assert best_classes(np.array([logits], "float32")).tolist() == [best]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_answers_that_are_no_numbers_are_refused(value: float) -> None:
    with pytest.raises(CheckpointMismatch, match="not finite"):
        best_classes(np.array([[0, value]], "float32"))


@pytest.mark.parametrize(
    ("label", "top1", "top5"), [(2, True, True), (1, False, True), (3, False, False), (-1, False, False)]
)
def test_no_class_is_no_right_answer(label: int, top1: bool, top5: bool) -> None:
    """Three classes fill three of five places; -1 is what a label 0 becomes where labels count from one."""
    best = best_classes(np.array([[0, 1, 2]], "float32"))
    assert [is_correct(best, np.array([label]), k).tolist() for k in (1, 5)] == [[top1], [top5]]


def test_a_whole_split_is_counted_in_order() -> None:
    engine = Guess()
    evaluation = evaluate(engine, Numbers(), batch_size=7)
    counts = evaluation.counts
    assert engine.seen == list(range(50))
    assert (counts.correct, counts.images, counts.split_size, counts.resumed) == ({1: 5, 5: 25}, 50, 50, 0)
    assert evaluation.rows["index"].tolist() == list(range(50))
    assert evaluation.rows["label"].tolist() == [i % 10 for i in range(50)]
    assert evaluation.rows["best"].tolist() == [[0, 1, 2, 3, 4]] * 50
    assert evaluation.rows["logit"].tolist() == [10.0] * 50
    assert evaluation.session_seconds <= counts.seconds


def test_a_part_is_drawn_by_its_seed_without_replacement() -> None:
    seen = []
    for seed in (0, 0, 1):
        engine = Guess()
        counts = evaluate(engine, Numbers(), draw(50, 20, seed, shuffled=False)).counts
        assert (counts.images, counts.split_size) == (20, 50)
        assert len(set(engine.seen)) == 20
        seen.append(engine.seen)
    assert seen[0] == seen[1] != seen[2]


def test_a_limit_beyond_the_split_is_the_whole_split() -> None:
    assert evaluate(Guess(), Numbers(), draw(50, 51, 0, shuffled=False)).counts.images == 50


def test_a_stop_rule_sees_every_batch_and_ends_a_run_in_random_order() -> None:
    asked = []

    def stop(correct, images: int) -> bool:
        asked.append((images, dict(correct)))
        return images >= 20

    engine = Guess()
    counts = evaluate(engine, Numbers(), SHUFFLED, batch_size=8, stop=stop).counts
    assert [images for images, _ in asked] == [8, 16, 24]
    assert asked[-1][1] == counts.correct
    assert counts.images == 24
    assert engine.seen[:8] != sorted(engine.seen[:8])
    assert len(set(engine.seen)) == 24


def test_what_a_record_holds_is_not_evaluated_again() -> None:
    whole, kept = evaluate(Guess(), Numbers(), batch_size=7), Kept([])
    with pytest.raises(ZeroDivisionError):
        evaluate(Guess(fails_after=3), Numbers(), batch_size=7, record=kept)
    assert (len(kept.batches), kept.finished) == (3, False)
    engine = Guess()
    resumed = evaluate(engine, Numbers(), batch_size=7, record=kept)
    assert engine.seen == list(range(21, 50))
    assert (resumed.rows == whole.rows).all()
    assert (resumed.digest, resumed.counts.correct) == (whole.digest, whole.counts.correct)
    assert (resumed.counts.images, resumed.counts.resumed, kept.finished) == (50, 21, True)
    again = evaluate(engine, Numbers(), batch_size=7, record=kept)
    assert (again.digest, again.counts.resumed, again.counts.images_per_second) == (whole.digest, 50, 0.0)


def test_a_resumed_run_stops_where_an_uninterrupted_one_does() -> None:
    def stop(_, images: int) -> bool:
        return images >= 20

    kept = Kept([])
    evaluate(Guess(), Numbers(), SHUFFLED, batch_size=8, record=kept, stop=lambda *_: False)
    assert sum(map(len, kept.batches)) == 50
    resumed = evaluate(Guess(), Numbers(), SHUFFLED, batch_size=8, record=kept, stop=stop)
    assert resumed.digest == evaluate(Guess(), Numbers(), SHUFFLED, batch_size=8, stop=stop).digest


def test_classes_and_confusions() -> None:
    evaluation = evaluate(Guess(), Numbers())
    assert [(c.label, c.images, c.top1, c.top5) for c in evaluation.by_class()] == [
        (label, 5, 5 * (label == 0), 5 * (label < 5)) for label in range(10)
    ]
    assert [(c.label, c.taken_for, c.images) for c in evaluation.confusions(2)] == [(1, 0, 5), (2, 0, 5)]


def test_no_confusions_where_all_is_right() -> None:
    evaluation = evaluate(Guess(), Numbers())
    right = Evaluation(evaluation.counts, evaluation.rows[evaluation.rows["label"] == 0], evaluation.names)
    assert right.confusions(5) == []


def test_memory_is_flat_over_ten_thousand_images() -> None:
    """Peaks after 1,000 and after 10,000 images of 64x64 differ by less than two batches (of 1.5 MB)."""
    peaks = []
    for size in (1000, 10_000):
        data = Numbers(size, shape=(3, 64, 64))
        tracemalloc.start()
        evaluate(Guess(remembers=False), data)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] - peaks[0] < 2 * 32 * 3 * 64 * 64 * 4


class _Damaged(Numbers):
    """Every seventh image cannot be decoded."""

    def unreadable(self, indices):
        return {index: "no image" for index in indices if index % 7 == 0}


@pytest.mark.parametrize(("limit", "early_stop"), [(None, False), (20, False), (None, True)])
def test_unreadable_images_are_left_out_when_asked(tmp_path, limit, early_stop, caplog) -> None:
    sampling = Sampling(limit=limit, batch_size=8, early_stop=early_stop, skip_unreadable=True)
    dataset, engine = _Damaged(50), Guess()
    evaluation = measure(engine, dataset, MODEL, sampling, claims=[(1, 10.0)], ledgers=tmp_path)
    counts = evaluation.counts
    assert counts.images + counts.skipped == (limit or 50)
    assert counts.skipped == len(dataset.unreadable(draw(50, limit, 0, shuffled=early_stop)))
    assert all(index % 7 for index in evaluation.rows["index"])
    assert "number/7 cannot be decoded" in caplog.text or limit
    assert all(name % 7 for name in engine.seen)
    assert set(evaluation.unreadable.values()) == {"no image"}
    assert len(evaluation.unreadable) == counts.skipped


def test_the_first_unreadable_images_are_named_and_the_others_counted(tmp_path, caplog) -> None:
    measure(Guess(), _Damaged(200), MODEL, Sampling(skip_unreadable=True), ledgers=tmp_path)
    assert len([message for message in caplog.messages if message.endswith("is skipped: no image")]) == 20
    assert caplog.messages[-1] == "numbers: 29 images are skipped; --json lists them all under `unreadable`"


def test_nothing_is_left_when_no_image_can_be_decoded(tmp_path) -> None:
    class Broken(Numbers):
        def unreadable(self, indices):
            return dict.fromkeys(indices, "no image")

    with pytest.raises(BrokenDataset, match="none of 50 images can be decoded: number/0: no image"):
        measure(Guess(), Broken(50), MODEL, Sampling(skip_unreadable=True), ledgers=tmp_path)
