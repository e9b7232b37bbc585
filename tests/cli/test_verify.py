"""`verify` as a user runs it: real cards, a real checkpoint, real images, a real MindSpore."""

from __future__ import annotations

import hashlib
import json
import signal
from pathlib import Path

import pytest

from tests.checkpoint.proto import entry
from tests.command import ctrl_c_works
from tests.conftest import DIGITS_CHECKPOINT, Hubtool, HubtoolProcess, edit, flip_byte
from tests.photos import write_photos

pytestmark = pytest.mark.mindspore
CLAIM_KEYS = {
    "metric", "published", "measured", "correct", "images", "dataset_images",
    "interval", "tolerance", "verdict", "reason",
}  # fmt: skip


def results(out: str) -> list[dict]:
    return json.loads(out)["results"]


def statuses(result: dict) -> dict[str, str]:
    return {check["level"]: check["status"] for check in result["checks"]}


def publish(cards: Path, checkpoint: bytes) -> None:
    """Put another checkpoint under the card of the digits, with its right digest."""
    (cards / "assets" / DIGITS_CHECKPOINT.name).write_bytes(checkpoint)
    old = hashlib.sha256(DIGITS_CHECKPOINT.read_bytes()).hexdigest()
    edit(cards / "bit_digits.md", old, hashlib.sha256(checkpoint).hexdigest())


def test_the_published_figures_of_the_demo_model_are_reproduced(hubtool: Hubtool) -> None:
    run = hubtool("verify", "bit_digits", "--reproduce-eval", "--json")
    assert run.code == 0
    (result,) = results(run.out)
    assert (result["name"], result["uid"], result["variant"]) == ("bit_digits", "hubtool/1.0/bit_digits", None)
    assert set(statuses(result).values()) == {"ok"}
    assert list(statuses(result)) == ["card", "asset", "checkpoint", "network", "evaluation"]
    assert Path(result["asset"]["path"]).read_bytes() == DIGITS_CHECKPOINT.read_bytes()
    assert result["asset"]["sha256"] == hashlib.sha256(DIGITS_CHECKPOINT.read_bytes()).hexdigest()
    assert result["engine"].startswith("mindspore ")
    assert result["precision"] == "float32"
    assert result["seconds"] > 0 < result["images_per_second"]
    top1, top5 = result["claims"]
    assert top1.keys() == CLAIM_KEYS
    assert (top1["metric"], top1["published"], top1["correct"], top1["images"]) == ("top1", 98.33, 354, 360)
    assert (top5["metric"], top5["published"], top5["correct"]) == ("top5", 100.0, 360)
    assert {top1["verdict"], top5["verdict"]} == {"reproduced"}
    assert top1["interval"] is None
    assert "images/s" in run.err


def test_the_whole_catalogue(hubtool_process: HubtoolProcess) -> None:
    run = hubtool_process("verify", "--reproduce-eval")
    assert run.code == 0
    *_, first, second, _, end = lines = [line.split() for line in run.out.splitlines()]
    assert " ".join(end) == "10 claims: 2 reproduced, 8 not-run"
    assert lines[-13] == ["model", "claim", "published", "measured", "verdict"]
    assert lines[-12] == ["bit_digits", "top1", "98.33", "98.33", "reproduced"]
    assert " ".join(lines[-8]) == "bit_resnet50, row of the results table, line 66 top1 76.81 not-run"
    assert (first, second) == (
        ["bit_resnet101", "top1", "77.93", "not-run"],
        ["bit_resnet101", "top5", "93.75", "not-run"],
    )
    for name in ("bit_resnet50", "bit_resnet50x3", "bit_resnet101"):
        assert f"hubtool verify {name} --reproduce-eval --data imagenet2012=PATH" in run.out
    assert "217.319080 M parameters, published 217.31 M" in run.out
    for noise in ("WARNING", "Exception ignored", "Traceback", "MindSpore"):
        assert noise not in run.out + run.err


