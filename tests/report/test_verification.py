"""The results of a verification on a terminal."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from hubtool.card.claimset import Heading
from hubtool.engine.protocol import Identity
from hubtool.errors import CardError
from hubtool.evaluation.loop import evaluate
from hubtool.evidence.conditions import Parity
from hubtool.evidence.judge import judge, not_run
from hubtool.evidence.measurement import Measurement
from hubtool.report.verification import verification_view
from hubtool.verify.checks import Check, Level, Status
from hubtool.verify.result import Result
from hubtool.verify.run import EngineRun
from tests.evaluation.fakes import Guess, Numbers
from tests.report.runs import run_of

MET = judge("top1", 80.0, correct=800, images=1000, split=1000)
MISSED = judge("top1", 80.0, correct=700, images=1000, split=1000)


def result(name: str, *claims: Measurement, **changes) -> Result:
    made = Result(
        Heading(name, f"hub/1.0/{name}", None, "front matter"), (Check(Level.CARD, Status.OK, "valid"),), claims
    )
    heading = {key: changes.pop(key) for key in ("uid", "variant", "place") if key in changes}
    return replace(made, heading=replace(made.heading, **heading), **changes)


def lines(*results: Result, width: int = 200) -> list[str]:
    console = Console(file=io.StringIO(), width=width)
    for renderable in verification_view(results):
        console.print(renderable)
    return console.file.getvalue().splitlines()


def summary(*results: Result) -> list[list[str]]:
    """The rows of the table at the end, cell by cell where two spaces part them."""
    shown = lines(*results)
    rows = shown[next(i for i, line in enumerate(shown) if line.startswith("  model")) + 1 : -2]
    return [[cell.strip() for cell in row.split("  ") if cell.strip()] for row in rows]


def test_a_table_of_all_names_the_model_on_every_line() -> None:
    rows = summary(result("a", MET, not_run("f1", 70.0, "hubtool cannot measure it")), result("b", MISSED))
    assert rows == [
        ["a", "top1", "80.00", "80.00", "reproduced"],
        ["a", "f1", "70.00", "not-run"],
        ["b", "top1", "80.00", "70.00", "mismatch"],
    ]


def test_models_of_one_name_are_told_apart() -> None:
    row = {"variant": "a", "place": "row of the results table, line 9"}
    rows = summary(result("a", MET), result("a", MET, **row), result("b", MET), result("b", MET, uid="hub/2.0/b"))
    assert [cells[0] for cells in rows] == [
        "a, front matter",
        "a, row of the results table, line 9",
        "b, front matter, hub/1.0/b",
        "b, front matter, hub/2.0/b",
    ]


def test_what_failed_stands_in_the_table_with_figures_or_without() -> None:
    failed = {"checks": (Check(Level.ASSET, Status.FAILED, "wrong bytes"),), "error": CardError("wrong bytes")}
    rows = summary(
        result("a", not_run("top1", 80.0, "the asset level failed"), **failed), result("b", **failed), result("c")
    )
    assert rows == [
        ["a", "top1", "80.00", "not-run, asset failed"],
        ["b", "asset failed"],
        ["c", "no figures"],
    ]


def test_one_result_has_no_table_of_all() -> None:
    assert not [line for line in lines(result("a", MET)) if "model" in line]


PARITY = Parity("mindspore 2.8.0 float32", 64, 64, 64, 4e-6, 1e-4)
FLOAT = Identity("openvino", "2026.4.1", "float32", "CPU x")
BFLOAT = replace(FLOAT, precision="bfloat16")


def evaluated(identity: Identity, parity: Parity | None, *notes: str) -> Result:
    engine = EngineRun(identity, parity, notes)
    evaluation = evaluate(Guess(), Numbers())
    why = judge("top1", 80.0, correct=800, images=1000, split=1000, computed=engine.precision_note)
    return result("a", why, run=run_of(Numbers(), evaluation, engine))


@pytest.mark.parametrize(
    ("made", "shown"),
    [
        (
            evaluated(FLOAT, PARITY),
            [
                "  engine: openvino 2026.4.1, float32, CPU x",
                "  compared: its logits equal those of mindspore 2.8.0 float32 within 4e-06 on the first 64 images",
            ],
        ),
        (
            evaluated(FLOAT, None, "no reference: openvino is the only engine that can run it"),
            [
                "  engine: openvino 2026.4.1, float32, CPU x",
                "  note: no reference: openvino is the only engine that can run it",
            ],
        ),
        (
            evaluated(FLOAT, PARITY, "onnxruntime 1.32.0 was refused: its logits differ"),
            [
                "  engine: openvino 2026.4.1, float32, CPU x",
                f"  compared: {PARITY.sentence}",
                "  note: onnxruntime 1.32.0 was refused: its logits differ",
            ],
        ),
        (
            evaluated(
                BFLOAT, replace(PARITY, max_abs_difference=0.25, same_top1=62, same_top5=60, changed=("a", "b\x1b"))
            ),
            [
                "  engine: openvino 2026.4.1, bfloat16, CPU x",
                "  compared: its logits differ from those of mindspore 2.8.0 float32 by up to 0.25 on the first "
                "64 images (accepted: 0.0001); 62 have the same best class, 60 the same five best in order",
                "  other best class: a, b\\x1b",
            ],
        ),
    ],
)
def test_the_engine_and_why_it_may_be_believed(made: Result, shown: list[str]) -> None:
    said = lines(made)
    start = said.index(shown[0])
    assert said[start : start + len(shown)] == shown
    assert said[start + len(shown)] == ""


@pytest.mark.parametrize(
    ("identity", "parity", "said"),
    [
        (FLOAT, PARITY, ""),
        (BFLOAT, None, "computed in bfloat16"),
        (
            BFLOAT,
            PARITY,
            "computed in bfloat16: same best class as mindspore 2.8.0 float32 on the first 64 images",
        ),
        (
            BFLOAT,
            replace(PARITY, changed=tuple("abcdefg")),
            "computed in bfloat16: other best class than mindspore 2.8.0 float32 on 7 of the first 64 images: "
            "a, b, c, d, e and 2 more",
        ),
    ],
)
def test_a_verdict_says_which_precision_it_rests_on(identity: Identity, parity: Parity | None, said: str) -> None:
    assert EngineRun(identity, parity, ()).precision_note == said


def test_a_narrow_terminal_is_not_overrun() -> None:
    shown = lines(result("a" * 40, MET), result("b", MISSED), width=60)
    assert max(map(len, shown)) <= 60
    assert "reproduced" in "".join(shown)
    assert sum(line.count("a") for line in shown if "check" not in line) >= 80
