"""`verify --diagnose` as a user runs it: a network, photographs, and figures that were made otherwise."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path

import pytest

from tests.cli.small import SmallHubtool, network, publish, saved
from tests.conftest import DIGITS_CARD, DIGITS_CHECKPOINT, Hubtool, edit
from tests.photos import crops, encoded

np = pytest.importorskip("numpy")
pytestmark = pytest.mark.mindspore
SIZE = 32
CLASSES = [f"n{number:08}" for number in range(40)]


class Photo:
    def __init__(self, number: int, data: bytes):
        self.name, self.label, self.data = f"{number:03}.JPEG", 0, data

    def read(self) -> bytes:
        return self.data


@cache
def photographs() -> list[Photo]:
    return [Photo(number, encoded(image)) for number, image in enumerate(crops(24, seed=4))]


@cache
def random_cell():
    """A random network whose answers differ from photograph to photograph: its head is centred on them."""
    import mindspore

    from hubtool.network.registry import build

    mindspore.set_seed(0)
    cell = build(network(len(CLASSES)))
    cell.set_train(False)
    mean = logits(cell, "crop_pct=0.875").mean(axis=0)
    cell.classifier.bias.set_data(mindspore.Tensor(cell.classifier.bias.asnumpy() - mean))
    return cell


def logits(cell, *words: str):
    """What the network says of the photographs, prepared by a recipe."""
    import mindspore

    from hubtool.data.loader import preprocessed
    from hubtool.data.transform.spec import EvalRecipe, changed, parse_changes

    recipe = changed(EvalRecipe(image_size=SIZE), parse_changes(words), "test")
    batches = preprocessed(photographs(), recipe, 40, dataset="photographs")
    return np.concatenate([cell(mindspore.Tensor(batch.images)).asnumpy() for batch in batches])


class World:
    """A small random network under a card that claims 100 %, and photographs to measure that with."""

    def __init__(self, small: SmallHubtool, folder: Path, cards: Path):
        self.folder, self.cards, self.card = folder, cards, cards / DIGITS_CARD.name
        small.outputs = len(CLASSES)
        publish(cards, len(CLASSES), "imagenet2012", saved(random_cell()))
        edit(self.card, "top1acc98.33 | top5acc100.00", "top1acc100.00")
        (folder / "classes.txt").write_text("\n".join(CLASSES))

    def labelled_by(self, name: str, *words: str) -> Path:
        """A folder whose classes are what the network answers by a recipe."""
        answers = logits(random_cell(), *words).argmax(axis=1)
        for photo, answer in zip(photographs(), answers, strict=True):
            place = self.folder / name / "val" / CLASSES[answer]
            place.mkdir(parents=True, exist_ok=True)
            (place / photo.name).write_bytes(photo.data)
        return self.folder / name

    def verify(self, data: Path, *options: str) -> list[str]:
        return [
            "verify", "bit_digits", "--reproduce-eval", "--data", f"imagenet2012={data}", "--classes",
            str(self.folder / "classes.txt"), "--recipe", f"image_size={SIZE}", *options, "--cards", str(self.cards),
        ]  # fmt: skip


def test_what_made_the_figure_is_named_and_then_claimed(small: SmallHubtool, cards: Path, tmp_path: Path) -> None:
    world = World(small, tmp_path, cards)
    data = world.labelled_by("bicubic", "interpolation=bicubic")
    run = small(*world.verify(data, "--diagnose", "--json"))
    assert run.code == 1
    (result,) = json.loads(run.out)["results"]
    assert result["claims"][0]["verdict"] == "mismatch"
    assert (result["recipe"]["image_size"], result["recipe"]["interpolation"]) == (SIZE, "bilinear")
    diagnosis = result["diagnosis"]
    assert diagnosis["explained_by"] == ["interpolation=bicubic"]
    assert diagnosis["conclusion"] == "bicubic interpolation explains top1 100 (24 of 24 images)"
    assert (diagnosis["images"], diagnosis["dataset_images"], diagnosis["confidence"]) == (24, 24, 0.99)
    named = next(suspect for suspect in diagnosis["suspects"] if suspect["finding"] == "explains")
    assert named["recipe"]["interpolation"] == "bicubic"
    assert named["figures"][0]["interval"] == [100.0, 100.0]
    assert diagnosis["as_evaluated"]["figures"][0]["measured"] == result["claims"][0]["measured"]

    # On the terminal, from a part of the images.
    shown = small(*world.verify(data, "--diagnose", "--diagnose-images", "22"))
    assert shown.code == 1
    words = " ".join(shown.out.split())
    assert "why: bicubic interpolation explains top1 100 (22 of 24 images)" in words
    assert "as evaluated: top1 " in words
    assert f"images: shorter side to 36 (bilinear, mindspore), centre crop of {SIZE}, RGB" in words

    # By the recipe that was named, on the command line and in the card.
    reproduced = small(*world.verify(data, "--recipe", "interpolation=bicubic", "--diagnose", "--json"))
    assert reproduced.code == 0
    (result,) = json.loads(reproduced.out)["results"]
    assert (result["claims"][0]["verdict"], result["diagnosis"]) == ("reproduced", None)
    edit(world.card, "author:", "eval-recipe:\n  interpolation: bicubic\n\nauthor:")
    claimed = small(*world.verify(data, "--json"))
    assert claimed.code == 0
    assert json.loads(claimed.out)["results"][0]["recipe"]["interpolation"] == "bicubic"
    assert small("validate", world.card, "--select", "HT202,HT205").code == 0


def test_an_unreadable_image_costs_no_diagnosis_when_left_out_and_no_verdict_otherwise(
    small: SmallHubtool, cards: Path, tmp_path: Path
) -> None:
    from hubtool.evaluation.sampling import draw

    world = World(small, tmp_path, cards)
    data = world.labelled_by("bicubic", "interpolation=bicubic")
    broken = data / "val" / CLASSES[0] / "broken.JPEG"
    broken.parent.mkdir(exist_ok=True)
    broken.write_bytes(photographs()[0].data[:200])
    run = small(*world.verify(data, "--diagnose", "--skip-unreadable", "--json"))
    assert run.code == 1, run.err
    assert f"{CLASSES[0]}/broken.JPEG cannot be decoded and is skipped" in run.err
    (result,) = json.loads(run.out)["results"]
    assert (result["claims"][0]["images"], result["claims"][0]["dataset_images"]) == (24, 25)
    assert (result["diagnosis"]["images"], result["diagnosis"]["dataset_images"]) == (24, 25)
    assert "interpolation=bicubic" in result["diagnosis"]["explained_by"]
    assert list(small.folder.iterdir()) == []  # the decoder leaves no copies behind

    # A part that does not hold it is evaluated; the diagnosis, which looks at all, meets it.
    place = sum(path < broken for path in (data / "val").rglob("*.JPEG"))
    seed = next(seed for seed in range(99) if place not in draw(25, 12, seed, shuffled=False))
    run = small(*world.verify(data, "--diagnose", "--limit", "12", "--seed", str(seed), "--json"))
    assert run.code == 1, run.err
    (result,) = json.loads(run.out)["results"]
    assert (result["claims"][0]["verdict"], result["diagnosis"]) == ("mismatch", None)
    assert "bit_digits: no diagnosis: " in run.err
    assert "broken.JPEG: cannot be decoded: cut off" in run.err


def test_other_variations_are_named_too(small: SmallHubtool, cards: Path, tmp_path: Path) -> None:
    world = World(small, tmp_path, cards)
    for words in (["resize_rule=squash", "crop_pct=1"], ["mean=127.5", "std=127.5"]):  # the rest: tests/diagnosis
        key = " ".join(words)
        data = world.labelled_by(key.replace(" ", "_"), *words)
        run = small(*world.verify(data, "--diagnose", "--json"))
        assert run.code == 1
        assert json.loads(run.out)["results"][0]["diagnosis"]["explained_by"] == [key]


def test_the_figure_of_another_checkpoint_of_the_card_is_recognised(hubtool: Hubtool, cards: Path) -> None:
    """The front matter claims what the table's weights reach, which are all zeros and right in a tenth."""
    from hubtool.checkpoint.reader import Checkpoint
    from tests.checkpoint.proto import entry

    tensors = Checkpoint(DIGITS_CHECKPOINT).tensors
    zeros = b"".join(entry(n, list(t.shape), "Float32", bytes(4 * t.count)) for n, t in tensors.items())
    name = f"zeros-{hashlib.sha256(zeros).hexdigest()[:8]}.ckpt"
    (cards / "assets" / name).write_bytes(zeros)
    card = cards / DIGITS_CARD.name
    link = f"assets/{DIGITS_CHECKPOINT.name}"
    text = card.read_text()
    head, table = text.split("## Results")
    card.write_text(head + "## Results" + table.replace(link, f"assets/{name}"))
    measured = hubtool("verify", "bit_digits", "--reproduce-eval", "--json", "--cards", cards)
    zero = next(r for r in json.loads(measured.out)["results"] if r["variant"])["claims"]
    top1, top5 = (f"{claim['measured']:.2f}" for claim in zero)
    edit(card, "top1acc98.33 | top5acc100.00", f"top1acc{top1} | top5acc{top5}")
    run = hubtool("verify", "bit_digits", "--reproduce-eval", "--diagnose", "--json", "--cards", cards)
    assert run.code == 1
    front = next(r for r in json.loads(run.out)["results"] if r["variant"] is None)
    assert front["recipe"] is None  # the digits are prepared in one way only
    assert front["diagnosis"]["explained_by"] == [f"checkpoint={name}"]
    (cards / "assets" / name).unlink()
    part = ("--limit", "32", "--diagnose-images", "32")
    without = hubtool("verify", "bit_digits", "--reproduce-eval", "--diagnose", *part, "--cards", cards)
    assert f"not tried: the weights of {name}: " in " ".join(without.out.split())


def test_where_no_suspect_explains_the_figure_it_says_so(hubtool: Hubtool, cards: Path) -> None:
    edit(cards / "bit_digits.md", "98.33", "98.63")
    run = hubtool("verify", "bit_digits", "--reproduce-eval", "--diagnose", "--cards", cards)
    assert run.code == 1
    words = " ".join(run.out.split())
    assert "why: none of 2 hypotheses explains top1 98.63 and top5 100 (360 of 360 images)" in words
    assert "as evaluated: top1 98.33, without 98.63, top5 100.00, which fits 100" in words


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--diagnose"], "add --reproduce-eval"),
        (["--reproduce-eval", "--recipe", "crop=1"], "no recipe has the key crop"),
        (["--reproduce-eval", "--recipe", "crop_pct=0.9"], "the images of digits (test split) are prepared in one way"),
    ],
)
def test_wrong_usage(hubtool: Hubtool, args: list[str], said: str) -> None:
    run = hubtool("verify", "bit_digits", *args)
    assert (run.code, run.out) == (2, "")
    assert said in " ".join(run.err.split())
