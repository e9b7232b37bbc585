"""Names of MindCV's networks, and what the table says of them; neither MindCV nor MindSpore is needed."""

from __future__ import annotations

import math
import subprocess
import sys

import pytest

from hubtool.errors import UsageProblem
from hubtool.network.mindcv.generate import recipe_rows
from hubtool.network.mindcv.names import ALIASES, Names
from hubtool.network.mindcv.table import Tensor, entries, parsed, tensors, written
from hubtool.network.registry import FAMILIES, family_of, find_spec, known_networks, spec_named
from hubtool.network.sizes import takes_other_sizes
from tests.conftest import REPOSITORY
from tests.network.zoo import names_of_cards

FAMILY = next(family for family in FAMILIES if family.name == "mindcv")

FOUND = [
    ("resnet50", "resnet50"),
    ("ResNet50", "resnet50"),
    ("ResNet-50", "resnet50"),
    ("vit_b32_224", "vit_b_32_224"),
    ("vit_l32_224", "vit_l_32_224"),
    ("vit_b32", "vit_b_32_224"),
    ("vit_l32", "vit_l_32_224"),
    ("vit_b_16", "vit_b_16_224"),
    ("vit_l16", "vit_l_16_224"),
    ("ViT-B/32", "vit_b_32_224"),
    ("rexnet_x09", "rexnet_09"),
    ("rexnet_x20", "rexnet_20"),
    ("xcit_tiny", "xcit_tiny_12_p16_224"),
    ("mobilenet_v2_0.75", "mobilenet_v2_075"),
    ("mobilenet_v2_1.0", "mobilenet_v2_100"),
    ("mobilenet_v2_1.0_224", "mobilenet_v2_100"),
    ("MobileNet V1 0.5", "mobilenet_v1_050"),
    ("mobilenetv3_small", "mobilenet_v3_small_100"),
    ("shufflenet_v1_0.5", "shufflenet_v1_g3_05"),
    ("squeezenet_1.0", "squeezenet1_0"),
    ("regnet_x_16gf", "regnet_x_16gf"),
    ("regnet_x_1_6gf", "regnet_x_1_6gf"),
    ("RegNet_Y_3_2GF", "regnet_y_3_2gf"),
    ("BiT_resnet50", "bit_resnet50"),
    ("bit_resnet101", "bit_resnet101"),
]
UNKNOWN = ["", "resnet", "regnetx16gf", "regnet-y-32gf", "vit", "mae_b_16_224_pretrain", "resnet50_v1", "迁移"]


@pytest.mark.parametrize(("written_name", "name"), FOUND)
def test_a_network_is_found_by_its_names(written_name: str, name: str) -> None:
    assert find_spec(written_name).name == name


def test_what_mindcv_calls_its_configurations_finds_their_networks() -> None:
    rows = recipe_rows()
    assert [find_spec(row["config"]).name.casefold() for row in rows] == [row["network"].casefold() for row in rows]
    assert len(rows) == 156


@pytest.mark.parametrize("name", UNKNOWN)
def test_no_network_is_guessed(name: str) -> None:
    assert find_spec(name) is None


def test_every_name_of_the_registry_finds_itself() -> None:
    assert [find_spec(spec.name) for spec in FAMILY.members] == list(FAMILY.members)


def test_bit_networks_belong_to_their_own_family() -> None:
    assert [name for name in entries() if name.startswith("BiT_")] != []
    assert {find_spec(name).family for name in entries() if name.startswith("BiT_")} == {"bit"}
    assert FAMILY.find("bit_resnet50") is None


