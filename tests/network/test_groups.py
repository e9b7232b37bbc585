"""Kernels that a file keeps group by group, as MindCV 0.5 does in ShuffleNet v1."""

from __future__ import annotations

from pathlib import Path

import pytest

from hubtool.checkpoint.convert import convert
from hubtool.checkpoint.formats import open_weights
from hubtool.checkpoint.tensors import TensorFile
from hubtool.errors import CheckpointMismatch
from hubtool.network.identify import spec_fitting
from hubtool.network.layout import check_finite, check_layout
from hubtool.network.registry import build, family_of, spec_named
from hubtool.network.spec import Form
from tests.checkpoint.proto import entry
from tests.network.family import know

np = pytest.importorskip("numpy")
Values = dict[str, "np.ndarray"]


@pytest.fixture
def whole(monkeypatch: pytest.MonkeyPatch) -> Values:
    """The parameters of a network, every value another one."""
    shapes = know(monkeypatch).shapes(spec_named("grouped"))
    random = np.random.default_rng(0)
    return {name: random.normal(size=shape).astype("float32") for name, shape in shapes.items()}


def split(values: Values, groups: dict[str, int]) -> Values:
    """The pieces of some parameters in place of them."""
    found: Values = {}
    for name, value in values.items():
        if name not in groups:
            found[name] = value
            continue
        stem, _, kind = name.rpartition(".")
        found |= {f"{stem}.convs.{number}.{kind}": part for number, part in enumerate(np.split(value, groups[name]))}
    return found


def write(folder: Path, values: Values) -> TensorFile:
    path = folder / "net.ckpt"
    path.write_bytes(
        b"".join(
            entry(name, list(value.shape), value.dtype.name.capitalize(), value.tobytes())
            for name, value in values.items()
        )
    )
    return open_weights(path)


WIDTHS = ("05", "10", "15", "20")
PIECES = {"f.1.weight": 2, "f.2.weight": 12}


@pytest.mark.parametrize("to", ["ckpt", "safetensors"])
@pytest.mark.parametrize("before", ["", "network."])
def test_pieces_are_joined_in_the_order_of_their_numbers(whole: Values, tmp_path: Path, before: str, to: str) -> None:
    pieces = {before + name: value for name, value in split(whole, PIECES).items()}
    states = {f"moments.{name}": np.full_like(value, np.nan) for name, value in pieces.items()}
    backwards = dict(reversed({**pieces, **states}.items()))  # the order in the file says nothing
    file = write(tmp_path, backwards)
    if to != "ckpt":
        convert(file, tmp_path / "net.safetensors", to)
        file = open_weights(tmp_path / "net.safetensors")
    weights = check_layout(file, spec_named("grouped"))
    check_finite(weights.file, weights.names)
    assert set(weights.names) == set(pieces)
    assert list(weights.arrays) == list(whole)
    assert all((weights.arrays[name] == value).all() for name, value in whole.items())
    assert spec_fitting(file) == spec_named("grouped")
    *_, joined, skipped = weights.notes
    assert joined == (
        "2 kernels of group convolutions are kept group by group and joined, as in "
        f"{before}f.2.convs.0.weight to {before}f.2.convs.11.weight"
    )
    assert skipped.startswith(f"skipped {len(whole)} tensors of optimiser state: moments.")


def test_a_kernel_of_one_group(whole: Values, tmp_path: Path) -> None:
    weights = check_layout(write(tmp_path, split(whole, {"f.1.weight": 1})), spec_named("grouped"))
    assert weights.notes == (
        "1 kernel of group convolutions is kept group by group and joined, as in f.1.convs.0.weight",
    )
    assert (weights.arrays["f.1.weight"] == whole["f.1.weight"]).all()


def test_values_that_are_not_finite_are_found_in_pieces(whole: Values, tmp_path: Path) -> None:
    whole["f.1.weight"][-1] = np.nan
    weights = check_layout(write(tmp_path, split(whole, PIECES)), spec_named("grouped"))
    with pytest.raises(CheckpointMismatch, match=r"1 not finite: f.1.convs.1.weight \(12 values\)"):
        check_finite(weights.file, weights.names)


def changed(values: Values, **changes: np.ndarray | None) -> Values:
    found = {**values, **{name.replace("_", "."): value for name, value in changes.items()}}
    return {name: value for name, value in found.items() if value is not None}


