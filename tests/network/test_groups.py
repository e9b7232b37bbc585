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
from hubtool.network.registry import spec_named
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
