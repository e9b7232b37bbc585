from __future__ import annotations

from pathlib import Path

import pytest

from hubtool.checkpoint.reader import Checkpoint
from hubtool.errors import CheckpointMismatch
from hubtool.network.bit.spec import bit_spec, parameter_shapes
from hubtool.network.identify import spec_fitting
from hubtool.network.layout import check_finite, check_layout
from hubtool.network.registry import find_spec, known_networks
from tests.checkpoint.proto import entry
from tests.conftest import DIGITS_CHECKPOINT

np = pytest.importorskip("numpy")

TINY = bit_spec("tiny", units=(1,), width=32, num_classes=2, in_channels=1, input_size=8)


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("bit_resnet50", 25_549_352),
        ("bit_resnet101", 44_541_480),
        ("bit_resnet50x3", 217_319_080),
        ("bit_digits", 498_922),
    ],
)
def test_parameter_counts(name: str, count: int) -> None:
    assert find_spec(name).parameter_count == count


@pytest.mark.parametrize("name", ["BiT_resnet50", "bit-resnet50", "bit_resnet50"])
def test_names_are_found_case_and_punctuation_aside(name: str) -> None:
    assert find_spec(name) is find_spec("bit_resnet50")
    assert find_spec("resnet50").family != "bit"


def test_published_names_come_first_to_last() -> None:
    names = list(parameter_shapes(find_spec("bit_resnet50")))
    assert names[:3] == ["conv1.weight", "layer1.0.gn1.gamma", "layer1.0.gn1.beta"]
    assert names[10] == "layer1.0.down_sample.0.weight"
    assert names[-4:] == ["gn.gamma", "gn.beta", "classifier.weight", "classifier.bias"]
    assert sum("down_sample" in name for name in names) == 4


def write(path: Path, shapes: dict, dtype: str = "Float32", value: float = 0.5) -> Checkpoint:
    kind = dtype.lower()
    data = (entry(n, list(shape), dtype, np.full(shape, value).astype(kind).tobytes()) for n, shape in shapes.items())
    path.write_bytes(b"".join(data))
    return Checkpoint(path)


def test_a_checkpoint_that_belongs(tmp_path: Path) -> None:
    checkpoint = write(tmp_path / "a.ckpt", parameter_shapes(TINY))
    check_layout(checkpoint, TINY)
    check_finite(checkpoint)
    check_layout(Checkpoint(DIGITS_CHECKPOINT), find_spec("bit_digits"))


def test_what_does_not_fit_is_counted_and_named(tmp_path: Path) -> None:
    shapes = parameter_shapes(TINY)
    del shapes["gn.gamma"]
    shapes["classifier.bias"] = (3,)
    shapes |= {f"fc{n}.weight": (1,) for n in range(5)}
    with pytest.raises(CheckpointMismatch) as caught:
        check_layout(write(tmp_path / "a.ckpt", shapes), TINY)
    assert caught.value.message == (
        f"{tmp_path}/a.ckpt: not a checkpoint of tiny: 1 missing: gn.gamma; "
        "5 unexpected: fc0.weight, fc1.weight, fc2.weight, and 2 more; "
        "1 misshapen: classifier.bias (3,) instead of (2,)"
    )


def test_types_and_values_that_no_weight_has(tmp_path: Path) -> None:
    with pytest.raises(CheckpointMismatch, match="not floating-point: conv1.weight int32"):
        check_layout(write(tmp_path / "a.ckpt", parameter_shapes(TINY), "Int32"), TINY)
    with pytest.raises(CheckpointMismatch, match=r"not finite: conv1.weight \(1568 values\)"):
        check_finite(write(tmp_path / "b.ckpt", parameter_shapes(TINY), value=float("nan")))


def test_a_network_is_found_by_the_tensors_of_a_file(tmp_path: Path) -> None:
    assert spec_fitting(Checkpoint(DIGITS_CHECKPOINT)) is find_spec("bit_digits")
    for name in ("bit_resnet50", "bit_resnet101"):
        spec = find_spec(name)
        assert spec_fitting(write(tmp_path / name, parameter_shapes(spec))) is spec


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"classifier.weight": (7, 300, 1, 1), "classifier.bias": (7,)},
            "classifier.weight has the shape (7, 300, 1, 1), and in bit_digits, which is nearest, it has the shape "
            "(10, 512, 1, 1)",
        ),
        ({"gn.beta": None}, "gn.beta is missing, and in bit_digits, which is nearest, it has the shape (512,)"),
        ({"momentum\n": (1,)}, "momentum\\n has the shape (1,), and in bit_digits, which is nearest, it is missing"),
    ],
)
def test_the_first_tensor_that_no_known_network_has(tmp_path: Path, change: dict, said: str) -> None:
    shapes = parameter_shapes(find_spec("bit_digits")) | change
    path = tmp_path / "a.ckpt"
    with pytest.raises(CheckpointMismatch) as caught:
        spec_fitting(write(path, {name: shape for name, shape in shapes.items() if shape is not None}))
    assert caught.value.message == f"{path}: not the weights of a known network: {said}"
    assert caught.value.hint == f"hubtool knows {known_networks()}"