KERNEL = np.zeros((12, 12, 1, 1), "float32")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"f_1_convs_0_weight": None}, "group 0 of f.1.weight is missing beside f.1.convs.1.weight"),
        ({"f_2_convs_4_weight": None}, "group 4 of f.2.weight is missing beside f.2.convs.0.weight"),
        (
            {"f_1_convs_1_weight": None},
            "1 misshapen: f.1.convs.0.weight (12, 12, 1, 1) instead of (24, 12, 1, 1)",
        ),
        (
            {"f_1_convs_2_weight": KERNEL},
            "1 misshapen: f.1.convs.0.weight to f.1.convs.2.weight (36, 12, 1, 1) instead of (24, 12, 1, 1)",
        ),
        ({"f_1_convs_3_weight": KERNEL}, "group 2 of f.1.weight is missing beside f.1.convs.0.weight"),
        ({"f_1_convs_00_weight": KERNEL}, "1 unexpected: f.1.convs.00.weight"),
        (
            {"f_1_weight": np.zeros((24, 12, 1, 1), "float32")},
            "f.1.weight is there in one piece and also group by group, as f.1.convs.0.weight; "
            "2 unexpected: f.1.convs.0.weight, f.1.convs.1.weight",
        ),
        (
            {"f_1_convs_1_weight": KERNEL[:, :6]},
            "groups of f.1.weight do not go together: f.1.convs.0.weight (12, 12, 1, 1) float32 and "
            "f.1.convs.1.weight (12, 6, 1, 1) float32",
        ),
        (
            {"f_1_convs_1_weight": KERNEL.astype("float16")},
            "groups of f.1.weight do not go together: f.1.convs.0.weight (12, 12, 1, 1) float32 and "
            "f.1.convs.1.weight (12, 12, 1, 1) float16",
        ),
        (
            {"f_1_convs_0_weight": np.float32(1), "f_1_convs_1_weight": np.float32(1)},
            "groups of f.1.weight do not go together: f.1.convs.0.weight () float32",
        ),
        ({"f_9_convs_0_weight": KERNEL}, "1 unexpected: f.9.convs.0.weight"),
        ({"f_0_convs_1_weight": KERNEL}, "1 unexpected: f.0.convs.1.weight"),
    ],
)
def test_pieces_that_do_not_make_the_kernel(whole: Values, tmp_path: Path, changes: dict, said: str) -> None:
    path = write(tmp_path, changed(split(whole, PIECES), **changes)).path
    with pytest.raises(CheckpointMismatch) as caught:
        check_layout(open_weights(path), spec_named("grouped"))
    assert caught.value.message.startswith(f"{path}: not a checkpoint of grouped: {said}")


def test_what_a_network_has_in_pieces_is_not_joined(whole: Values, tmp_path: Path) -> None:
    assert "f.0.convs.0.weight" in whole
    assert check_layout(write(tmp_path, whole), spec_named("grouped")).notes == ()


def groups_of(cell: object) -> dict[str, int]:
    """The 1x1 convolutions of a ShuffleNet that MindCV 0.5 builds group by group, with their groups."""
    kinds = ("branch_main_1.0", "branch_main_2.2")
    return {f"{name}.weight": one.group for name, one in cell.cells_and_names() if name.endswith(kinds)}


def group_by_group(convolution: object) -> object:
    """A cell that splits the channels, convolves each group by itself and puts the results together."""
    from mindspore import nn, ops

    class ByGroup(nn.Cell):
        def __init__(self) -> None:
            super().__init__()
            self.groups = convolution.group
            sizes = (convolution.in_channels // self.groups, convolution.out_channels // self.groups)
            self.convs = nn.CellList([nn.Conv2d(*sizes, kernel_size=1) for _ in range(self.groups)])

        def construct(self, x: object) -> object:
            parts = ops.split(x, x.shape[1] // self.groups, axis=1)
            return ops.concat([convs(part) for convs, part in zip(self.convs, parts, strict=True)], axis=1)

    return ByGroup()


@pytest.mark.mindspore
def test_joined_kernels_are_those_of_convolutions_group_by_group(tmp_path: Path) -> None:
    """MindCV's network with cells like those of its version 0.5 saves 308 tensors; ours of 246 answers the same."""
    mindspore = pytest.importorskip("mindspore")
    pytest.importorskip("mindcv")
    from tests.network.zoo import logits, random_images, random_weights

    spec = spec_named("shufflenet_v1_g3_05")
    weights = random_weights(spec)
    older = build(spec, weights, Form.INFERENCE)
    groups = groups_of(older)
    for block in older.features:
        for branch, at in ((block.branch_main_1, 0), (block.branch_main_2, 2)):
            branch[at] = group_by_group(branch[at])
    pieces = split(weights, groups)
    parameters = dict(older.parameters_and_names())
    assert (len(weights), len(parameters)) == (246, 308)
    assert parameters.keys() == pieces.keys()
    for name, parameter in parameters.items():
        parameter.set_data(mindspore.Tensor(pieces[name]))
    path = tmp_path / "older.ckpt"
    mindspore.save_checkpoint([{"name": name, "data": value} for name, value in parameters.items()], str(path))

    joined = check_layout(open_weights(path), spec)
    assert joined.notes[0].startswith("32 kernels of group convolutions are kept group by group and joined, as in ")
    images = random_images(spec, 4)
    wanted = logits(older, images)
    spread = np.ptp(wanted, axis=0).mean()
    answers = logits(build(spec, joined.arrays, Form.INFERENCE), images)
    assert np.abs(answers - wanted).max() < 1e-4 * spread
    swapped = {name: np.roll(value, len(value) // groups.get(name, 1), 0) for name, value in joined.arrays.items()}
    assert np.abs(logits(build(spec, swapped, Form.INFERENCE), images) - wanted).max() > 0.1 * spread


@pytest.mark.parametrize("name", [f"shufflenet_v1_g{groups}_{width}" for groups in (3, 8) for width in WIDTHS])
def test_every_shufflenet_v1_in_pieces(tmp_path: Path, name: str) -> None:
    spec = spec_named(name)
    shapes = family_of(spec).shapes(spec)
    groups = 3 if "_g3_" in name else 8
    first = "features.0.branch_main_1.0.weight"
    kernels = {one: groups for one in shapes if one.endswith(("branch_main_1.0.weight", "branch_main_2.2.weight"))}
    pieces = split({one: np.zeros(shape, "float32") for one, shape in shapes.items()}, {**kernels, first: 1})
    assert len(pieces) == len(shapes) + (len(kernels) - 1) * (groups - 1)
    file = write(tmp_path, pieces)
    weights = check_layout(file, spec)
    assert {one: value.shape for one, value in weights.arrays.items()} == shapes
    assert spec_fitting(file) == spec
