"""Networks as files for other programs: what is written answers as MindSpore does."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from hubtool import __version__
from hubtool.card.catalogue import Catalogue
from hubtool.card.claimset import claims_named
from hubtool.checkpoint.reader import Checkpoint
from hubtool.data.transform.normalise import normalised
from hubtool.data.transform.opencv import pixels
from hubtool.data.transform.spec import EvalRecipe
from hubtool.engine import export as exporting
from hubtool.engine.export import FORMATS, export
from hubtool.engine.subject import subject_of
from hubtool.errors import CheckpointMismatch, EnvironmentProblem, UsageProblem
from hubtool.network.onnx import require_onnx
from hubtool.network.registry import build, family_of, known_specs, spec_named
from hubtool.network.spec import ModelSpec
from hubtool.workspace import Source
from tests.checkpoint.proto import entry
from tests.conftest import CARDS, DIGITS_CHECKPOINT, edit
from tests.photos import crops, encoded

np = pytest.importorskip("numpy")
onnxruntime = pytest.importorskip("onnxruntime")

KNOWN = [
    pytest.param("bit_digits"),
    pytest.param("bit_resnet50"),
    pytest.param("bit_resnet101", marks=pytest.mark.slow),
    pytest.param("bit_resnet50x3", marks=pytest.mark.slow),
]


def weights_of(spec: ModelSpec, folder: Path) -> Path:
    """The digits' own weights; random ones for a network whose weights are not here."""
    if spec.name == "bit_digits":
        return DIGITS_CHECKPOINT
    random = np.random.default_rng(0)
    path = folder / f"{spec.name}.ckpt"
    with path.open("wb") as stream:
        for name, shape in family_of(spec).shapes(spec).items():
            # The head's weights are small, as in a fresh network: deep random networks have few exact digits to compare.
            scale = 0.01 if name == "classifier.weight" else 0.1
            array = random.normal(1 if name.endswith("gamma") else 0, scale, shape).astype("float32")
            stream.write(entry(name, list(shape), "Float32", array.tobytes()))
    return path


def photographs(spec: ModelSpec, count: int) -> Any:
    """(count, in_channels, side, side) float32, prepared as for ImageNet; the mean of the colours where it takes one."""
    recipe = EvalRecipe(spec.input_size)
    found = np.stack([pixels(encoded(image), recipe.geometry) for image in crops(count)])
    prepared = normalised(found, recipe.normalisation())
    return prepared if spec.in_channels == 3 else prepared.mean(1, keepdims=True)


def reference(spec: ModelSpec, weights: Path, images: Any) -> Any:
    """MindSpore's logits from the weights as published."""
    import mindspore

    cell = build(spec, Checkpoint(weights).arrays())
    cell.set_train(False)
    return cell(mindspore.Tensor(images)).asnumpy()


@pytest.mark.mindspore
@pytest.mark.parametrize("name", KNOWN)
def test_onnx_answers_as_mindspore(name: str, tmp_path: Path) -> None:
    onnx = require_onnx("test")
    spec = spec_named(name)
    weights, target = weights_of(spec, tmp_path), tmp_path / "network.onnx"
    export(Source(weights, None), target, "onnx")
    onnx.checker.check_model(str(target), full_check=True)
    images = photographs(spec, 3)
    wanted = reference(spec, weights, images)
    assert np.abs(wanted).max() > 0.5
    session = onnxruntime.InferenceSession(str(target))
    assert [(end.name, end.shape, end.type) for end in (*session.get_inputs(), *session.get_outputs())] == [
        ("images", ["N", *images.shape[1:]], "tensor(float)"),
        ("logits", ["N", spec.num_classes], "tensor(float)"),
    ]
    for some in (slice(3), slice(1)):
        (found,) = session.run(None, {"images": images[some]})
        np.testing.assert_allclose(found, wanted[some], rtol=0, atol=1e-4)


@pytest.mark.mindspore
@pytest.mark.parametrize("name", [pytest.param("bit_digits"), pytest.param("bit_resnet50", marks=pytest.mark.slow)])
def test_mindir_answers_as_mindspore(name: str, tmp_path: Path) -> None:
    import mindspore

    spec = spec_named(name)
    folder = tmp_path / "a folder, ünusual"  # MindSpore itself writes to no such path
    folder.mkdir()
    weights, target = weights_of(spec, tmp_path), folder / "network.mindir"
    export(Source(weights, None), target, "mindir")
    assert [path.name for path in folder.iterdir()] == ["network.mindir"]
    images = photographs(spec, 3)
    wanted = reference(spec, weights, images)
    network = mindspore.nn.GraphCell(mindspore.load(str(target)))
    for some in (slice(3), slice(1)):
        found = network(mindspore.Tensor(images[some])).asnumpy()
        np.testing.assert_allclose(found, wanted[some], rtol=0, atol=1e-4)


