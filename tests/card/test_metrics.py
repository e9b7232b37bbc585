from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubtool.card.metrics import is_bounded, normalise, parse_evaluation
from tests.effort import little_effort


@pytest.mark.parametrize(
    ("text", "metrics"),
    [
        ("top1acc76.85 | top5acc93.24", [("top1", 76.85, "%"), ("top5", 93.24, "%")]),
        ("acc70", [("acc", 70.0, "%")]),
        ("top1acc98.33|top5acc100.00", [("top1", 98.33, "%"), ("top5", 100.0, "%")]),
        ("mAP40", [("map", 40.0, "")]),
        ("mAP41.6 | AP50acc60.1", [("map", 41.6, ""), ("ap50", 60.1, "")]),
        ("F1score88.71", [("f1", 88.71, "")]),
        ("EM62.65 | F1scorce83.61", [("em", 62.65, ""), ("f1", 83.61, "")]),
        ("PSNR38.26 | SSIM0.9614", [("psnr", 38.26, ""), ("ssim", 0.9614, "")]),
        ("PSNR30dB", [("psnr", 30.0, "dB")]),
        ("Top-1: 76.9%", [("top1", 76.9, "%")]),
        ("Top-1 (%): 76.9", [("top1", 76.9, "%")]),
        ("WER 3.2%", [("wer", 3.2, "%")]),
        ("WER%3.2", [("wer", 3.2, "%")]),
        ("loss-0.5", [("loss", -0.5, "")]),
        ("acc-76.85", [("acc", 76.85, "%")]),
        ("acc=.5", [("acc", 0.5, "%")]),
        ("acc1.2e-5", [("acc", 1.2e-5, "%")]),
        ("acc76.85±0.2", [("acc", 76.85, "%")]),
        ("0.5macc75 | 1.0macc77", [("0.5macc", 75.0, ""), ("1.0macc", 77.0, "")]),
        ("2Dprojection98.9", [("2dprojection", 98.9, "")]),
        ("FAR0.1recall62", [("far0.1recall", 62.0, "")]),
        ("TRP@FAR=0.1%99.3", [("trp@far=0.1%", 99.3, "")]),
        ("100%-EER:98.73 | VR@FAR=0.1%:96.03", [("100%-eer", 98.73, ""), ("vr@far=0.1%", 96.03, "")]),
        ("R10@1acc25.4 | P@10acc42.7 | HITS@3 49", [("r10@1", 25.4, ""), ("p@10", 42.7, ""), ("hits@3", 49.0, "")]),
        ("set14psnr28.78", [("set14psnr", 28.78, "")]),
        ("image-level100.0", [("image-level", 100.0, "")]),
        ("ctc greedy search CER5.62", [("ctc greedy search cer", 5.62, "")]),
        ("mAP@0.5:0.95 37.3", [("map50-95", 37.3, "")]),
        ("准确率 (Top1)：73.9", [("top1", 73.9, "%")]),
    ],
)
def test_a_name_and_its_number(text: str, metrics: list) -> None:
    read, unread = parse_evaluation(text)
    assert [(m.name, m.value, m.unit) for m in read] == metrics
    assert unread == ()


@pytest.mark.parametrize(
    ("text", "metrics"),
    [
        ("3.2mos", [("", 3.2, "mos")]),
        ("2.2m | 5.93d", [("", 2.2, "m"), ("", 5.93, "d")]),
        ("7.5Dprojection", [("", 7.5, "Dprojection")]),
        ("28.4 BLEU", [("bleu", 28.4, "")]),
        ("93.2% accuracy", [("acc", 93.2, "%")]),
    ],
)
def test_a_number_before_its_unit_or_name(text: str, metrics: list) -> None:
    read, unread = parse_evaluation(text)
    assert [(m.name, m.value, m.unit) for m in read] == metrics
    assert unread == ()


@pytest.mark.parametrize(
    ("text", "metrics"),
    [
        ("F188.71", [("f1", 88.71)]),
        ("top176.85", [("top1", 76.85)]),
        ("Top-593.24", [("top5", 93.24)]),
        ("R@176.5", [("r@1", 76.5)]),
        ("R@1054.2", [("r@10", 54.2)]),
        ("mAP5045.6", [("map50", 45.6)]),
        ("mAP50.1", [("map", 50.1)]),
        ("mAP50-9537.3", [("map50-95", 37.3)]),
        ("rouge140.2", [("rouge1", 40.2)]),
        ("BLEU28.7", [("bleu", 28.7)]),
    ],
)
def test_a_name_that_ends_with_a_digit(text: str, metrics: list) -> None:
    assert [(m.name, m.value) for m in parse_evaluation(text)[0]] == metrics


