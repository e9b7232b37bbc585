from __future__ import annotations

import pytest

from hubtool.card.datasets import dataset_named
from hubtool.evidence.judge import judge, not_run
from hubtool.evidence.verdict import Verdict, is_settled


@pytest.mark.parametrize(
    ("published", "correct", "images", "split", "verdict"),
    [
        (98.33, 354, 360, 360, Verdict.REPRODUCED),
        (98.63, 354, 360, 360, Verdict.MISMATCH),
        (98.03, 354, 360, 360, Verdict.MISMATCH),
        (76.90, 768, 1000, 1000, Verdict.REPRODUCED),  # exactly the tolerance away
        (76.70, 768, 1000, 1000, Verdict.REPRODUCED),
        (76.91, 768, 1000, 1000, Verdict.MISMATCH),
        (100.0, 360, 360, 360, Verdict.REPRODUCED),
        (0.0, 0, 10, 10, Verdict.REPRODUCED),
        (76.85, 1537, 2000, 50_000, Verdict.CONSISTENT),
        (80.63, 1537, 2000, 50_000, Verdict.MISMATCH),
        (76.85, 8, 10, 50_000, Verdict.INCONCLUSIVE),
        (76.85, 0, 64, 50_000, Verdict.MISMATCH),
        (98.33, 99, 100, 360, Verdict.CONSISTENT),
        (98.33, 353, 359, 360, Verdict.CONSISTENT),
        (98.03, 353, 359, 360, Verdict.CONSISTENT),  # the last image may still bring it within the tolerance
        (97.93, 353, 359, 360, Verdict.MISMATCH),
    ],
)
def test_verdicts(published: float, correct: int, images: int, split: int, verdict: Verdict) -> None:
    claim = judge("top1", published, correct=correct, images=images, split=split)
    assert claim.verdict is verdict
    assert claim.measured == pytest.approx(100 * correct / images)
    assert (claim.interval is None) == (images == split)
    assert claim.reason


def test_a_claim_that_was_not_run_says_why() -> None:
    document = not_run("top1", 76.85, "no dataset").to_json()
    assert document == {
        "metric": "top1",
        "published": 76.85,
        "measured": None,
        "correct": None,
        "images": None,
        "dataset_images": None,
        "interval": None,
        "tolerance": 0.1,
        "verdict": "not-run",
        "reason": "no dataset",
    }


@pytest.mark.parametrize(
    ("interval", "settled"),
    [
        ((76.75, 76.95), True),  # all of it within 0.1 points of 76.85
        ((76.74, 76.90), False),
        ((76.96, 90.0), True),  # none of it
        ((76.95, 90.0), False),
        ((0.0, 76.74), True),
        ((0.0, 76.75), False),
        ((60.0, 90.0), False),
    ],
)
def test_what_settles_a_claim(interval: tuple[float, float], settled: bool) -> None:
    assert is_settled(76.85, interval) is settled


def test_the_interval_of_a_sequence_takes_the_place_of_the_exact_one() -> None:
    claim = judge("top1", 76.85, correct=1537, images=2000, split=50_000, interval=(77.0, 80.0))
    assert (claim.verdict, claim.interval) == (Verdict.MISMATCH, (77.0, 80.0))
    assert judge("top1", 98.33, correct=354, images=360, split=360, interval=(98.0, 99.0)).interval is None


def test_a_wider_tolerance() -> None:
    claim = judge("top1", 98.93, correct=354, images=360, split=360, tolerance=1.0)
    assert (claim.verdict, claim.tolerance) == (Verdict.REPRODUCED, 1.0)


@pytest.mark.parametrize(
    ("published", "verdict"),
    [
        (76.0, Verdict.CONSISTENT),  # as if the 40 images were all wrong
        (80.0, Verdict.CONSISTENT),  # all right
        (78.2, Verdict.CONSISTENT),
        (75.8, Verdict.MISMATCH),
        (80.2, Verdict.MISMATCH),
    ],
)
@pytest.mark.parametrize("interval", [None, (76.5, 79.0)])
def test_unreadable_images_may_be_right_or_wrong(published: float, verdict: Verdict, interval) -> None:
    claim = judge("top1", published, correct=760, images=960, split=1000, unreadable=40, interval=interval)
    assert (claim.verdict, claim.interval) == (verdict, (76.0, 80.0))
    assert "960 of 1,000 images, and 40 unreadable taken for all wrong or all right, put" in claim.reason


def test_what_is_not_the_known_split_is_said_with_every_verdict() -> None:
    known = dataset_named("ImageNet-2012")
    assert known is not None
    assert known.note(50_000) == ""
    note = known.note(1000)
    whole = judge("top1", 76.85, correct=768, images=1000, split=1000, note=note)
    said = "the ImageNet-1k validation split has 50,000 images"
    assert whole.verdict is Verdict.REPRODUCED
    assert whole.reason == f"all 1,000 images given give 76.80, within 0.1 points; {said}"
    part = judge("top1", 76.85, correct=80, images=100, split=1000, note=note)
    assert part.reason.endswith(f"; {said}")
    assert known.note(50_001) == said
