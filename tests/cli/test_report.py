"""`verify --report` as a user runs it."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from tests.conftest import DIGITS_CHECKPOINT, Hubtool, edit

pytest.importorskip("jinja2")


@pytest.mark.mindspore
def test_the_report_of_a_mismatch_on_the_digits(hubtool: Hubtool, cards: Path) -> None:
    edit(cards / "bit_digits.md", "98.33", "90.00")
    run = hubtool("verify", "bit_digits", "--reproduce-eval", "--cards", cards, "--report", "out.html")
    assert run.code == 1
    assert "wrote out.html" in run.err
    page = (hubtool.folder / "out.html").read_text(encoding="utf-8")
    assert hashlib.sha256(DIGITS_CHECKPOINT.read_bytes()).hexdigest() in page
    assert "the whole split gives 98.33, 8.33 points off" in page
    assert len(re.findall(r'<circle class="measured"', page)) == 2
    assert "The least accurate first" in page
    assert page.count('src="data:image/') == page.count("<figcaption>") == 6
    assert "scikit-learn&#39;s handwritten digits: 360 images" in page


def test_a_report_without_an_evaluation(hubtool: Hubtool) -> None:
    run = hubtool("verify", "--report", "all.html", "--json", "-q")
    assert (run.code, run.err) == (0, "")
    page = (hubtool.folder / "all.html").read_text(encoding="utf-8")
    assert "<strong>10 claims</strong>" in page
    assert page.count("<h2>") == 6
    assert "hubtool verify bit_resnet50x3 --reproduce-eval --data imagenet2012=PATH" in page


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("--predictions", "out.html"), ("--report", "out.html")),
        (("--predictions", "./out.html"), ("--report", "sub/../out.html")),
        (("--predictions", "out.html"), ("--report", "link.html")),
        (("--predictions", "dangling"), ("--report", "new.html")),
        (("--predictions", "new"), ("--evidence", "new")),
        (("--classes", "out.html"), ("--predictions", "link.html")),
    ],
)
def test_one_file_for_two_things_is_refused_before_anything_runs(
    hubtool: Hubtool, first: tuple[str, str], second: tuple[str, str]
) -> None:
    (hubtool.folder / "sub").mkdir()
    (hubtool.folder / "out.html").write_text("mine")
    (hubtool.folder / "link.html").symlink_to("out.html")
    (hubtool.folder / "dangling").symlink_to("new.html")
    run = hubtool("verify", "bit_digits", "--reproduce-eval", *second, *first)
    assert (run.code, run.out) == (2, "")
    assert f"{first[0]} and {second[0]} are the same file: {second[1]}" in run.err
    assert (hubtool.folder / "out.html").read_text() == "mine"
    assert not (hubtool.folder / "new.html").exists()


def test_what_cannot_be_written_is_refused_before_anything_runs(hubtool: Hubtool) -> None:
    run = hubtool("verify", "--reproduce-eval", "--report", "missing/out.html")
    assert (run.code, run.out) == (3, "")
    assert "--report missing/out.html: missing is not a folder" in run.err
    assert hubtool("verify", "--report", ".").code == 2