def test_no_alias_hides_a_name_or_another_alias() -> None:
    names = Names(entries())
    assert not ALIASES.keys() & entries().keys()
    assert set(ALIASES.values()) <= entries().keys()
    assert {alias: names.find(alias) for alias in ALIASES} == dict(ALIASES)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("resnext50_32x4", "did you mean resnext50_32x4d"),
        ("regnetx16gf", "did you mean regnet_x_16gf or regnet_x_1_6gf"),
        ("zzz", "it knows bit_resnet50, bit_resnet101, bit_resnet50x3, bit_digits and "),
    ],
)
def test_names_that_are_nearly_the_same_are_suggested(name: str, hint: str) -> None:
    with pytest.raises(UsageProblem) as caught:
        spec_named(name)
    assert caught.value.message == f"hubtool cannot build the network {name}"
    assert caught.value.hint.startswith(hint)
    assert len(caught.value.hint) < 120


def test_the_known_networks_are_said_in_a_line() -> None:
    assert known_networks().endswith(f" and {len(FAMILY.members)} of the family mindcv")
    assert len(FAMILY.members) == 269


# Name, outputs, spare outputs, size, all parameters, those that training does not change.
FACTS = [
    ("resnet50", 1000, 0, 224, 25_610_152, 53_120),
    ("swin_tiny", 1000, 0, 224, 33_378_474, 5_090_120),
    ("swinv2_tiny_window8", 1000, 0, 256, 28_778_538, 431_384),
    ("mobilenet_v1_025", 1001, 1, 224, 475_801, 5_472),
    ("inception_v3", 1000, 0, 299, 27_197_488, 36_224),
    ("crossvit_9", 1000, 0, 240, 8_553_296, 0),
    ("regnet_x_800mf", 1000, 0, 224, 7_296_968, 37_312),
]


@pytest.mark.parametrize(("name", "classes", "spare", "size", "count", "frozen"), FACTS)
def test_what_is_known_of_a_network(name: str, classes: int, spare: int, size: int, count: int, frozen: int) -> None:
    spec = find_spec(name)
    assert (spec.num_classes, spec.spare_outputs, spec.input_size) == (classes, spare, size)
    assert (spec.parameter_count, spec.frozen_count, spec.in_channels) == (count, frozen, 3)


def test_every_network_has_the_tensors_that_were_counted() -> None:
    for spec in FAMILY.members:
        shapes = FAMILY.shapes(spec)
        assert sum(map(math.prod, shapes.values())) == spec.parameter_count
        assert sum(math.prod(one.shape) for one in tensors(spec.name) if not one.trained) == spec.frozen_count
        assert len(shapes) == entries()[spec.name]["tensors"]


def test_types_other_than_float32_are_named() -> None:
    assert FAMILY.dtypes(find_spec("pvt_tiny")) == {f"pos_embed{stage}": "float16" for stage in (1, 2, 3, 4)}
    assert set(FAMILY.dtypes(find_spec("swinv2_tiny_window8")).values()) == {"int32"}
    assert FAMILY.dtypes(find_spec("resnet50")) == {}


@pytest.mark.parametrize("name", ["resnet50", "inception_v3", "crossvit_9", "mobilenet_v1_025", "vgg13"])
def test_a_head_of_another_size(name: str) -> None:
    spec = find_spec(name)
    small = FAMILY.with_classes(spec, 10)
    shapes, before = FAMILY.shapes(small), FAMILY.shapes(spec)
    changed = {key: shape for key, shape in shapes.items() if shape != before[key]}
    assert (small.num_classes, small.spare_outputs, small.labelled_classes) == (10, 0, 10)
    assert list(changed) == list(entries()[name]["heads"])
    assert {shape[0] for shape in changed.values()} == {10}
    assert sum(map(math.prod, shapes.values())) == small.parameter_count
    assert FAMILY.with_classes(small, spec.num_classes).parameter_count == spec.parameter_count


def test_a_network_whose_head_is_fixed_keeps_it() -> None:
    spec = find_spec("volo_d5")
    assert FAMILY.with_classes(spec, 1000) == spec
    with pytest.raises(UsageProblem, match="MindCV builds volo_d5 with 1000 classes only"):
        FAMILY.with_classes(spec, 10)