@pytest.mark.parametrize(
    "text",
    [
        "top1acc76.85|top5acc93.24",
        "top1acc76.85 ｜ top5acc93.24",
        "top1acc76.85; top5acc93.24",
        "top1acc76.85；top5acc93.24",
        "top1acc76.85, top5acc93.24",
        "top1acc76.85，top5acc93.24",
        "top1acc76.85 / top5acc93.24",
        "top1 76.85 top5 93.24",
        "top1: 76.85% top5: 93.24%",
        "top1acc76.85\ntop5acc93.24",
        "top1acc76.85 | N/A | top5acc93.24",
    ],
)
def test_separators(text: str) -> None:
    read, unread = parse_evaluation(text)
    assert [(m.name, m.value) for m in read] == [("top1", 76.85), ("top5", 93.24)]
    assert unread == ()


@pytest.mark.parametrize("text", ["", " ", "-", "N/A", "no", "None"])
def test_none(text: str) -> None:
    assert parse_evaluation(text) == ((), ())


def test_what_cannot_be_read_is_said_with_its_place() -> None:
    read, unread = parse_evaluation("top1acc76.85 |  see the paper")
    assert [m.name for m in read] == ["top1"]
    assert [(part.written, part.start) for part in unread] == [("see the paper", 16)]


@pytest.mark.parametrize(
    ("text", "unread"),
    [
        ("76.85", [("76.85", 0)]),
        ("76.85%", [("76.85%", 0)]),
        ("top1", [("top1", 0)]),
        ("top-1 | top5acc", [("top-1", 0), ("top5acc", 8)]),
        ("F1score", [("F1score", 0)]),
        ("R@1", [("R@1", 0)]),
        ("TRP@FAR=0.1%", [("TRP@FAR=0.1%", 0)]),
        ("mAP@0.5:0.95", [("mAP@0.5:0.95", 0)]),
        ("acc 76-78", [("acc 76-78", 0)]),
        ("acc76,85", [("acc76,85", 0)]),
        ("acc>95", [("acc>95", 0)]),
        ("1.2.3", [("1.2.3", 0)]),
        ("acc1e999", [("acc1e999", 0)]),
        ("top1/top5: 76.85/93.24", [("top1/top5: 76.85/93.24", 0)]),
        ("acc70 |", [("|", 6)]),
        ("| acc70", [("|", 0)]),
        ("acc70 || acc71", [("|", 7)]),
    ],
)
def test_what_is_no_metric(text: str, unread: list) -> None:
    assert [(part.written, part.start) for part in parse_evaluation(text)[1]] == unread


def test_the_name_as_written_is_kept() -> None:
    (metric,), _ = parse_evaluation("TRP@FAR=0.1%:95.60")
    assert (metric.label, metric.written, metric.decimals) == ("TRP@FAR=0.1%", "TRP@FAR=0.1%:95.60", 2)
    assert metric.to_json() == {
        "name": "trp@far=0.1%",
        "label": "TRP@FAR=0.1%",
        "value": 95.6,
        "unit": "",
        "source": "front-matter",
        "written": "TRP@FAR=0.1%:95.60",
    }


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("top1acc", "top1"),
        ("Top-1 (%)", "top1"),
        ("Top-1(%)", "top1"),
        ("acc@top1", "top1"),
        ("Acc@5", "top5"),
        ("top_5 accuracy", "top5"),
        ("Accuracy (Top1)", "top1"),
        ("准确率 (Top1)", "top1"),
        ("top1 error", "top1 error"),
        ("top1pem", "top1pem"),
        ("mIoU", "miou"),
        ("Mean IoU", "miou"),
        ("mAP@0.5", "map50"),
        ("mAP_50", "map50"),
        ("AP75acc", "ap75"),
        ("F1-score", "f1"),
        ("F-score", "f-score"),
        ("BLEU-4", "bleu4"),
        ("Exact Match", "em"),
        ("FAR=0.1%", "far=0.1%"),
        ("vot2015acc", "vot2015acc"),
    ],
)
def test_one_spelling(written: str, name: str) -> None:
    assert normalise(written) == name


def test_only_what_is_certain_is_bounded() -> None:
    assert all(is_bounded(name) for name in ("top1", "acc", "map", "ap50", "miou", "f1", "class0precision", "r@1"))
    assert not any(is_bounded(name) for name in ("wer", "psnr", "mae", "mota", "coloracc", "fp", "mr", "em", ""))


NONE_WORDS = frozenset(
    ("n", "a", "na", "nan", "no", "nil", "none", "null", "not", "available", "applicable", "tba", "tbd", "无", "暂无")
)


@given(st.text())
def test_every_part_is_read_or_reported(text: str) -> None:
    read, unread = parse_evaluation(text)
    for part in unread:
        assert text[part.start :].startswith(part.written)
    shown = "".join([m.written for m in read] + [part.written for part in unread]).casefold()
    for word in re.findall(r"[^\W_]+", text):
        assert word.casefold() in shown or word.casefold() in NONE_WORDS


@pytest.mark.parametrize("text", ["1" * 4_000_000, "a1" * 80, "|" * 4_000_000, "top" * 50 + "," * 9, "1 a." * 1000])
def test_long_texts_cost_nothing(text: str) -> None:
    with little_effort():
        parse_evaluation(text)