def test_without_the_evaluation_nothing_is_run_or_fetched(hubtool: Hubtool) -> None:
    run = hubtool("verify", "--json")
    assert run.code == 0
    found = {(r["name"], r["variant"]): statuses(r) for r in results(run.out)}
    assert set(found) == {
        ("bit_digits", None), ("bit_resnet50", None), ("bit_resnet50", "bit_resnet50"),
        ("bit_resnet50", "bit_resnet50x3"), ("bit_resnet50", "bit_resnet101"),
    }  # fmt: skip
    assert found["bit_digits", None]["checkpoint"] == "ok"
    assert found["bit_resnet50", "bit_resnet101"] == {
        "card": "ok", "asset": "skipped", "checkpoint": "skipped", "network": "ok", "evaluation": "skipped",
    }  # fmt: skip
    assert {c["verdict"] for r in results(run.out) for c in r["claims"]} == {"not-run"}
    assert hubtool("verify", "--strict").code == 1


@pytest.mark.parametrize("figure", ["98.63", "98.03"])
def test_a_card_that_lies_about_its_figures_is_a_mismatch(hubtool: Hubtool, cards: Path, figure: str) -> None:
    edit(cards / "bit_digits.md", "98.33", figure)
    run = hubtool("verify", "bit_digits", "--reproduce-eval", "--json", "--cards", cards)
    assert run.code == 1
    (result,) = results(run.out)
    assert [claim["verdict"] for claim in result["claims"]] == ["mismatch", "reproduced"]
    assert "0.30 points off" in result["claims"][0]["reason"]


def test_front_matter_and_table_that_contradict_each_other_are_both_judged(hubtool: Hubtool, cards: Path) -> None:
    edit(cards / "bit_digits.md", "evaluation: top1acc98.33", "evaluation: top1acc99.33")
    run = hubtool("verify", "bit_digits", "--reproduce-eval", "--json", "--cards", cards)
    assert run.code == 1
    verdicts = {r["variant"]: r["claims"][0]["verdict"] for r in results(run.out)}
    assert verdicts == {None: "mismatch", "bit_digits": "reproduced"}


def test_one_flipped_byte_stops_before_any_network_is_built(hubtool: Hubtool, cards: Path) -> None:
    hubtool("pull", "bit_digits", "--cards", cards)
    flip_byte(cards / "assets" / DIGITS_CHECKPOINT.name, 1000)
    run = hubtool("verify", "bit_digits", "--reproduce-eval", "--json", "--cards", cards)
    assert run.code == 5
    (result,) = results(run.out)
    assert statuses(result) == {
        "card": "ok", "asset": "failed", "checkpoint": "skipped", "network": "skipped", "evaluation": "skipped",
    }  # fmt: skip
    assert "wrong bytes" in result["checks"][1]["detail"]
    assert {claim["verdict"] for claim in result["claims"]} == {"not-run"}
    assert result["engine"] is None


def test_a_truncated_checkpoint_is_named_with_its_offset(hubtool: Hubtool, cards: Path) -> None:
    publish(cards, DIGITS_CHECKPOINT.read_bytes()[:1_000_000])
    run = hubtool("verify", "bit_digits", "--cards", cards)
    assert run.code == 5
    assert "cut short" in run.out
    assert "byte " in run.out
    assert hubtool("verify", "bit_digits", "--reproduce-eval", "--cards", cards).code == 5


def test_a_checkpoint_of_another_network_is_told_apart(hubtool: Hubtool, cards: Path) -> None:
    publish(cards, entry("fc.weight", [2], "Float32", bytes(8)))
    run = hubtool("verify", "bit_digits", "--cards", cards)
    assert run.code == 5
    assert "35 missing: conv1.weight, layer1.0.gn1.gamma, layer1.0.gn1.beta, and 32 more" in " ".join(run.out.split())
    assert "1 unexpected: fc.weight" in " ".join(run.out.split())


def test_a_wrong_number_of_parameters_is_a_problem_of_the_card(hubtool: Hubtool, cards: Path) -> None:
    edit(cards / "bit_digits.md", "| 0.50      |", "| 0.60      |")
    run = hubtool("verify", "bit_digits", "--cards", cards)
    assert run.code == 1
    assert "has 0.498922 M parameters, the card publishes 0.6 M" in run.out


def test_a_card_that_cannot_be_read_is_a_failed_result(hubtool: Hubtool, cards: Path) -> None:
    edit(cards / "bit_digits.md", "model-version: 1.0", "model-version: new")
    run = hubtool("verify", "--json", "--cards", cards)
    assert run.code == 1
    (bad,) = [result for result in results(run.out) if statuses(result)["card"] == "failed"]
    assert bad["name"] == "bit_digits"
    assert "bit_digits.md:14:16: `model-version`" in bad["checks"][0]["detail"]
    assert hubtool("verify", "bit_digits", "--cards", cards).code == 1


