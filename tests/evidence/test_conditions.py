"""What is said about how two engines compared."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from hubtool.evidence.conditions import EngineUsed, Parity

EQUAL = Parity("mindspore 2.8.0 float32", 64, 64, 64, 4.2e-6, 1e-4)


@pytest.mark.parametrize(
    ("parity", "is_equal", "said"),
    [
        (EQUAL, True, "its logits equal those of mindspore 2.8.0 float32 within 4.2e-06 on the first 64 images"),
        (
            replace(EQUAL, images=1, same_top1=1, same_top5=0),
            True,
            "its logits equal those of mindspore 2.8.0 float32 within 4.2e-06 on the first image; "
            "1 have the same best class, 0 the same five best in order",
        ),
        (
            replace(EQUAL, max_abs_difference=0.25, same_top1=62, same_top5=60, changed=("a", "b")),
            False,
            "its logits differ from those of mindspore 2.8.0 float32 by up to 0.25 on the first 64 images "
            "(accepted: 0.0001); 62 have the same best class, 60 the same five best in order",
        ),
        (
            replace(EQUAL, max_abs_difference=math.inf, same_top1=0, same_top5=0),
            False,
            "some of its logits are not finite on the first 64 images, those of mindspore 2.8.0 float32 are",
        ),
    ],
)
def test_a_comparison_in_words(parity: Parity, is_equal: bool, said: str) -> None:
    assert (parity.is_equal, parity.sentence) == (is_equal, said)


@pytest.mark.parametrize(
    ("engine", "called"),
    [
        (EngineUsed("openvino 1.0", "float32", "CPU x"), "openvino 1.0, float32, CPU x"),
        (EngineUsed("mindspore 2.8.0", "float32", ""), "mindspore 2.8.0, float32"),
        (EngineUsed("", "", ""), ""),
    ],
)
def test_an_engine_in_words(engine: EngineUsed, called: str) -> None:
    assert engine.called == called
