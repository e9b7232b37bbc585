"""`verify --reproduce-eval` on images that are missing, broken or too few, as a user runs it."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from tests.cli.small import VERIFY, SmallHubtool, evaluation, publish
from tests.conftest import edit
from tests.data import makers

pytestmark = pytest.mark.mindspore
BROKEN = b"not an image"


@pytest.fixture
def root(cards: Path, tmp_path: Path) -> Path:
    """Nine images of three classes, and a card about a network for them."""
    publish(cards, 3, "imagenet2012")
    return makers.write_folders(tmp_path / "folders", makers.photos(tmp_path / "photos", per_class=3))


def claim_what_is_measured(cards: Path, run) -> None:
    """Write the measured figures into the card."""
    assert run.code in {0, 1}, (run.code, run.err)
    top1, top5 = (f"{claim['measured']:.2f}" for claim in json.loads(run.out)["results"][0]["claims"])
    edit(cards / "bit_digits.md", "top1acc98.33 | top5acc100.00", f"top1acc{top1} | top5acc{top5}")


def damage(root: Path) -> list[str]:
    """A broken image, a pipe and a link to nowhere beside the others; their names."""
    first = min((root / "val" / "n01").iterdir())
    first.write_bytes(BROKEN)
    os.mkfifo(root / "val" / "n02" / "pipe.JPEG")
    (root / "val" / "n10" / "link.JPEG").symlink_to("nowhere.JPEG")
    return [f"n01/{first.name}", "n02/pipe.JPEG", "n10/link.JPEG"]


def test_all_bad_images_are_named_and_can_be_left_out(small: SmallHubtool, cards: Path, root: Path) -> None:
    bad = damage(root)
    data = ("--data", f"imagenet2012={root}")
    run = small(*VERIFY, cards, *data)
    assert run.code == 3
    check = json.loads(run.out)["results"][0]["checks"][-1]
    assert f"3 images cannot be decoded: {bad[0]}, {bad[1]} (not a regular file), {bad[2]} (No such" in check["detail"]
    shown = small(*(word for word in VERIFY if word != "--json"), cards, *data)
    assert "or skip them with --skip-unreadable" in shown.out

    run = small(*VERIFY, cards, *data, "--skip-unreadable")
    counts, detail = evaluation(run)
    assert detail.startswith(f"8 of 11 images of {root / 'val'}, 3 skipped as unreadable")
    assert "decoding" in run.err
    assert f"{bad[1]} cannot be decoded and is skipped: not a regular file" in run.err
    (result,) = json.loads(run.out)["results"]
    assert list(result["unreadable"]) == bad
    top1 = result["claims"][0]
    assert top1["interval"] == [round(100 * counts[0] / 11, 4), round(100 * (counts[0] + 3) / 11, 4)]


@pytest.mark.parametrize("early_stop", [(), ("--early-stop",)])
def test_a_true_figure_is_no_mismatch_because_images_are_unreadable(
    small: SmallHubtool, cards: Path, root: Path, early_stop: tuple[str, ...]
) -> None:
    data = ("--data", f"imagenet2012={root}")
    claim_what_is_measured(cards, small(*VERIFY, cards, *data))
    for path in (root / "val" / "n02").iterdir():  # not a random part of the images
        path.write_bytes(BROKEN)
    run = small(*VERIFY, cards, *data, "--skip-unreadable", *early_stop)
    assert run.code == 0
    claims = json.loads(run.out)["results"][0]["claims"]
    assert not {claim["verdict"] for claim in claims} & {"mismatch", "reproduced"}
    assert all(claim["interval"][0] <= claim["published"] <= claim["interval"][1] for claim in claims)


def test_without_a_single_readable_image_the_run_fails_and_says_so(
    small: SmallHubtool, cards: Path, root: Path
) -> None:
    for path in root.glob("val/*/*"):
        path.write_bytes(BROKEN)
    run = small(*VERIFY, cards, "--data", f"imagenet2012={root}", "--skip-unreadable")
    assert run.code == 3
    assert "none of 9 images can be decoded" in json.loads(run.out)["results"][0]["checks"][-1]["detail"]
    assert "internal error" not in run.err


def test_a_broken_image_after_another_evaluation_does_not_take_the_process_along(
    small: SmallHubtool, cards: Path, root: Path, tmp_path: Path
) -> None:
    other = cards / "other.md"
    shutil.copy(cards / "bit_digits.md", other)
    edit(other, "train-dataset: imagenet2012", "train-dataset: photographs")
    broken = Path(shutil.copytree(root, tmp_path / "broken"))
    max((broken / "val" / "n02").iterdir()).write_bytes(BROKEN)
    data = ("--data", f"imagenet2012={root}", "--data", f"photographs={broken}")
    run = small(
        "verify", cards / "bit_digits.md", other, "--reproduce-eval", "--json", "--cards", cards, *data,
        "--batch-size", "2",
    )  # fmt: skip
    assert run.code == 3
    first, second = json.loads(run.out)["results"]
    assert first["checks"][-1]["status"] == "ok"
    assert second["checks"][-1]["detail"].endswith("cannot be decoded as an image")


def test_fewer_images_than_the_known_split_are_said_everywhere(
    small: SmallHubtool, cards: Path, root: Path, tmp_path: Path
) -> None:
    data = ("--data", f"imagenet2012={root}")
    claim_what_is_measured(cards, small(*VERIFY, cards, *data))
    run = small(*VERIFY, cards, *data, "--evidence", "evidence", "--report", "out.html")
    assert run.code == 0
    (result,) = json.loads(run.out)["results"]
    said = "the ImageNet-1k validation split has 50,000 images"
    assert result["known_split_images"] == 50_000
    assert result["checks"][-1]["detail"].endswith(f"; {said}")
    assert {claim["verdict"] for claim in result["claims"]} == {"reproduced"}
    for claim in result["claims"]:
        assert claim["reason"].startswith("all 9 images given give ")
        assert claim["reason"].endswith(f"; {said}")
    assert f"<dd>{said}</dd>" in (small.folder / "out.html").read_text()
    (statement,) = (small.folder / "evidence").iterdir()
    dataset = json.loads(statement.read_text())["predicate"]["dataset"]
    assert (dataset["images"], dataset["known_split_images"]) == (9, 50_000)

    # A dataset of which nobody knows the size: what is given is the split.
    edit(cards / "bit_digits.md", "train-dataset: imagenet2012", "train-dataset: photographs")
    run = small(*VERIFY, cards, "--data", f"photographs={root}")
    assert run.code == 0
    (result,) = json.loads(run.out)["results"]
    assert result["known_split_images"] is None
    assert result["claims"][0]["reason"].startswith("the whole split gives ")


def test_classes_without_images_are_said(small: SmallHubtool, cards: Path, root: Path, tmp_path: Path) -> None:
    for path in (root / "val" / "n10").iterdir():
        path.unlink()
    run = small(*VERIFY, cards, "--data", f"imagenet2012={root}")
    assert f"{root}: 1 class folder without an image: n10" in run.err
    assert ", of 2 of the 3 classes" in evaluation(run)[1]
    (root / "val" / "n10").rmdir()
    listing = tmp_path / "classes.txt"
    listing.write_text("n01\nn02\n")
    run = small(*VERIFY, cards, "--data", f"imagenet2012={root}", "--classes", listing)
    assert "the class list has 2 names, the network 3 outputs: they are taken to name the first outputs" in run.err
    assert ", of 2 of the 3 classes" in evaluation(run)[1]
    listing.write_bytes("\ufeffn01\nn02\nn10\n".encode())
    run = small(*VERIFY, cards, "--data", f"imagenet2012={root}", "--classes", listing)
    assert ", of 2 of the 3 classes" in evaluation(run)[1]
