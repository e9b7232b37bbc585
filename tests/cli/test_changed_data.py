"""A dataset that changes between two runs: answers of the old one are never mixed into those of the new one."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.cli.small import VERIFY, SmallHubtool, evaluation, publish
from tests.cli.test_evaluation import interrupt, rows
from tests.conftest import Hubtool, edit
from tests.data import makers

pytestmark = pytest.mark.mindspore


def test_killed_and_the_images_replaced(hubtool: Hubtool, cards: Path, tmp_path: Path) -> None:
    edit(cards / "bit_digits.md", "train-dataset: digits", "train-dataset: mnist")
    pixels, labels = makers.pixels(120, 1, 28), [number % 10 for number in range(120)]
    root = makers.write_mnist(tmp_path / "mnist", pixels, labels)
    args = ("--cards", cards, "--data", f"mnist={root}")
    code, _ = interrupt(hubtool, tmp_path / "cache", signal.SIGKILL, *args)
    assert code == -signal.SIGKILL
    makers.write_mnist(root, pixels[::-1], labels)  # as many bytes, under the same name
    command = ("verify", "bit_digits", "--reproduce-eval", "--json", "--batch-size", "4", *args, "--predictions")
    run = hubtool(*command, "killed.csv")
    assert run.code == 1
    assert "resuming" not in run.err
    hubtool(*command, "whole.csv", "--cache", tmp_path / "other")
    assert rows(hubtool.folder / "killed.csv") == rows(hubtool.folder / "whole.csv")


def test_every_image_rewritten_at_its_size(small: SmallHubtool, cards: Path, tmp_path: Path) -> None:
    publish(cards, 3, "imagenet2012")
    images = makers.photos(tmp_path / "photos", per_class=3)
    size = max(len(data) for data, _ in images.values())
    contents = [data.ljust(size, b"\0") for data, _ in images.values()]
    labels = [label for _, label in images.values()]
    root = tmp_path / "set"
    makers.write_folders(root, dict(zip(images, zip(contents, labels, strict=True), strict=True)))
    command = [*VERIFY, cards, "--data", f"imagenet2012={root}", "--resume"]
    evaluation(small(*command))
    assert "9 of them by an earlier run" in evaluation(small(*command))[1]
    makers.write_folders(root, dict(zip(images, zip(contents[::-1], labels, strict=True), strict=True)))
    assert "earlier run" not in evaluation(small(*command))[1]


def test_parquet_with_other_labels_and_images(small: SmallHubtool, cards: Path, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    publish(cards, 3, "imagenet2012")
    images = makers.photos(tmp_path / "photos", per_class=3)
    root = makers.write_parquet(tmp_path / "set", images)
    command = [*VERIFY, cards, "--data", f"imagenet2012={root}", "--resume", "--predictions", "p.csv"]
    evaluation(small(*command))
    before = (small.folder / "p.csv").read_bytes()
    assert "9 of them by an earlier run" in evaluation(small(*command))[1]
    contents = [data for data, _ in images.values()]
    rotated = zip(images, contents[1:] + contents[:1], (label for _, label in images.values()), strict=True)
    other = makers.write_parquet(tmp_path / "other", {name: (data, label) for name, data, label in rotated})
    for shard in (other / "data").iterdir():
        shard.replace(root / "data" / shard.name)
    assert "earlier run" not in evaluation(small(*command))[1]
    assert (small.folder / "p.csv").read_bytes() != before
