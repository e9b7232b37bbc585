from __future__ import annotations

import platform
from pathlib import Path

import pytest

from hubtool.engine.processor import processor

MACHINE = platform.machine()


@pytest.mark.parametrize(
    ("cpuinfo", "said"),
    [
        (
            "processor\t: 0\nmodel name\t: AMD  EPYC\t9554\nflags\t: sse\n\nmodel name\t: other\n",
            f"AMD EPYC 9554 ({MACHINE})",
        ),
        ("processor\t: 0\nBogoMIPS\t: 50.00\nCPU part\t: 0xd0c\n", MACHINE),
        ("model name\t: \nflags\t: sse\n", MACHINE),
        ("", MACHINE),
    ],
)
def test_the_first_model_counts(tmp_path: Path, cpuinfo: str, said: str) -> None:
    (tmp_path / "cpuinfo").write_text(cpuinfo)
    assert processor(tmp_path / "cpuinfo") == said


def test_a_system_that_tells_nothing(tmp_path: Path) -> None:
    assert processor(tmp_path / "none") == MACHINE
    assert processor() == processor()


@pytest.mark.mindspore
def test_the_engine_says_what_it_runs_on() -> None:
    mindspore = pytest.importorskip("mindspore")
    from hubtool.engine.mindspore import MindSporeSession

    if mindspore.get_context("device_target") != "CPU":
        pytest.skip("MindSpore runs on something else here")
    assert MindSporeSession(mindspore.nn.ReLU()).identity.device == f"CPU {processor()}"