EVALUATION = [
    ("resnet50", {"image_size": "224", "crop_pct": "0.875", "interpolation": "bilinear"}),
    ("coat_tiny", {"image_size": "224", "crop_pct": "0.9", "interpolation": "bicubic"}),
    ("crossvit_9", {"image_size": "240", "crop_pct": "0.935", "interpolation": "bicubic"}),
    ("rexnet_09", {"interpolation": "bicubic"}),
    ("hrnet_w32", {"image_size": "224", "interpolation": "bilinear"}),
    ("cait_xxs24_224", {}),
    ("dpn92", {"image_size": "224", "crop_pct": "0.875", "interpolation": "bilinear"}),
    ("pnasnet", {}),
]


@pytest.mark.parametrize(("name", "defaults"), EVALUATION)
def test_evaluation_is_what_mindcv_configured(name: str, defaults: dict[str, str]) -> None:
    assert find_spec(name).eval_defaults == defaults


def test_tensors_are_written_as_they_are_read() -> None:
    some = (Tensor("a.weight", "float32", (3, 4), True), Tensor("b", "int32", (), False))
    assert written(some) == b"a.weight float32 3x4\nb int32  frozen\n"
    assert parsed(written(some)) == some


def test_a_name_becomes_a_spec_without_anything_heavy() -> None:
    code = (
        "import sys; from hubtool.network.registry import family_of, find_spec; spec = find_spec('vit_b32')\n"
        "family_of(spec).shapes(spec), family_of(spec).why_no_cell(spec), family_of(spec).why_no_graph(spec)\n"
        "print(*sys.modules)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": str(REPOSITORY)}, capture_output=True, text=True, check=True
    )
    assert {"numpy", "mindspore", "mindcv", "onnx", "csv"} & set(run.stdout.split()) == set()


def test_without_mindcv_the_reason_says_what_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mindcv", None)
    assert FAMILY.why_no_cell(find_spec("resnet50")) == (
        "MindCV is needed to build resnet50 and is not installed: pip install 'hubtool[zoo]'"
    )


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("halonet_50t", "MindSpore 2.8.0 cannot run it on CPU: no operator ExtractImagePatches"),
        ("volo_d1", "MindSpore 2.8.0 cannot run it on CPU: TypeError: For 'pad', the paddings value must be tuple"),
    ],
)
def test_networks_that_mindspore_cannot_run_say_why(name: str, reason: str) -> None:
    spec = find_spec(name)
    assert FAMILY.why_no_cell(spec).startswith(reason)
    assert FAMILY.why_no_graph(spec) == FAMILY.why_no_cell(spec), "nothing would prove it"


def test_the_networks_of_cards_that_were_tried_run() -> None:
    names = set(names_of_cards())
    assert not [name for name in names if "fails" in entries()[name]]
    tried = {name for name in names if "other_sizes" in entries()[name]}
    assert names - tried == {"vgg13", "vgg19", "vit_b_32_224", "vit_l_32_224"}  # the largest


def test_every_network_has_a_family() -> None:
    assert {family_of(spec).name for spec in FAMILY.members} == {"mindcv"}


@pytest.mark.parametrize("name", [name for name in entries() if name.startswith("BiT_")])
def test_bit_is_the_network_of_mindcv(name: str) -> None:
    spec, entry = find_spec(name), entries()[name]
    theirs = [(one.name, one.shape) for one in tensors(name)]
    assert theirs == list(family_of(spec).shapes(spec).items())
    assert (entry["parameters"], entry["frozen"], entry["classes"]) == (spec.parameter_count, 0, spec.num_classes)
    assert {one.dtype for one in tensors(name)} == {"float32"}


def test_networks_that_are_said_to_take_other_sizes_did_when_they_were_tried() -> None:
    tried = {
        spec.name: entries()[spec.name]["other_sizes"]
        for spec in FAMILY.members
        if "other_sizes" in entries()[spec.name]
    }
    assert [name for name, ran in tried.items() if takes_other_sizes(find_spec(name)) and not ran] == []
    assert len(tried) == 191
