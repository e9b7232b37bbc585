"""Checkpoints as training scripts leave them, through the commands."""

from __future__ import annotations

import hashlib
import json
import math
from importlib.util import find_spec
from pathlib import Path

import pytest

from hubtool.checkpoint.reader import Checkpoint
from hubtool.errors import CheckpointMismatch
from hubtool.network.head import resized
from hubtool.network.registry import family_of, spec_named
from tests.checkpoint.proto import entry
from tests.conftest import DIGITS_CHECKPOINT, Hubtool, edit

np = pytest.importorskip("numpy")
pytest.importorskip("sklearn")

GRAPH_ENGINE = next((name for name in ("openvino", "onnxruntime") if find_spec(name) and find_spec("onnx")), "")
CORRECT = 354


def copy(before: str = "", scale: float = 1.0) -> bytes:
    """The weights of the digits under other names; scaled by 0, they answer nothing right but one class."""
    arrays = Checkpoint(DIGITS_CHECKPOINT).arrays()
    values = {f"{before}{name}": np.asarray(array * scale, "float32") for name, array in arrays.items()}
    return b"".join(entry(name, list(value.shape), "Float32", value.tobytes()) for name, value in values.items())


STATE = copy("moments.", 0) + entry("global_step", [1], "Int32", b"\x07\0\0\0")


def publish(cards: Path, weights: bytes) -> None:
    """Put other weights under the card of the digits."""
    path = cards / "assets" / DIGITS_CHECKPOINT.name
    edit(cards / "bit_digits.md", hashlib.sha256(path.read_bytes()).hexdigest(), hashlib.sha256(weights).hexdigest())
    path.write_bytes(weights)
    (cards / "hubtool.lock").unlink()


def verified(hubtool: Hubtool, cards: Path, *args: str) -> tuple[dict, dict]:
    """The result, and its check of the checkpoint."""
    command = ("verify", "bit_digits", "--reproduce-eval", "--cards", cards, "--json", *args)
    (result,) = json.loads(hubtool(*command).out)["results"]
    return result, result["checks"][2]


@pytest.mark.mindspore
def test_optimiser_state_is_skipped_and_said_everywhere(hubtool: Hubtool, cards: Path) -> None:
    publish(cards, copy("network.") + STATE)
    notes = [
        "all names of weights have network. around them, which is dropped, as in network.conv1.weight",
        "skipped 35 tensors of optimiser state: moments.conv1.weight, moments.layer1.0.gn1.gamma, "
        "moments.layer1.0.gn1.beta and 32 more",
        "skipped 1 tensor of training state: global_step",
    ]
    result, check = verified(hubtool, cards, "--evidence", str(hubtool.folder / "evidence"))
    assert (check["status"], check["notes"]) == ("ok", notes)
    assert check["detail"] == "35 tensors, 498,922 finite values, the names and shapes of bit_digits"
    assert result["claims"][0]["correct"] == CORRECT
    (evidence,) = (hubtool.folder / "evidence").iterdir()
    assert json.loads(evidence.read_text())["predicate"]["weights_notes"] == notes
    text = " ".join(hubtool("verify", "bit_digits", "--cards", cards).out.split())
    assert "note skipped 35 tensors of optimiser state: moments.conv1.weight" in text
    inspected = hubtool("inspect", "bit_digits", "--no-statistics", "--cards", cards).out
    assert "note: 1 tensor of training state: global_step" in inspected
    assert "note: 35 tensors of optimiser state: moments.conv1.weight" in inspected
    assert "note: all 35 parameters have names that begin with network." in inspected


@pytest.mark.mindspore
@pytest.mark.parametrize(("option", "averaged", "others"), [("--ema", 1, 0), ("--no-ema", 0, 1)])
def test_averaged_weights_are_a_choice(hubtool: Hubtool, cards: Path, option: str, averaged: int, others: int) -> None:
    publish(cards, copy(scale=others) + copy("ema.", averaged) + STATE)
    result, check = verified(hubtool, cards)
    assert check["status"] == "failed"
    assert "two sets of weights: conv1.weight and, averaged, ema.conv1.weight" in check["detail"]
    assert {claim["verdict"] for claim in result["claims"]} == {"not-run"}
    plain = hubtool("verify", "bit_digits", "--cards", cards)
    assert plain.code == 5
    assert "--ema" in plain.out
    result, check = verified(hubtool, cards, option)
    assert result["claims"][0]["correct"] == CORRECT
    assert any("ema.conv1.weight" in note for note in check["notes"])
    wrong = "--ema" if option == "--no-ema" else "--no-ema"  # nothing that was kept of the first run is used
    assert verified(hubtool, cards, wrong, "--resume")[0]["claims"][0]["correct"] < CORRECT


