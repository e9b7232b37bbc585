"""Files of weights against networks that resemble each other; see also test_leftovers.py."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from hubtool.checkpoint.dtypes import DTYPES
from hubtool.checkpoint.formats import open_weights
from hubtool.errors import CheckpointMismatch
from hubtool.network.identify import named, networks_fitting, spec_fitting
from hubtool.network.layout import check_finite, check_layout
from hubtool.network.registry import find_spec
from hubtool.network.spec import ModelSpec, Shape
from tests.checkpoint.proto import entry
from tests.network.family import MadeUp, know

np = pytest.importorskip("numpy")

Edit = Callable[[dict[str, Shape]], Mapping[str, Shape]]


@pytest.fixture(autouse=True)
def family(monkeypatch: pytest.MonkeyPatch) -> MadeUp:
    return know(monkeypatch)


def write(path: Path, shapes: Mapping[str, Shape], dtypes: Mapping[str, str] | None = None) -> Path:
    """A checkpoint of zeros."""
    kinds = {name: DTYPES[(dtypes or {}).get(name, "float32")] for name in shapes}
    path.write_bytes(
        b"".join(
            entry(name, list(shape), kinds[name].mindspore, bytes(kinds[name].item_bytes * math.prod(shape)))
            for name, shape in shapes.items()
        )
    )
    return path


def saved(family: MadeUp, folder: Path, name: str, classes: int = 1000, **others: str) -> Path:
    """A checkpoint of a network of the family, some tensors of other types."""
    spec = family.with_classes(spec_of(name), classes)
    return write(folder / "net.ckpt", family.shapes(spec), {**family.dtypes(spec), **others})


def spec_of(name: str) -> ModelSpec:
    spec = find_spec(name)
    assert spec is not None
    return spec


def refused(path: Path, name: str) -> CheckpointMismatch:
    with pytest.raises(CheckpointMismatch) as caught:
        check_layout(open_weights(path), spec_of(name))
    return caught.value


@pytest.mark.parametrize("name", ["narrow", "wide", "deep", "windows", "grouped"])
def test_a_file_fits_its_own_network_and_no_other(family: MadeUp, tmp_path: Path, name: str) -> None:
    path = saved(family, tmp_path, name)
    assert check_layout(open_weights(path), spec_of(name)).notes == ()
    assert spec_fitting(open_weights(path)) == spec_of(name)
    for other in {"narrow", "wide", "deep", "windows", "grouped"} - {name}:
        error = refused(path, other)
        assert error.message.startswith(f"{path}: these are the weights of {name}, not of {other}: ")


def test_a_sibling_is_refused_with_the_tensors_that_differ(family: MadeUp, tmp_path: Path) -> None:
    assert refused(saved(family, tmp_path, "wide"), "narrow").message.endswith(
        "16 misshapen: blocks.0.conv.weight (16, 8, 3, 3) instead of (8, 8, 3, 3), "
        "blocks.0.bn.moving_mean (16,) instead of (8,), blocks.0.bn.moving_variance (16,) instead of (8,), and 13 more"
    )
    assert refused(saved(family, tmp_path, "deep"), "narrow").message.endswith(
        "not of narrow: 10 unexpected: blocks.3.conv.weight, blocks.3.bn.moving_mean, blocks.3.bn.moving_variance, "
        "and 7 more"
    )
    assert refused(saved(family, tmp_path, "narrow"), "deep").message.endswith(
        "not of deep: 10 missing: blocks.3.conv.weight, blocks.3.bn.moving_mean, blocks.3.bn.moving_variance, "
        "and 7 more"
    )


def test_a_sibling_behind_a_prefix_and_beside_optimiser_state(family: MadeUp, tmp_path: Path) -> None:
    shapes = family.shapes(spec_of("wide"))
    around = {f"{before}{name}": shape for before in ("moments.", "network.") for name, shape in shapes.items()}
    path = write(tmp_path / "net.ckpt", around)
    assert "these are the weights of wide, not of narrow" in refused(path, "narrow").message
    assert spec_fitting(open_weights(path)) == spec_of("wide")


def test_a_network_that_nobody_knows_is_not_named(family: MadeUp, tmp_path: Path) -> None:
    path = write(tmp_path / "net.ckpt", {**family.shapes(spec_of("wide")), "stem.weight": (8, 3, 7, 7)})
    assert refused(path, "narrow").message.startswith(f"{path}: not a checkpoint of narrow: 17 misshapen: stem.weight")
    with pytest.raises(CheckpointMismatch, match=r"stem.weight has the shape \(8, 3, 7, 7\), and in wide, which is"):
        spec_fitting(open_weights(path))


def test_a_file_of_nothing_known(tmp_path: Path) -> None:
    path = write(tmp_path / "net.ckpt", {"a\n": (2,)})
    with pytest.raises(CheckpointMismatch, match=r"not the weights of a known network: none has a tensor called a\\n"):
        spec_fitting(open_weights(path))
    assert networks_fitting(open_weights(path)) == ()


def test_a_file_of_very_many_tensors_is_not_compared(tmp_path: Path) -> None:
    path = write(tmp_path / "net.ckpt", {f"{number}.stem.weight": () for number in range(20_001)})
    with pytest.raises(CheckpointMismatch, match="not the weights of a known network: it has 20,001 tensors"):
        spec_fitting(open_weights(path))


@pytest.mark.parametrize(("classes", "said"), [(10, "10 outputs"), (1, "1 output"), (21841, "21,841 outputs")])
def test_a_head_of_other_classes_is_said_in_words(family: MadeUp, tmp_path: Path, classes: int, said: str) -> None:
    for name in ("wide", "windows"):  # windows has two heads
        path = saved(family, tmp_path, name, classes)
        error = refused(path, name)
        assert error.message == f"{path}: not a checkpoint of {name}: the head has {said}, {name} has 1,000"
        found = spec_fitting(open_weights(path))
        assert (found.name, found.num_classes) == (name, classes)
        assert check_layout(open_weights(path), found).notes == ()
        assert named(open_weights(path), spec_of(name)) == found


def test_a_head_of_other_classes_is_said_beside_what_else_differs(family: MadeUp, tmp_path: Path) -> None:
    shapes = dict(family.shapes(family.with_classes(spec_of("wide"), 10)))
    del shapes["stem.weight"]
    error = refused(write(tmp_path / "net.ckpt", shapes), "wide")
    assert error.message.endswith("the head has 10 outputs, wide has 1,000; 1 missing: stem.weight")
    error = refused(saved(family, tmp_path, "wide", 10), "narrow")
    assert "these are the weights of wide with 10 outputs, not of narrow: " in error.message


@pytest.mark.parametrize(
    "head", [{"head.bias": (11,)}, {"head.weight": (10, 9)}, {"head.weight": (0, 16), "head.bias": (0,)}]
)
def test_a_head_that_is_no_other_number_of_classes_is_misshapen(family: MadeUp, tmp_path: Path, head: dict) -> None:
    shapes = {**family.shapes(family.with_classes(spec_of("wide"), 10)), **head}
    path = write(tmp_path / "net.safetensors.ckpt", shapes)
    assert "2 misshapen: head.weight" in refused(path, "wide").message
    with pytest.raises(CheckpointMismatch, match="not the weights of a known network: head.weight has the shape"):
        spec_fitting(open_weights(path))


def test_several_networks_with_the_same_parameters_are_named(family: MadeUp, tmp_path: Path) -> None:
    path = saved(family, tmp_path, "sized_96")
    with pytest.raises(
        CheckpointMismatch, match="several networks with the same parameters: sized_96, sized_128$"
    ) as e:
        spec_fitting(open_weights(path))
    assert "--network NAME" in e.value.hint
    assert check_layout(open_weights(path), spec_of("sized_128")).notes == ()
    assert "these are the weights of sized_96, sized_128, not of wide" in refused(path, "wide").message
    path = saved(family, tmp_path, "sized_96", 10)
    with pytest.raises(CheckpointMismatch, match="sized_96 with 10 outputs, sized_128 with 10 outputs$"):
        spec_fitting(open_weights(path))
    assert named(open_weights(path), spec_of("sized_128")) == family.with_classes(spec_of("sized_128"), 10)


def test_a_network_of_two_families_is_the_first_ones(family: MadeUp, tmp_path: Path) -> None:
    path = write(tmp_path / "net.ckpt", family.shapes(family.members[-1]))
    assert spec_fitting(open_weights(path)).family == "bit"


TABLE, EMBEDDING = "layers.0.attn.relative_position_index", "pos_embed"


@pytest.mark.parametrize(
    ("tensor", "dtype", "said"),
    [
        (TABLE, "int64", ""),
        (TABLE, "int8", ""),
        (TABLE, "float32", f"1 not signed integers, which the network has here as int32: {TABLE} float32"),
        (TABLE, "uint8", f"1 not signed integers, which the network has here as int32: {TABLE} uint8"),
        (TABLE, "bool", f"1 not signed integers, which the network has here as int32: {TABLE} bool"),
        (TABLE, "int4", f"1 of a type that is not decoded: {TABLE} int4"),
        (EMBEDDING, "float32", ""),
        (EMBEDDING, "int32", "1 not floating-point: pos_embed int32"),
        ("patch.weight", "float16", ""),
        ("patch.weight", "bfloat16", ""),
        ("patch.weight", "int8", "1 not floating-point: patch.weight int8"),
        ("patch.weight", "complex64", "1 not floating-point: patch.weight complex64"),
    ],
)
def test_types(family: MadeUp, tmp_path: Path, tensor: str, dtype: str, said: str) -> None:
    path = saved(family, tmp_path, "windows", **{tensor: dtype})
    if said:
        assert refused(path, "windows").message == f"{path}: not a checkpoint of windows: {said}"
        return
    weights = check_layout(open_weights(path), spec_of("windows"))
    check_finite(weights.file, weights.names)
    assert weights.notes == ()


@pytest.mark.mindspore
@pytest.mark.parametrize("wanted", ["int32", "float16", "float32"])
@pytest.mark.parametrize("given", ["int8", "int64", "uint8", "bool", "float16", "bfloat16", "float32", "float64"])
def test_types_are_converted_as_mindspore_does(wanted: str, given: str) -> None:
    mindspore = pytest.importorskip("mindspore")
    from hubtool.network.differences import wrong_kind

    cell = mindspore.nn.Cell()
    kind = {name: getattr(mindspore, name if name != "bool" else "bool_") for name in (wanted, given)}
    cell.table = mindspore.Parameter(mindspore.ops.zeros(2, kind[wanted]), name="table")
    values = mindspore.Parameter(mindspore.ops.zeros(2, kind[given]), name="table")
    try:
        mindspore.load_param_into_net(cell, {"table": values})
    except RuntimeError as error:
        assert "should have the same type" in str(error)
        assert wrong_kind(given, wanted)
    else:
        assert not wrong_kind(given, wanted)


def without(shapes: Mapping[str, Shape], *endings: str) -> dict[str, Shape]:
    return {name: shape for name, shape in shapes.items() if not name.endswith(endings)}


def test_what_gradients_do_not_change_is_needed_all_the_same(family: MadeUp, tmp_path: Path) -> None:
    shapes = without(family.shapes(spec_of("narrow")), "moving_mean", "moving_variance")
    error = refused(write(tmp_path / "net.ckpt", shapes), "narrow")
    assert "6 missing: blocks.0.bn.moving_mean, blocks.0.bn.moving_variance, " in error.message
    assert error.hint.startswith("batch statistics are missing, without which the weights are of no use")
    spec = spec_of("windows")
    shapes = without(family.shapes(spec), "attn_mask", "relative_coords_table", "relative_position_index")
    error = refused(write(tmp_path / "net.ckpt", shapes, family.dtypes(spec)), "windows")
    assert "3 missing: layers.0.attn.relative_position_index" in error.message
    assert error.hint.startswith(
        "the file seems to hold trainable parameters only; load it into the network, then save"
    )
    shapes = without(shapes, "attn_mask", "pos_embed")
    error = refused(write(tmp_path / "net.ckpt", shapes, family.dtypes(spec)), "windows")
    assert error.hint == "the card may name the wrong file or the wrong network"
