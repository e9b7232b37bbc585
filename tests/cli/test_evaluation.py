"""Long evaluations as a user runs them: interrupted, stopped early, compared with one another."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import shutil
import signal
import time
from pathlib import Path

import pytest

from tests.conftest import DIGITS_CHECKPOINT, Hubtool, Result, edit

pytestmark = pytest.mark.mindspore
EVALUATE = ("verify", "bit_digits", "--reproduce-eval", "--json")
HEADER = "path,label,class1,class2,class3,class4,class5,logit\n"


def claims(run: Result) -> list[dict]:
    (result,) = json.loads(run.out)["results"]
    return result["claims"]


def rows(path: Path) -> list[dict]:
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def interrupt(hubtool: Hubtool, cache: Path, number: signal.Signals, *args: str) -> tuple[int, str]:
    """Start an evaluation, four images at a time, and send a signal when 40 are in the ledger."""
    process = hubtool.popen(*EVALUATE, "--batch-size", "4", *args)
    deadline = time.monotonic() + 60
    try:
        while not any(ledger.read_bytes().count(b"\n") > 10 for ledger in cache.glob("ledgers/*.jsonl")):
            assert process.poll() is None, process.stderr.read()
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.send_signal(number)
        out, err = process.communicate(timeout=120)
    finally:
        process.kill()
    assert out == ""
    return process.returncode, err


def test_killed_and_started_again_ends_as_if_nothing_had_happened(hubtool: Hubtool, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    whole = hubtool(*EVALUATE, "--batch-size", "4", "--predictions", "whole.csv", "--cache", tmp_path / "other")
    code, _ = interrupt(hubtool, cache, signal.SIGKILL, "--predictions", "killed.csv")
    assert code == -signal.SIGKILL
    assert not (hubtool.folder / "killed.csv").exists()
    (ledger,) = cache.glob("ledgers/*.jsonl")
    with ledger.open("ab") as stream:
        stream.write(b'{"crc32":1,"rows":[[2')  # as a write that was cut off leaves it
    # Other inputs have other ledgers, and find nothing to go on from.
    assert "resuming" not in hubtool(*EVALUATE, "--limit", "10", "--batch-size", "4").err

    resumed = hubtool(*EVALUATE, "--batch-size", "4", "--predictions", "resumed.csv")
    assert "WARNING: resuming after " in resumed.err
    assert (resumed.code, claims(resumed)) == (0, claims(whole))
    assert "of them by an earlier run" in json.loads(resumed.out)["results"][0]["checks"][-1]["detail"]
    assert (hubtool.folder / "resumed.csv").read_bytes() == (hubtool.folder / "whole.csv").read_bytes()
    (other,) = (tmp_path / "other").glob("ledgers/*.jsonl")
    assert (cache / "ledgers" / other.name).read_bytes() == other.read_bytes()
    same = hubtool("diff", "whole.csv", "resumed.csv")
    assert same.code == 0
    assert "360 images in both: 0 changed" in same.out

    again = hubtool(*EVALUATE, "--batch-size", "4", "--resume")
    assert "360 of them by an earlier run" in again.out
    assert claims(again) == claims(whole)


def test_an_interrupt_ends_at_once_and_a_later_run_can_start_over(hubtool: Hubtool, tmp_path: Path) -> None:
    code, err = interrupt(hubtool, tmp_path / "cache", signal.SIGINT)
    assert (code, err.strip().splitlines()[-1]) == (130, "interrupted")
    assert re.search(r"the same command resumes after the \d+ images evaluated so far", err)
    assert "Traceback" not in err
    over = hubtool(*EVALUATE, "--batch-size", "4", "--no-resume")
    assert (over.code, claims(over)[0]["correct"]) == (0, 354)
    assert "resuming" not in over.err
    assert "earlier run" not in over.out


def test_a_lie_is_refuted_early_and_its_predictions_are_a_part_of_all(hubtool: Hubtool, cards: Path) -> None:
    edit(cards / "bit_digits.md", "top1acc98.33 | top5acc100.00", "top1acc50.00 | top5acc20.00")
    text = (cards / "bit_digits.md").read_text()
    (cards / "bit_digits.md").write_text(text.split("## Results")[0])
    run = hubtool(*EVALUATE, "--early-stop", "--batch-size", "8", "--predictions", "part.csv", "--cards", cards)
    assert run.code == 1
    for claim in claims(run):
        assert claim["verdict"] == "mismatch"
        assert claim["images"] <= 64
        assert claim["dataset_images"] == 360
        assert claim["interval"][0] > claim["published"] + 0.1
    part = rows(hubtool.folder / "part.csv")
    assert len(part) == claims(run)[0]["images"]
    assert [row["path"] for row in part] == sorted({row["path"] for row in part})
    assert sum(row["label"] == row["class1"] for row in part) == claims(run)[0]["correct"]


def test_a_checkpoint_that_does_not_belong_is_refuted_within_64_images(hubtool: Hubtool, cards: Path) -> None:
    import mindspore

    from hubtool.network.registry import build, find_spec

    mindspore.set_seed(0)
    checkpoint = cards / "assets" / DIGITS_CHECKPOINT.name
    mindspore.save_checkpoint(build(find_spec("bit_digits")), str(checkpoint))
    old = hashlib.sha256(DIGITS_CHECKPOINT.read_bytes()).hexdigest()
    edit(cards / "bit_digits.md", old, hashlib.sha256(checkpoint.read_bytes()).hexdigest())
    (cards / "hubtool.lock").unlink()
    run = hubtool(*EVALUATE, "--early-stop", "--cards", cards)
    assert run.code == 1
    assert [claim["verdict"] for claim in claims(run)] == ["mismatch", "mismatch"]
    assert max(claim["images"] for claim in claims(run)) <= 64


def test_a_true_claim_is_settled_early_within_a_wide_tolerance(hubtool: Hubtool) -> None:
    run = hubtool(*EVALUATE, "--early-stop", "--tolerance", "4")
    assert run.code == 0
    for claim in claims(run):
        low, high = claim["interval"]
        assert (claim["verdict"], claim["tolerance"]) == ("consistent", 4.0)
        assert claim["images"] < 360
        assert claim["published"] - 4 <= low <= high <= claim["published"] + 4
    whole = hubtool(*EVALUATE, "--early-stop")
    assert [(claim["verdict"], claim["images"]) for claim in claims(whole)] == [("reproduced", 360)] * 2


def test_predictions_of_several_evaluations_are_several_files(hubtool: Hubtool, cards: Path) -> None:
    import mindspore

    from hubtool.checkpoint.reader import Checkpoint

    shutil.copy(cards / "bit_digits.md", cards / "second.md")
    other = cards / "assets" / "other.ckpt"
    arrays = dict(Checkpoint(DIGITS_CHECKPOINT).arrays())
    arrays["classifier.bias"] = arrays["classifier.bias"] + 1  # to all classes: no prediction changes
    mindspore.save_checkpoint([{"name": n, "data": mindspore.Tensor(a)} for n, a in arrays.items()], str(other))
    old = hashlib.sha256(DIGITS_CHECKPOINT.read_bytes()).hexdigest()
    new = hashlib.sha256(other.read_bytes()).hexdigest()
    edit(cards / "second.md", f"assets/{DIGITS_CHECKPOINT.name}", "assets/other.ckpt")
    edit(cards / "second.md", old, new)
    run = hubtool("verify", cards / "bit_digits.md", cards / "second.md", "--reproduce-eval", "--predictions", "p.csv")
    written = sorted(path.name for path in hubtool.folder.glob("*.csv"))
    assert written == sorted([f"p-bit_digits-{old[:8]}.csv", f"p-bit_digits-{new[:8]}.csv"]), run.out + run.err
    for name in written:
        assert f"wrote {name}" in run.err
    assert hubtool("diff", *written).code == 0


def test_what_changed_between_two_files(hubtool: Hubtool) -> None:
    before = "n1/a.JPEG,1,1,2,3,4,5,2.5\nn1/b.JPEG,1,7,1,2,3,4,1.5\nn2/c.JPEG,2,2,1,3,4,5,1\n"
    after = "n1/a.JPEG,1,1,2,3,4,5,2.75\nn1/b.JPEG,1,1,7,2,3,4,1.5\nn2/d.JPEG,2,2,1,3,4,5,1\n"
    (hubtool.folder / "a.csv").write_text(HEADER + before)
    (hubtool.folder / "b.csv").write_text(HEADER + after)
    run = hubtool("diff", "a.csv", "b.csv")
    assert (run.code, run.err) == (1, "")
    lines = [" ".join(line.split()) for line in run.out.splitlines()]
    assert lines == [
        "image label A's best classes B's best classes",
        "n1/b.JPEG 1 7 1 2 3 4 1 7 2 3 4",
        "",
        "only in A: n2/c.JPEG",
        "only in B: n2/d.JPEG",
        "2 images in both: 1 changed, 1 of them in their best class; 1 became right, 0 became wrong",
        "top-1 50.00 -> 100.00 (+50.00 points)",
        "top-5 100.00 -> 100.00 (+0.00 points)",
    ]
    run = hubtool("diff", "a.csv", "b.csv", "--json")
    assert (run.code, json.loads(run.out)) == (1, {
        "a": "a.csv",
        "b": "b.csv",
        "images": 2,
        "by_file_name": False,
        "changed": [{
            "image": "n1/b.JPEG",
            "a": {"label": 1, "best": [7, 1, 2, 3, 4], "logit": 1.5},
            "b": {"label": 1, "best": [1, 7, 2, 3, 4], "logit": 1.5},
        }],
        "other_best": 1,
        "became_right": 1,
        "became_wrong": 0,
        "only_a": ["n2/c.JPEG"],
        "only_b": ["n2/d.JPEG"],
        "accuracy": {
            "top1": {"a": 50.0, "b": 100.0, "change": 50.0},
            "top5": {"a": 100.0, "b": 100.0, "change": 0.0},
        },
        "largest_logit_difference": 0.25,
    })  # fmt: skip


def test_images_that_layouts_call_otherwise_are_told_by_their_file_names(hubtool: Hubtool) -> None:
    (hubtool.folder / "folders.csv").write_text(HEADER + "n1/a.JPEG,1,1,2,3,4,5,2.5\nn2/b.JPEG,2,2,1,3,4,5,1.5\n")
    (hubtool.folder / "tar.csv").write_text(HEADER + "a.JPEG,1,1,2,3,4,5,2.5\nb.JPEG,2,2,1,3,4,5,1.5\n")
    run = hubtool("diff", "folders.csv", "tar.csv")
    assert run.code == 0
    assert "by their file names, without folders" in run.out
    assert "2 images in both: 0 changed" in run.out
    assert json.loads(hubtool("diff", "folders.csv", "tar.csv", "--json").out)["by_file_name"] is True
    # Class by class the same names: which image is which cannot be told.
    (hubtool.folder / "twice.csv").write_text(HEADER + "n1/a.JPEG,1,1,2,3,4,5,2.5\nn2/a.JPEG,2,2,1,3,4,5,1.5\n")
    assert hubtool("diff", "twice.csv", "tar.csv").code == 1


def test_files_without_a_common_image_are_told_in_one_line(hubtool: Hubtool) -> None:
    (hubtool.folder / "a.csv").write_text(HEADER + "a.JPEG,1,1,2,3,4,5,2.5\n")
    (hubtool.folder / "b.csv").write_text(HEADER + "b.JPEG,1,1,2,3,4,5,2.5\nc.JPEG,1,1,2,3,4,5,2.5\n")
    (hubtool.folder / "empty.csv").write_text(HEADER)
    run = hubtool("diff", "a.csv", "b.csv")
    said = "nothing to compare: no image of A (1) is in B (2), the datasets, or what was drawn from them, differ\n"
    assert (run.code, run.out) == (1, said)
    assert json.loads(hubtool("diff", "a.csv", "b.csv", "--json").out)["only_b"] == ["b.JPEG", "c.JPEG"]
    run = hubtool("diff", "empty.csv", "empty.csv")
    assert (run.code, run.out) == (1, "nothing to compare: neither file has a prediction\n")


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (["diff", "none.csv", "good.csv"], 3, "none.csv: no such file"),
        (["diff", "good.csv", "bad.csv"], 2, "bad.csv:1: the columns are not path,label"),
        (["diff", "good.csv"], 2, "Missing argument 'B.csv'"),
        (["diff", "good.csv", "."], 2, ".: a folder"),
        (["diff", "good.csv", "good.csv"], 0, ""),
        (["verify", "bit_digits", "--predictions", "p.csv"], 2, "add --reproduce-eval"),
        ([*EVALUATE, "--predictions", "none/p.csv"], 3, "none is not a folder"),
        ([*EVALUATE, "--batch-size", "0"], 2, "0 is not in the range"),
        ([*EVALUATE, "--tolerance", "0"], 2, "0.0 is not in the range"),
    ],
)
def test_wrong_usage(hubtool: Hubtool, args: list[str], code: int, said: str) -> None:
    (hubtool.folder / "good.csv").write_text(HEADER + "a,1,1,2,3,4,5,2.5\n")
    (hubtool.folder / "bad.csv").write_text("image;class\n")
    run = hubtool(*args)
    assert run.code == code
    assert said in run.err