@pytest.mark.mindspore
def test_mindir_carries_the_metadata(tmp_path: Path) -> None:
    from mindspore.train.mind_ir_pb2 import ModelProto

    export(named("bit_digits"), tmp_path / "network.mindir", "mindir")
    model = ModelProto()
    model.ParseFromString((tmp_path / "network.mindir").read_bytes())
    # A map as the format has it; recent versions of protobuf give MindSpore's maps as lists of pairs.
    found = {pair.key: pair.value for pair in model.user_info} if hasattr(model.user_info, "add") else model.user_info
    assert found == subject_of(named("bit_digits")).metadata


@pytest.mark.mindspore
def test_what_mindspore_does_not_export_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import mindspore

    class Impossible(mindspore.nn.Cell):
        def construct(self, x):
            return x.no_such_attribute

    monkeypatch.chdir(tmp_path)  # where MindSpore would leave a report about the failure
    monkeypatch.setattr(exporting, "build", lambda *_: Impossible())
    with pytest.raises(EnvironmentProblem, match="MindSpore does not export bit_digits: "):
        export(named("bit_digits"), Path("network.mindir"), "mindir")
    assert list(tmp_path.iterdir()) == []


def named(name: str, cards: Path = CARDS) -> Source:
    claim_set = claims_named(Catalogue([cards]), name)
    assert claim_set.asset is not None
    return Source(claim_set.card.folder / claim_set.asset.url, claim_set)


def test_what_a_file_without_a_card_says_about_itself(tmp_path: Path) -> None:
    require_onnx("test")
    export(Source(DIGITS_CHECKPOINT, None), tmp_path / "network.onnx", "onnx")
    session = onnxruntime.InferenceSession(str(tmp_path / "network.onnx"))
    assert session.get_modelmeta().custom_metadata_map == {
        "network": "bit_digits",
        "weights_sha256": hashlib.sha256(DIGITS_CHECKPOINT.read_bytes()).hexdigest(),
        "hubtool_version": __version__,
    }


def test_a_card_adds_uid_and_license_and_how_pictures_are_prepared(cards: Path) -> None:
    subject = subject_of(named("bit_digits", cards))
    assert subject.metadata["uid"] == "hubtool/1.0/bit_digits"
    assert subject.metadata["model_license"] == "Apache-2.0"
    assert "recipe" not in subject.metadata  # the digits are prepared in one way only
    assert subject.side == 32

    edit(cards / "bit_digits.md", "train-dataset: digits", "train-dataset: mnist")
    edit(
        cards / "bit_digits.md",
        "\nlicense: Apache-2.0",
        "\nlicense: MIT\n\neval-recipe:\n  image-size: 48\n  crop-pct: 0.9",
    )
    subject = subject_of(named("bit_digits", cards))
    assert subject.metadata["model_license"] == "MIT"
    recipe = EvalRecipe(48, 0.9, mean=(0.1307 * 255,), std=(0.3081 * 255,))
    assert json.loads(subject.metadata["recipe"]) == recipe.to_json()
    assert subject.side == 48

    # The card's recipe is about its own dataset, and what nobody says is not made up.
    edit(cards / "bit_digits.md", "train-dataset: mnist", "")
    assert "recipe" not in subject_of(named("bit_digits", cards)).metadata


def test_the_same_weights_give_the_same_bytes(tmp_path: Path) -> None:
    targets = [tmp_path / "one.onnx", tmp_path / "other.onnx"]
    for target in targets:
        export(named("bit_digits"), target, "onnx")
    assert targets[0].read_bytes() == targets[1].read_bytes()


def test_weights_that_the_network_of_the_card_has_not(tmp_path: Path) -> None:
    claim_set = claims_named(Catalogue([CARDS]), "bit_resnet50")
    with pytest.raises(CheckpointMismatch, match="weights of bit_digits, not of bit_resnet50: 118 missing"):
        export(Source(DIGITS_CHECKPOINT, claim_set), tmp_path / "network.onnx", "onnx")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("to", FORMATS)
def test_a_network_too_large_for_one_file(to: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = exporting.NetworkFormat(FORMATS[to].content, (16 << 20) + 4 * 498_921)
    monkeypatch.setitem(FORMATS, to, small)
    said = f"bit_digits has 498,922 parameters, one {to} file holds 498,921"
    with pytest.raises(UsageProblem, match=said):
        export(Source(DIGITS_CHECKPOINT, None), tmp_path / "network", to)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("to", "too_large"),
    [
        ("onnx", {"convnextv2_huge", "mae_h_14_224_finetune"}),
        (
            "mindir",
            {
                *("cait_m36_384", "cait_m48_448", "convnext_xlarge", "convnextv2_huge", "mae_h_14_224_finetune"),
                *(
                    "mae_l_16_224_finetune",
                    "mlp_mixer_h_p14",
                    "vit_l_16_224",
                    "vit_l_16_384",
                    "vit_l_32_224",
                    "volo_d5",
                ),
            },
        ),
    ],
)
def test_all_other_networks_fit_into_every_format(to: str, too_large: set[str]) -> None:
    most = FORMATS[to].most_bytes - (16 << 20)
    assert {spec.name for spec in known_specs() if 4 * spec.parameter_count > most} == too_large
