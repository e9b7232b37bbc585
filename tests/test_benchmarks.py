"""What benchmarks/engines.py makes of its figures: the rounds themselves are not run here."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.race.contestants import CEILING, CONTESTANTS
from benchmarks.race.outcome import WANTED, fastest, ratio, summary
from benchmarks.race.with_torch import timm_name


def rounds(*rates: float, outside: float | None = 0.0) -> list[dict[str, Any]]:
    """A round for each rate, of one second."""
    found = {"seconds": 1.0, "outside": outside, "processor_seconds": 2.0, "peak_mib": 100.0}
    return [{"work": rate, **found} for rate in rates]


def test_a_ratio_is_that_within_a_round_so_that_a_slow_phase_does_not_count() -> None:
    measured = {"hubtool openvino": rounds(20, 2, 20), "mindcv graph": rounds(4, 0.4, 4)}
    assert ratio("hubtool openvino", "mindcv graph", measured) == pytest.approx(5)
    assert summary(measured)["contestants"]["hubtool openvino"]["median"] == 20


def test_mindcv_is_the_faster_of_its_modes() -> None:
    measured = {"mindcv pynative": rounds(3), "mindcv graph": rounds(4), "hubtool mindspore": rounds(8)}
    assert fastest(("mindcv pynative", "mindcv graph"), measured) == "mindcv graph"
    assert summary(measured)["contestants"]["hubtool mindspore"]["times_mindcv"] == 2


def test_what_was_wanted_is_met_missed_or_not_measured() -> None:
    measured = {"hubtool openvino": rounds(20), "mindcv graph": rounds(4), "openvino plain": rounds(19)}
    found = {wanted["what"]: wanted["met"] for wanted in summary(measured)["wanted"]}
    assert found["hubtool openvino / mindcv graph"] is True
    assert found["hubtool openvino / openvino plain"] is False
    assert found["hubtool openvino / torch eager"] is None


def test_images_are_compared_with_the_machine_in_gflop() -> None:
    measured = {"hubtool openvino": rounds(10), "matmul f32": rounds(82)}
    (found,) = (wanted for wanted in summary(measured)["wanted"] if "matmul" in wanted["what"])
    assert found["measured"] == pytest.approx(1)
    assert found["met"] is True


def test_time_outside_the_network_is_a_share_of_the_whole() -> None:
    measured = {"hubtool mindspore": rounds(8, outside=0.06)}
    summed = summary(measured)
    assert summed["contestants"]["hubtool mindspore"]["outside_network_percent"] == 6
    assert [wanted["met"] for wanted in summed["wanted"] if wanted["measured"] == 6] == [False]


def test_every_wanted_ratio_names_contestants() -> None:
    assert {name for wanted in WANTED for name in (wanted.name, *wanted.others)} <= CONTESTANTS.keys()
    assert all(name.startswith("matmul") == (found.kind == CEILING) for name, found in CONTESTANTS.items())


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("conv1.weight", "stem.conv.weight"),
        ("layer1.0.gn1.gamma", "stages.0.blocks.0.norm1.weight"),
        ("layer4.2.gn3.beta", "stages.3.blocks.2.norm3.bias"),
        ("layer2.0.conv2.weight", "stages.1.blocks.0.conv2.weight"),
        ("layer2.0.down_sample.0.weight", "stages.1.blocks.0.downsample.conv.weight"),
        ("gn.gamma", "norm.weight"),
        ("classifier.bias", "head.fc.bias"),
    ],
)
def test_a_parameter_as_timm_calls_it(name: str, expected: str) -> None:
    assert timm_name(name) == expected