def test_every_file_of_a_card_is_checked(hubtool: Hubtool, cards: Path) -> None:
    (cards / "assets" / "net.mindir").write_bytes(b"another file")
    old = hashlib.sha256(DIGITS_CHECKPOINT.read_bytes()).hexdigest()
    second = f"{old}\n\n- file-format: mindir\n  asset-link: <assets/net.mindir>\n  asset-sha256: "
    edit(cards / "bit_digits.md", f"asset-sha256: {old}", f"asset-sha256: {second}{'0' * 64}")
    run = hubtool("verify", "bit_digits", "--cards", cards)
    assert run.code == 5
    assert "net.mindir: wrong bytes" in run.out
    edit(cards / "bit_digits.md", "0" * 64, hashlib.sha256(b"another file").hexdigest())
    assert hubtool("verify", "bit_digits", "--cards", cards).code == 0
    assert len(hubtool("pull", "bit_digits", "--cards", cards).out.splitlines()) == 2


def test_no_evaluation_runs_twice(hubtool: Hubtool, cards: Path) -> None:
    edit(cards / "bit_digits.md", "evaluation: top1acc98.33", "evaluation: top1acc99.33")
    run = hubtool("verify", "bit_digits", "bit_digits", "--reproduce-eval", "--json", "--cards", cards)
    assert len(results(run.out)) == 2
    assert run.err.count("360 of 360 images") == 1


def test_a_dataset_that_does_not_fit_is_refused_before_anything_runs(hubtool: Hubtool, tmp_path: Path) -> None:
    folder = write_photos(tmp_path, [str(n) for n in range(10)], per_class=1)
    run = hubtool("verify", "bit_digits", "--reproduce-eval", "--data", f"digits={folder}")
    assert (run.code, run.out) == (2, "")
    assert "the network takes 1 channel" in run.err


def test_what_a_card_writes_is_neither_markup_nor_terminal_control(hubtool: Hubtool, cards: Path) -> None:
    edit(cards / "bit_digits.md", "evaluation: top1acc98.33", 'evaluation: "[/x]acc98 | \\e[31mred5 | top1acc98.33')
    edit(
        cards / "bit_digits.md",
        "top5acc100.00\n\nauthor: hubtool",
        'top5acc100.00"\n\nauthor: "[bold]\\e[31m"\n\nx: hubtool',
    )
    for command in (["list"], ["show", "bit_digits"], ["verify", "bit_digits"], ["validate"]):
        run = hubtool(*command, "--cards", cards)
        assert "\x1b" not in run.out + run.err
        assert "internal error" not in run.err
    assert "[bold]" in hubtool("show", "bit_digits", "--cards", cards).out


def test_a_part_is_judged_by_its_interval(hubtool: Hubtool) -> None:
    run = hubtool("verify", "bit_digits", "--reproduce-eval", "--limit", "100", "--json")
    assert run.code == 0
    claim = results(run.out)[0]["claims"][0]
    assert (claim["images"], claim["dataset_images"], claim["verdict"]) == (100, 360, "consistent")
    low, high = claim["interval"]
    assert low < 98.33 < high


