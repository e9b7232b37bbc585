"""A machine that has hubtool with its extra `eval` and nothing else: MindSpore is never there."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.packaging.installed import Installed
from tests.packaging.published import NETWORK, Published, photographs, published

pytestmark = [pytest.mark.packaging, pytest.mark.slow]
IMAGES = 24
RUN_GRAPH = """
import sys, numpy, onnx, openvino
onnx.checker.check_model(sys.argv[1], full_check=True)
images = numpy.random.default_rng(0).normal(size=(2, 3, 224, 224)).astype("float32")
logits = openvino.Core().compile_model(sys.argv[1], "CPU")(images)[0]
print(*logits.shape, bool(numpy.isfinite(logits).all() and (logits[0] != logits[1]).any()))
"""


@pytest.fixture
def random_network(tmp_path: Path) -> Iterator[Published]:
    with published(tmp_path) as made:
        made.claim(50, 50)
        for number, image in enumerate(photographs(IMAGES)):
            made.put(number, image, label=number % 3)
        yield made


def words(made: Published, *args: str | Path) -> list[str | Path]:
    """The arguments, with the card of the network and a cache that is empty at first."""
    return [*args, "--cards", made.cards, "--cache", made.folder / "cache"]


def evaluation(made: Published, *args: str | Path) -> list[str | Path]:
    data = ("--data", f"imagenet2012={made.images}", "--classes", made.class_list)
    return words(made, "verify", NETWORK, "--reproduce-eval", "--json", "--offline", *data, *args)


def test_there_is_no_file_of_mindspore(evaluating: Installed) -> None:
    installed = {path.name.casefold() for path in evaluating.packages.iterdir()}
    assert {"cv2", "numpy", "onnx", "openvino"} <= installed
    assert [name for name in installed if "mindspore" in name or "mindcv" in name or "onnxruntime" in name] == []
    tried = evaluating.python("-c", "import mindspore")
    assert "ModuleNotFoundError: No module named 'mindspore'" in tried.stderr


def test_pull_then_verify_then_verify_the_measured_figures(evaluating: Installed, random_network: Published) -> None:
    made = random_network
    pulled = evaluating.hubtool(*words(made, "pull", NETWORK))
    assert pulled.returncode == 0, pulled.stderr
    assert Path(pulled.stdout.strip()).read_bytes() == made.weights
    assert made.site.requests == [f"/{NETWORK}.ckpt"]

    answers = made.folder / "answers.csv"
    refuted = evaluating.hubtool(*evaluation(made, "--predictions", answers))
    assert refuted.returncode == 1, refuted.stderr + refuted.stdout
    (result,) = json.loads(refuted.stdout)["results"]
    assert {claim["verdict"] for claim in result["claims"]} == {"mismatch"}
    assert result["engine"].split()[0] == "openvino"
    assert (result["precision"], result["parity"]) == ("float32", None)

    # Half of the photographs go to the class that the network sees in them.
    with answers.open(newline="") as stream:
        best = {row["path"]: int(row["class1"]) for row in csv.DictReader(stream)}
    assert len(best) == IMAGES
    for path, label in sorted(best.items())[::2]:
        file = made.images / "val" / path
        made.put(int(file.stem), file.read_bytes(), label)
    (result,) = json.loads(evaluating.hubtool(*evaluation(made)).stdout)["results"]
    top1, top5 = result["claims"]
    assert IMAGES // 2 <= top1["correct"] < IMAGES
    made.claim(top1["measured"], top5["measured"])
    confirmed = evaluating.hubtool(*evaluation(made))
    assert confirmed.returncode == 0, confirmed.stderr + confirmed.stdout
    (result,) = json.loads(confirmed.stdout)["results"]
    assert [(claim["verdict"], claim["images"]) for claim in result["claims"]] == [("reproduced", IMAGES)] * 2
    assert len(made.site.requests) == 1


def test_export_to_safetensors(evaluating: Installed, random_network: Published) -> None:
    from safetensors.numpy import load_file

    from hubtool.checkpoint.reader import Checkpoint

    target, source = random_network.folder / "out.safetensors", random_network.folder / "weights.ckpt"
    assert evaluating.hubtool(*words(random_network, "pull", NETWORK)).returncode == 0
    exported = evaluating.hubtool(*words(random_network, "export", NETWORK, "--to", "safetensors", "-o", target))
    assert (exported.returncode, exported.stdout.strip()) == (0, str(target)), exported.stderr
    source.write_bytes(random_network.weights)
    weights, arrays = Checkpoint(source), load_file(target)
    assert arrays.keys() == weights.tensors.keys()
    assert all((arrays[name] == weights.array(name)).all() for name in arrays)


def test_export_to_onnx(evaluating: Installed, random_network: Published) -> None:
    target = random_network.folder / "out.onnx"
    assert evaluating.hubtool(*words(random_network, "pull", NETWORK)).returncode == 0
    exported = evaluating.hubtool(*words(random_network, "export", NETWORK, "--to", "onnx", "-o", target))
    assert (exported.returncode, exported.stdout.strip()) == (0, str(target)), exported.stderr
    ran = evaluating.python("-c", RUN_GRAPH, target)
    assert (ran.returncode, ran.stdout.split()) == (0, ["2", "1000", "True"]), ran.stderr
