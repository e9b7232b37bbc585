"""`verify --reproduce-eval` on every layout, as a user runs it, with a small random network that takes colour."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.small import VERIFY, SmallHubtool, evaluation, publish
from tests.conftest import Hubtool, edit
from tests.data import makers

pytestmark = pytest.mark.mindspore


def test_the_layouts_of_imagenet_give_one_result(small: SmallHubtool, cards: Path, tmp_path: Path) -> None:
    images = makers.photos(tmp_path / "photos", per_class=3)
    publish(cards, 3, "imagenet2012")
    folders = makers.write_folders(tmp_path / "folders", images)
    expected, detail = evaluation(small(*VERIFY, cards, "--data", f"imagenet2012={folders}"))
    assert detail.startswith("9 of 9 images")
    assert None not in expected
    flat = makers.write_flat(tmp_path / "flat", images)
    assert evaluation(small(*VERIFY, cards, "--data", f"ImageNet-2012={flat / 'val_map.txt'}"))[0] == expected
    # From the environment and from a settings file, which the environment goes before.
    tar = makers.write_tar(tmp_path / "tar", images)
    (small.folder / "hubtool.toml").write_text('[data]\nimagenet2012 = "/no/such/file"\n')
    small.environment["HUBTOOL_DATA_IMAGENET2012"] = str(tar)
    run = small(*VERIFY, cards, "-v")
    assert evaluation(run)[0] == expected
    assert "images in a tar archive, labels in val.txt, 9 images" in run.err
    del small.environment["HUBTOOL_DATA_IMAGENET2012"]
    missing = small(*VERIFY, cards)
    assert missing.code == 3
    assert "hubtool.toml: data.imagenet2012: /no/such/file does not exist" in missing.err
    pytest.importorskip("pyarrow")
    makers.write_parquet(small.folder / "shards", images)
    (small.folder / "hubtool.toml").write_text('[data]\nimagenet2012 = "shards"\n')
    assert evaluation(small(*VERIFY, cards))[0] == expected


def test_images_of_kinds_that_are_left_out_are_said(small: SmallHubtool, cards: Path, tmp_path: Path) -> None:
    images = makers.photos(tmp_path / "photos")
    publish(cards, 3, "imagenet2012")
    others = {"a.webp": (b"RIFF", 0), "b.gif": (b"GIF89a", 1), "README.md": (b"read me", 2)}
    root = makers.write_folders(tmp_path / "folders", images | others)
    run = small(*VERIFY, cards, "--data", f"imagenet2012={root}", "--report", "out.html", "--evidence", "evidence")
    note = "2 files of kinds that MindCV cannot decode (1 .gif, 1 .webp)"
    assert f"WARNING: {root}: skipped {note}: n01/a.webp, n02/b.gif" in run.err
    assert f"6 of 6 images of {root / 'val'}, without {note}, " in evaluation(run)[1]
    assert f"<dd>{note}</dd>" in (small.folder / "out.html").read_text()
    (statement,) = (small.folder / "evidence").iterdir()
    assert json.loads(statement.read_text())["predicate"]["dataset"]["left_out"] == ["n01/a.webp", "n02/b.gif"]

    tar = makers.write_tar(tmp_path / "tar", images | others, folders=True)
    run = small(*VERIFY, cards, "--data", f"imagenet2012={tar}")
    assert f"without {note}, " in evaluation(run)[1]
    flat = makers.write_flat(tmp_path / "flat", images | {"a.webp": (b"RIFF", 0)})
    run = small(*VERIFY, cards, "--data", f"imagenet2012={flat}")
    assert run.code == 3
    assert "1 of its images is not there: a.webp" in run.err
    assert "files of a kind that MindCV cannot decode do not count" in run.err


def test_cifar_end_to_end(small: SmallHubtool, cards: Path, tmp_path: Path) -> None:
    small.outputs = 10
    publish(cards, 10, "CIFAR-10")
    pixels, labels = makers.pixels(8), [1, 2, 3, 4, 5, 6, 7, 0]
    archive = makers.write_cifar(tmp_path, pixels, labels, "cifar-10-python", archive=True)
    first, detail = evaluation(small(*VERIFY, cards, "--data", f"cifar10={archive}"))
    assert detail.startswith("8 of 8 images")
    folder = makers.write_cifar(tmp_path / "binary", pixels, labels, "cifar-10-binary")
    assert evaluation(small(*VERIFY, cards, "--data", f"cifar10={folder}"))[0] == first


def test_mnist_end_to_end(hubtool: Hubtool, cards: Path, tmp_path: Path) -> None:
    edit(cards / "bit_digits.md", "train-dataset: digits", "train-dataset: mnist")
    root = makers.write_mnist(tmp_path / "mnist", makers.pixels(6, 1, 28), [1, 2, 3, 4, 5, 6], zipped=True)
    run = hubtool("verify", "bit_digits", "--reproduce-eval", "--data", f"mnist={root}", "--json", "--cards", cards)
    assert run.code == 1
    (result,) = json.loads(run.out)["results"]
    assert {(claim["images"], claim["verdict"]) for claim in result["claims"]} <= {(6, "mismatch"), (6, "reproduced")}


@pytest.mark.parametrize(
    ("write", "code", "said"),
    [
        (lambda path: path.mkdir(), 2, "no dataset of a layout that hubtool understands"),
        (lambda path: path.write_bytes(b"\x1f\x8b" + bytes(600)), 2, "no dataset of a layout"),
        (lambda path: makers.write_mnist(path, makers.pixels(2, 1), [1, 2]).joinpath("t10k-labels-idx1-ubyte").write_bytes(b""), 3, "damaged"),
    ],
)  # fmt: skip
def test_what_cannot_be_opened_ends_the_run_before_anything_runs(
    hubtool: Hubtool, tmp_path: Path, write, code: int, said: str
) -> None:
    write(tmp_path / "set")
    run = hubtool("verify", "bit_digits", "--reproduce-eval", "--data", f"digits={tmp_path / 'set'}")
    assert (run.code, run.out) == (code, "")
    assert said in run.err
    assert "Traceback" not in run.err
