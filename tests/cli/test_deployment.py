"""The lines of the README that classify a picture with onnxruntime, run as they stand there."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from tests.cli.small import SmallHubtool, publish
from tests.conftest import REPOSITORY, edit
from tests.photos import crops, encoded

pytest.importorskip("onnxruntime")
pytestmark = pytest.mark.mindspore

CLASSES = [f"n{number:02}" for number in range(6)]


class SixClasses(SmallHubtool):
    outputs = len(CLASSES)


def lines() -> str:
    tokens = MarkdownIt("commonmark").parse((REPOSITORY / "README.md").read_text(encoding="utf-8"))
    (found,) = (token.content for token in tokens if token.type == "fence" and "onnxruntime" in token.content)
    return found


@pytest.mark.parametrize(
    ("recipe", "before"),
    [
        ("", ""),
        (
            "eval-recipe:\n  crop-pct: 0.8\n  interpolation: bicubic\n  image-size: 48\n  mean: 100\n\n",
            "import cv2; cv2.ipp.setUseIPP(False)\n",  # whose bicubic interpolation is one level off
        ),
    ],
)
def test_the_lines_give_the_answer_of_hubtool(
    here: Path, cards: Path, tmp_path: Path, recipe: str, before: str
) -> None:
    hubtool = SixClasses(here, tmp_path / "cache")
    publish(cards, len(CLASSES), "imagenet2012")
    edit(cards / "bit_digits.md", "license: Apache-2.0\n", f"license: Apache-2.0\n\n{recipe}")
    image = crops(1, seed=3)[0]
    for name in CLASSES:
        (tmp_path / "data" / "val" / name).mkdir(parents=True)
        (tmp_path / "data" / "val" / name / "picture.JPEG").write_bytes(encoded(image))
    data = ("--data", f"imagenet2012={tmp_path / 'data'}", "--cards", cards)
    run = hubtool("verify", "bit_digits", "--reproduce-eval", *data, "--predictions", "answers.csv")
    assert run.code in {0, 1}, run.err + run.out
    with (here / "answers.csv").open(newline="") as stream:
        answer = next(csv.DictReader(stream))

    run = hubtool("export", "bit_digits", "--to", "onnx", "-o", "bit_resnet50.onnx", "--cards", cards)
    assert run.code == 0, run.err
    (here / "picture.jpg").write_bytes(encoded(image))
    alone = [sys.executable, "-c", before + lines()]
    printed = subprocess.run(alone, cwd=here, capture_output=True, text=True, check=True, timeout=300).stdout
    top = [line.split() for line in printed.splitlines()]
    assert [number for number, _ in top] == [answer[f"class{place}"] for place in range(1, 6)]
    assert float(top[0][1]) == pytest.approx(float(answer["logit"]), abs=1e-4)
