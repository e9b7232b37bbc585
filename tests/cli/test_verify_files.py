"""The files that `verify` leaves behind: refused before anything runs, or written whatever befalls the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Hubtool, HubtoolProcess

pytest.importorskip("jinja2")
EVALUATE = ("verify", "bit_digits", "--reproduce-eval", "--no-progress")
STATEMENT = "bit_digits-5082903c.intoto.json"


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (["--evidence", "/proc/ev"], 6, "--evidence /proc/ev: cannot be written: "),
        (["--evidence", "a-file/ev"], 6, "--evidence a-file/ev: cannot be written: Not a directory"),
        (["--evidence", "gone"], 6, "--evidence gone: cannot be written: "),
        (["--predictions", "/proc/p.csv"], 6, "--predictions /proc/p.csv: cannot be written: "),
        (["--predictions", "none/p.csv"], 3, "none is not a folder"),
        (["--predictions", f"{'p' * 300}.csv"], 6, "cannot be written: File name too long"),
        (["--report", "/proc/r.html"], 6, "--report /proc/r.html: cannot be written: "),
        (["--report", "/dev/null"], 6, "--report /dev/null: cannot be written: not a regular file"),
    ],
)
def test_what_cannot_be_written_is_refused_before_anything_runs(
    hubtool: Hubtool, args: list[str], code: int, said: str
) -> None:
    (hubtool.folder / "a-file").touch()
    (hubtool.folder / "gone").symlink_to("nowhere")
    run = hubtool(*EVALUATE, *args)
    assert (run.code, run.out) == (code, "")
    assert said in run.err
    assert "hint: " in run.err
    assert sorted(path.name for path in hubtool.folder.iterdir()) == ["a-file", "gone"]


@pytest.mark.mindspore
def test_a_file_that_fails_does_not_cost_the_others(hubtool: Hubtool) -> None:
    in_the_way = hubtool.folder / "ev" / STATEMENT
    in_the_way.mkdir(parents=True)
    args = (*EVALUATE, "--limit", "64", "--evidence", "ev", "--predictions", "p.csv", "--report", "r.html")
    run = hubtool(*args)
    assert run.code == 6
    assert "2 claims: 2 consistent" in run.out
    assert f"error: {Path('ev', STATEMENT)}: not a regular file" in run.err
    assert run.err.splitlines()[-3:] == [
        "wrote p.csv",
        "wrote r.html",
        "  hint: the same command with --resume writes every file without evaluating again",
    ]
    assert len((hubtool.folder / "p.csv").read_text().splitlines()) == 65
    assert (hubtool.folder / "r.html").stat().st_size > 10_000

    in_the_way.rmdir()
    run = hubtool(*args, "--resume", "-q")
    assert (run.code, run.err) == (0, "")
    assert "64 of them by an earlier run" in run.out
    assert in_the_way.is_file()


@pytest.mark.mindspore
def test_a_reader_who_has_seen_enough_does_not_cost_the_files(hubtool_process: HubtoolProcess, tmp_path: Path) -> None:
    process = hubtool_process.popen(*EVALUATE, "--limit", "32", "--predictions", "p.csv")
    process.stdout.close()
    err = process.stderr.read()
    process.wait(timeout=60)
    assert process.returncode == 141
    assert "wrote p.csv" in err
    assert (hubtool_process.folder / "p.csv").is_file()