def test_a_folder_of_photographs_end_to_end(hubtool: Hubtool, cards: Path, tmp_path: Path) -> None:
    """A random bit_resnet50 as an author would publish it: first measured, then reproduced, then lied about."""
    import mindspore

    from hubtool.network.registry import build, find_spec

    classes = [f"n{number:08}" for number in range(1000)]
    photos = write_photos(tmp_path / "photos", classes[:3], per_class=4)
    (tmp_path / "classes.txt").write_text("\n".join(classes))
    mindspore.set_seed(0)
    checkpoint = cards / "assets" / "random.ckpt"
    mindspore.save_checkpoint(build(find_spec("bit_resnet50")), str(checkpoint))
    card = cards / "bit_resnet50_imagenet2012.md"
    link = "https://download-mindspore.osinfra.cn/toolkits/mindcv/bit/BiT_resnet50-77dcaf0f-910v2.ckpt"
    edit(card, f"asset-link: <{link}>", "asset-link: assets/random.ckpt")
    edit(card, "asset-sha256: 77dcaf0f", f"asset-sha256: {hashlib.sha256(checkpoint.read_bytes()).hexdigest()}")
    card.write_text(card.read_text().split("## Results")[0])
    data = f"ImageNet-2012={photos}"

    refused = hubtool("verify", "bit_resnet50", "--reproduce-eval", "--data", data, "--cards", cards)
    assert refused.code == 2
    assert "3 class folders for a network with 1000 outputs" in refused.err
    assert "--classes" in refused.err

    args = ["verify", "bit_resnet50", "--reproduce-eval", "--data", data, "--classes", tmp_path / "classes.txt"]
    first = hubtool(*args, "--json", "--cards", cards)
    claims = results(first.out)[0]["claims"]
    assert first.code == 1
    assert [(c["verdict"], c["images"], c["dataset_images"]) for c in claims] == [("mismatch", 12, 12)] * 2
    top1, top5 = (f"{claim['measured']:.2f}" for claim in claims)
    edit(card, "top1acc76.85 | top5acc93.24", f"top1acc{top1} | top5acc{top5}")
    second = hubtool(*args, "--json", "--cards", cards)
    assert second.code == 0
    assert [claim["verdict"] for claim in results(second.out)[0]["claims"]] == ["reproduced"] * 2

    broken = photos / "val" / classes[1] / "002.JPEG"
    broken.write_bytes(b"not an image")
    third = hubtool(*args, "--cards", cards)
    assert third.code == 3
    assert "002.JPEG: cannot be decoded" in " ".join(third.out.split())


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (["--data", "imagenet2012"], 2, "not DATASET=PATH"),
        (["--data", "imagnet=/tmp"], 2, "no card asked for is about imagnet"),
        (["--data", "imagenet2012=/no/such/folder"], 3, "/no/such/folder does not exist"),
        (["--data", "imagenet2012=/tmp", "--data", "ImageNet2012=/"], 2, "another --data names ImageNet2012, too"),
        (["--classes", "/no/such/file"], 3, "no such file"),
        (["--classes", "classes.txt"], 2, "the built-in digits have an order of their own"),
        (["--limit", "0"], 2, "0 is not in the range"),
        (["no_such_model"], 3, "no card is called no_such_model"),
    ],
)
def test_wrong_usage(hubtool: Hubtool, args: list[str], code: int, said: str) -> None:
    (hubtool.folder / "classes.txt").write_text("cat\ndog\n")
    run = hubtool("verify", "bit_resnet50", "--reproduce-eval", *args)
    assert (run.code, run.out) == (code, "")
    assert said in run.err


def test_an_interrupt_ends_at_once_with_130(hubtool_process: HubtoolProcess, tmp_path: Path) -> None:
    recipe = tmp_path / "long.yaml"
    recipe.write_text(
        "{network: bit_digits, dataset: digits, seed: 1, epochs: 100000, batch_size: 64, learning_rate: 0.1}"
    )
    process = hubtool_process.popen("train", recipe, "--to", tmp_path / "out", preexec_fn=ctrl_c_works)
    line = process.stderr.readline()  # the first line of progress: training is under way
    assert "training bit_digits" in line
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)  # training itself would take hours
    assert (process.returncode, out) == (130, "")
    assert err.strip().endswith("interrupted")
    assert "Traceback" not in err
    assert list((tmp_path / "out").iterdir()) == []


def test_fail_fast_ends_with_the_first_problem(hubtool: Hubtool, cards: Path) -> None:
    flip_byte(cards / "assets" / DIGITS_CHECKPOINT.name)
    whole, short = (hubtool("verify", "--json", "--cards", cards, *more) for more in ((), ("--fail-fast",)))
    assert (whole.code, short.code) == (5, 5)
    assert [result["name"] for result in results(short.out)] == ["bit_digits"]
    assert len(results(whole.out)) == 5


def test_with_strict_a_claim_that_was_not_run_is_the_first_problem(hubtool: Hubtool) -> None:
    strict, lenient = (hubtool("verify", "--json", "--fail-fast", *more) for more in (("--strict",), ()))
    assert (strict.code, lenient.code) == (1, 0)
    assert len(results(strict.out)) == 1
    assert len(results(lenient.out)) == 5
