"""Engines as a user chooses them: the same figures from each, named, compared, interrupted and resumed."""

from __future__ import annotations

import csv
import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Hubtool, HubtoolProcess, Result

pytest.importorskip("openvino")
pytest.importorskip("onnxruntime")
pytestmark = pytest.mark.mindspore
EVALUATE = ("verify", "bit_digits", "--reproduce-eval", "--json")
ENGINES = ("openvino", "onnxruntime", "mindspore")
SESSIONS = {"openvino": "OpenVinoSession", "onnxruntime": "OnnxRuntimeSession", "mindspore": "MindSporeSession"}
DYING = """
import os, sys, time
import hubtool.engine.{engine} as engine
logits, calls = engine.{session}.logits, []
def die(self, images):
    calls.append(len(images))
    if len(calls) == 50:
        os.kill(os.getpid(), {number})
        for _ in range(6000):  # until the interrupt arrives: the rest would take less than a moment
            time.sleep(0.01)
    return logits(self, images)
engine.{session}.logits = die
from hubtool.cli import main
main(sys.argv[1:])
"""


def result(run: Result) -> dict:
    assert run.code in {0, 1}, run.err + run.out
    (found,) = json.loads(run.out)["results"]
    return found


def answers(path: Path) -> list[tuple]:
    with path.open(newline="") as stream:
        return [(row["path"], row["label"], *(row[f"class{k}"] for k in range(1, 6))) for row in csv.DictReader(stream)]


def test_every_engine_gives_the_same_figures_and_answers(hubtool: Hubtool) -> None:
    found = {}
    for engine in ENGINES:
        found[engine] = result(hubtool(*EVALUATE, "--engine", engine, "--predictions", f"{engine}.csv"))
        assert found[engine]["engine"].startswith(f"{engine} ")
        assert (found[engine]["precision"], found[engine]["engine_notes"]) == ("float32", [])
        assert [claim["correct"] for claim in found[engine]["claims"]] == [354, 360]
        assert answers(hubtool.folder / f"{engine}.csv") == answers(hubtool.folder / "openvino.csv")
    assert found["mindspore"]["parity"] is None
    for engine in ("openvino", "onnxruntime"):
        parity = found[engine]["parity"]
        assert parity["reference"].startswith("mindspore ")
        assert (parity["images"], parity["same_top1"], parity["same_top5"], parity["changed"]) == (64, 64, 64, [])
        assert 0 <= parity["max_abs_difference"] <= parity["bound"] < 1e-2


def test_hubtool_takes_the_fastest_engine_unless_the_environment_names_one(hubtool: Hubtool) -> None:
    del hubtool.environment["HUBTOOL_ENGINE"]
    run = hubtool("verify", "bit_digits", "--reproduce-eval")
    assert (run.code, run.out.count("reproduced")) == (0, 3)
    assert "openvino 20" in run.out
    assert "mindspore 2." in run.out
    hubtool.environment["HUBTOOL_ENGINE"] = "onnxruntime"
    assert result(hubtool(*EVALUATE))["engine"].startswith("onnxruntime ")
    hubtool.environment["HUBTOOL_ENGINE"] = "abacus"
    assert hubtool(*EVALUATE).code == 2


def test_a_verdict_in_bfloat16_says_so(hubtool: Hubtool) -> None:
    run = hubtool(*EVALUATE, "--precision", "bf16", "--engine", "openvino")
    found = result(run)
    if found["engine"] is None:
        assert "does not compute in bfloat16" in found["checks"][-1]["detail"]
        pytest.skip("this processor has no bfloat16")
    assert found["precision"] == "bfloat16"
    for claim in found["claims"]:
        said = (
            r"; computed in bfloat16: (same|other) best class (as|than) mindspore \S+ float32 on .*the first 64 images"
        )
        assert re.search(said, claim["reason"])


@pytest.mark.parametrize("engine", ["onnxruntime", "mindspore"])
def test_what_an_engine_cannot_do_is_not_run_and_says_why(hubtool: Hubtool, engine: str) -> None:
    found = result(hubtool(*EVALUATE, "--precision", "bf16", "--engine", engine))
    assert {claim["verdict"] for claim in found["claims"]} == {"not-run"}
    assert "float32, not in bfloat16" in found["checks"][-1]["detail"]


def test_a_device_that_is_not_there_is_named(hubtool: Hubtool) -> None:
    found = result(hubtool(*EVALUATE, "--engine", "openvino", "--device", "npu"))
    assert found["checks"][-1]["detail"].startswith("openvino has no device NPU here, only CPU")
    assert hubtool(*EVALUATE, "--engine", "mindspore", "--device", "npu").code == 2


@pytest.mark.parametrize(
    ("engine", "number", "code"),
    [
        ("openvino", signal.SIGKILL, -signal.SIGKILL),
        *(pytest.param(engine, signal.SIGINT, 130, marks=pytest.mark.slow) for engine in ENGINES),
        *(pytest.param(engine, signal.SIGKILL, -signal.SIGKILL, marks=pytest.mark.slow) for engine in ENGINES[1:]),
    ],
)
def test_a_run_that_was_ended_resumes_to_the_same_answers(
    hubtool_process: HubtoolProcess, hubtool: Hubtool, engine: str, number: signal.Signals, code: int
) -> None:
    args = [*EVALUATE, "--batch-size", "4", "--engine", engine]
    script = DYING.format(engine=engine, session=SESSIONS[engine], number=int(number))
    ended = subprocess.run(
        [sys.executable, "-c", script, *args, "--predictions", "ended.csv"],
        env=hubtool_process.environment, cwd=hubtool_process.folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (ended.returncode, ended.stdout) == (code, "")
    assert "Traceback" not in ended.stderr
    assert not (hubtool.folder / "ended.csv").exists()
    resumed = hubtool(*args, "--predictions", "resumed.csv")
    assert "WARNING: resuming after " in resumed.err
    whole = hubtool(*args, "--no-resume", "--predictions", "whole.csv")
    assert result(resumed)["claims"] == result(whole)["claims"]
    assert (hubtool.folder / "resumed.csv").read_bytes() == (hubtool.folder / "whole.csv").read_bytes()
