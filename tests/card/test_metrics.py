from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubtool.card.metrics import normalise, parse_evaluation


@pytest.mark.parametrize(
    ("text", "metrics"),
    [
        ("top1acc76.85 | top5acc93.24", [("top1", 76.85, "%"), ("top5", 93.24, "%")]),
        ("acc70", [("acc", 70.0, "%")]),
        ("top1acc98.33|top5acc100.00", [("top1", 98.33, "%"), ("top5", 100.0, "%")]),
        ("mAP40.3", [("map", 40.3, "")]),
        ("F1score88.71", [("f1score", 88.71, "")]),
        ("Top-1: 76.9%", [("top1", 76.9, "%")]),
        ("WER 3.2%", [("wer", 3.2, "%")]),
        ("loss-0.5", [("loss", -0.5, "")]),
        ("3.2mos", [("", 3.2, "mos")]),
        ("acc=.5", [("acc", 0.5, "%")]),
    ],
)
def test_metrics(text: str, metrics: list) -> None:
    read, unread = parse_evaluation(text)
    assert [(m.name, m.value, m.unit) for m in read] == metrics
    assert unread == ()


@pytest.mark.parametrize("text", ["", " ", "-", "N/A", "no", "None"])
def test_none(text: str) -> None:
    assert parse_evaluation(text) == ((), ())


def test_what_cannot_be_read_is_said_with_its_place() -> None:
    read, unread = parse_evaluation("top1acc76.85 |  see the paper")
    assert [m.name for m in read] == ["top1"]
    assert [(part.written, part.start) for part in unread] == [("see the paper", 16)]


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("top1acc", "top1"),
        ("Top-1 (%)", "top1"),
        ("acc@top1", "top1"),
        ("Acc@5", "top5"),
        ("top_5 accuracy", "top5"),
        ("mIoU", "miou"),
    ],
)
def test_one_spelling(written: str, name: str) -> None:
    assert normalise(written) == name


@given(st.text())
def test_every_part_is_read_or_reported(text: str) -> None:
    read, unread = parse_evaluation(text)
    parts = [m.written for m in read] + [part.written for part in unread]
    assert not parts or len(parts) == text.count("|") + 1
    for part in unread:
        assert text[part.start :].startswith(part.written)
