"""Files of weights of MindCV's networks, by shapes: each fits its own network, and its siblings are told apart."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from hubtool.errors import CheckpointMismatch
from hubtool.network.head import resized
from hubtool.network.identify import networks_fitting, spec_fitting
from hubtool.network.layout import check_layout
from hubtool.network.registry import family_of, known_specs, spec_named
from tests.network.zoo import file_of, saved

SIZES = [f"mobilenet_v2_{width}" for width in ("035", "050", "075", "100")]
"""MindCV has each of these for five sizes of images, with the same parameters."""


@pytest.mark.parametrize(
    ("file", "card", "said"),
    [
        ("resnet50", "resnext50_32x4d", "misshapen: layer1.0.conv1.weight (64, 64, 1, 1) instead of (128, 64, 1, 1)"),
        ("repvgg_a1", "repvgg_a0", "misshapen: "),
        ("resnet18", "resnet34", "missing: layer1.2.conv1.weight"),
        ("resnet34", "resnet18", "unexpected: layer1.2.conv1.weight"),
        ("vgg13", "vgg16", "missing: "),
        ("vgg16", "vgg19", "missing: "),
        ("mobilenet_v1_075", "mobilenet_v1_050", "misshapen: "),
        ("mobilenet_v3_small_100", "mobilenet_v3_small_075", "misshapen: "),
        ("swinv2_small_window8", "swinv2_tiny_window8", "unexpected: "),
        ("pvt_small", "pvt_tiny", "unexpected: "),
        ("swinv2_tiny_window16", "swinv2_tiny_window8", "misshapen: "),
        ("vit_b_16_384", "vit_b_16_224", "1 misshapen: pos_embed (1, 577, 768) instead of (1, 197, 768)"),
        ("shufflenet_v1_g8_10", "shufflenet_v1_g3_10", "misshapen: "),
        ("efficientnet_b1", "efficientnet_b0", "unexpected: "),
        ("densenet169", "densenet121", "unexpected: "),
        ("bit_resnet50", "resnetv2_50", "missing: "),
        ("resnet50", "bit_resnet50", "missing: "),
        ("inception_v4", "inception_v3", "missing: "),
    ],
)
def test_a_sibling_is_named_with_the_tensors_that_differ(tmp_path: Path, file: str, card: str, said: str) -> None:
    for classes, with_outputs in ((None, ""), (7, " with 7 outputs")):
        spec = spec_named(file)
        weights = saved(tmp_path, spec if classes is None else resized(spec, classes))
        with pytest.raises(CheckpointMismatch) as caught:
            check_layout(weights, spec_named(card))
        head = f"{weights.path}: these are the weights of {spec.name}{with_outputs}, not of {spec_named(card).name}: "
        assert caught.value.message.startswith(head)
        assert said in caught.value.message


@pytest.mark.parametrize("name", ["resnet50", "inception_v3", "crossvit_9", "squeezenet1_0", "mobilenet_v1_025"])
def test_a_head_of_other_classes_is_said_in_words(tmp_path: Path, name: str) -> None:
    spec = spec_named(name)
    weights = saved(tmp_path, resized(spec, 10))
    with pytest.raises(CheckpointMismatch) as caught:
        check_layout(weights, spec)
    said = f"the head has 10 outputs, {spec.name} has {spec.num_classes:,}"
    assert caught.value.message == f"{weights.path}: not a checkpoint of {spec.name}: {said}"
    assert spec_fitting(weights) == resized(spec, 10)


@pytest.mark.slow
@pytest.mark.parametrize("classes", [None, 10])
def test_every_network_is_told_from_every_other(tmp_path: Path, classes: int | None) -> None:
    for spec in known_specs():
        wanted = spec if classes is None else resized(spec, classes)
        weights = saved(tmp_path, wanted)
        assert check_layout(weights, wanted).notes == ()
        found = networks_fitting(weights)
        assert wanted in found
        assert len(found) == (5 if spec.name.startswith(tuple(SIZES)) else 1), spec.name


@pytest.mark.parametrize("name", SIZES)
def test_networks_of_five_sizes_have_the_same_parameters(tmp_path: Path, name: str) -> None:
    weights = saved(tmp_path, spec_named(f"{name}_96"))
    with pytest.raises(CheckpointMismatch, match=f"several networks with the same parameters: {name}") as caught:
        spec_fitting(weights)
    assert f"{name}_160" in caught.value.message


@pytest.mark.parametrize("name", ["swin_tiny", "swinv2_tiny_window8"])
def test_tables_that_a_network_computes_are_missed(tmp_path: Path, name: str) -> None:
    spec = spec_named(name)
    family = family_of(spec)
    tables = ("attn_mask", "relative_position_index", "relative_coords_table", "relative_bias.index")
    shapes = {one: shape for one, shape in family.shapes(spec).items() if not one.endswith(tables)}
    assert 0 < sum(map(math.prod, shapes.values())) == spec.trainable_count
    with pytest.raises(CheckpointMismatch, match=" missing: ") as caught:
        check_layout(file_of(tmp_path, shapes, family.dtypes(spec)), spec)
    assert "trainable parameters only" in caught.value.hint