@pytest.mark.skipif(not GRAPH_ENGINE, reason="no engine that reads graphs is installed")
@pytest.mark.parametrize(("kind", "said"), [("CKPT", True), ("safetensors", False)])
def test_a_safetensors_file_is_evaluated_whatever_the_card_calls_it(
    hubtool: Hubtool, cards: Path, kind: str, said: bool
) -> None:
    hubtool("export", DIGITS_CHECKPOINT, "--to", "safetensors", "-o", "a.safetensors")
    publish(cards, (hubtool.folder / "a.safetensors").read_bytes())
    edit(cards / "bit_digits.md", "file-format: ckpt", f"file-format: {kind}")
    result, check = verified(hubtool, cards, "--engine", GRAPH_ENGINE)
    assert result["claims"][0]["correct"] == CORRECT
    note = f"this is a safetensors file, not {kind} as the card says: mindspore.load_checkpoint refuses it"
    assert check["notes"] == ([note] if said else [])


@pytest.mark.skipif(not GRAPH_ENGINE, reason="no engine that reads graphs is installed")
def test_export_and_load_take_the_same_choice(hubtool: Hubtool, cards: Path) -> None:
    import hubtool as api

    publish(cards, copy(scale=0) + copy("ema."))
    refused = hubtool("export", "bit_digits", "--to", "onnx", "--cards", cards)
    assert (refused.code, refused.out) == (5, "")
    assert "two sets of weights: conv1.weight and, averaged, ema.conv1.weight" in refused.err
    written = hubtool("export", "bit_digits", "--to", "onnx", "--ema", "-o", "a.onnx", "--cards", cards)
    assert (written.code, written.out) == (0, "a.onnx\n")
    assert "the weights are averages over training (EMA), named as ema.conv1.weight" in written.err
    whole = hubtool("export", "bit_digits", "--to", "safetensors", "--ema", "--cards", cards)
    assert (whole.code, "a safetensors file keeps every tensor" in whole.err) == (2, True)
    options = {"cards": [cards], "cache": hubtool.folder / "cache", "engine": GRAPH_ENGINE}
    with pytest.raises(CheckpointMismatch, match="two sets of weights"):
        api.session("bit_digits", **options)
    images = np.random.default_rng(0).normal(size=(2, 1, 32, 32)).astype("float32")
    with (
        api.session("bit_digits", ema=True, **options) as averaged,
        api.session("bit_digits", ema=False, **options) as other,
    ):
        assert np.ptp(averaged.logits(images)) > 1
        assert np.ptp(other.logits(images)) == 0


@pytest.mark.parametrize(
    ("name", "classes", "said"),
    [
        ("shufflenet_v2_x0_5", 1000, "these are the weights of shufflenet_v2_x0_5, not of bit_digits: "),
        ("bit_digits", 7, "not a checkpoint of bit_digits: the head has 7 outputs, bit_digits has 10"),
    ],
)
def test_weights_of_another_network_are_refused_by_its_name(
    hubtool: Hubtool, cards: Path, name: str, classes: int, said: str
) -> None:
    spec = resized(spec_named(name), classes)
    shapes = family_of(spec).shapes(spec)
    publish(
        cards,
        b"".join(entry(one, list(shape), "Float32", bytes(4 * math.prod(shape))) for one, shape in shapes.items()),
    )
    result, check = verified(hubtool, cards)
    assert check["status"] == "failed"
    assert said in check["detail"]
    assert {claim["verdict"] for claim in result["claims"]} == {"not-run"}
    assert hubtool("verify", "bit_digits", "--cards", cards).code == 5


def test_a_new_card_counts_parameters_alone(hubtool: Hubtool) -> None:
    path = hubtool.folder / "net.ckpt"
    path.write_bytes(copy() + copy("ema.") + STATE)
    assert hubtool("new", "other", "--ckpt", path, "--dataset", "digits").code == 0
    assert "0.50" in (hubtool.folder / "cards" / "other.md").read_text()
