from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubtool.checkpoint.reader import Checkpoint
from hubtool.errors import CorruptCheckpoint
from tests.checkpoint.proto import entry, field, tensor, varint
from tests.conftest import DIGITS_CHECKPOINT

np = pytest.importorskip("numpy")

FLOATS = np.arange(6, dtype="float32")
GOOD = entry("a", [2, 3], "Float32", FLOATS.tobytes())


def write(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "net.ckpt"
    path.write_bytes(data)
    return path


def test_the_demo_checkpoint() -> None:
    checkpoint = Checkpoint(DIGITS_CHECKPOINT)
    assert checkpoint.tensors["conv1.weight"].shape == (32, 1, 7, 7)
    assert sum(t.count for t in checkpoint.tensors.values()) == 498_922
    assert checkpoint.array("classifier.bias").shape == (10,)


def test_tensors_are_views_of_the_file(tmp_path: Path) -> None:
    array = Checkpoint(write(tmp_path, GOOD)).array("a")
    assert array.tolist() == FLOATS.reshape(2, 3).tolist()
    assert not array.flags.owndata
    assert not array.flags.writeable


@pytest.mark.parametrize(
    ("dims", "dtype", "content", "expected"),
    [
        ([0], "Float32", np.float32(1.5).tobytes(), 1.5),
        ([], "Int64", np.int64(-3).tobytes(), -3),
        ([1], "Bool", b"\x01", [True]),
        ([2], "Float16", np.array([0.5, -2], "float16").tobytes(), [0.5, -2]),
        ([2], "BFloat16", b"\x80\x3f\x00\xc0", [1.0, -2.0]),
        ([0], "Float32", b"", []),
        ([2, 0], "Float32", b"", [[], []]),
        ([3], "UInt8", b"\x01\x02\xff", [1, 2, 255]),
    ],
)
def test_shapes_and_types(tmp_path: Path, dims: list[int], dtype: str, content: bytes, expected: object) -> None:
    assert Checkpoint(write(tmp_path, entry("a", dims, dtype, content))).array("a").tolist() == expected


def test_parts_of_a_large_tensor_are_joined(tmp_path: Path) -> None:
    raw = FLOATS.tobytes()
    data = entry("a", [6], "Float32", raw[:8]) + entry("a", [6], "Float32", raw[8:]) + entry("b", [0], "Int8", b"\x07")
    checkpoint = Checkpoint(write(tmp_path, data))
    assert checkpoint.array("a").tolist() == FLOATS.tolist()
    assert list(checkpoint.tensors) == ["a", "b"]


def test_packed_dimensions_unknown_fields_and_a_crc_are_read_over(tmp_path: Path) -> None:
    packed = field(1, varint(2) + varint(3)) + field(2, b"Float32") + field(3, FLOATS.tobytes())
    extra = varint(9 << 3) + varint(5) + varint(10 << 3 | 5) + b"1234" + varint(11 << 3 | 1) + b"12345678"
    data = field(1, field(1, b"a") + field(2, packed + extra)) + b"crc_num" + bytes(10)
    assert Checkpoint(write(tmp_path, data)).tensors["a"].shape == (2, 3)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "the file is empty"),
        (b"\x0a\x00", "byte 0: an entry without a name"),
        (b"<html>not a checkpoint</html>", "byte 0: wire type 4"),
        (b"\x08\x01", "byte 0: no checkpoint entry"),
        (GOOD[:-1], "byte 0: .* cut short"),
        (GOOD + b"\x0a\xff", f"byte {len(GOOD) + 1}: a number is cut short"),
        (GOOD + b"\x0a" + b"\xff" * 10, f"byte {len(GOOD) + 1}: a number is longer"),
        (GOOD + b"\x0a" + varint(10**15), f"byte {len(GOOD)}: 1000000000000000 bytes announced, 0 are left"),
        (GOOD + GOOD[:2], "cut short"),
        (entry("a", [2, 2], "Float32", FLOATS.tobytes()), r"a \(2, 2\) float32 takes 16 bytes, 24 are there"),
        (entry("a", [-2, -3], "Float32", FLOATS.tobytes()), "negative dimension"),
        (entry("a", [10**12], "Float32", b""), "a dimension larger than the file"),
        (entry("a", [2**62, 2**62, 0], "Float32", b""), "a dimension larger than the file"),
        (entry("a", [1] * 70, "Int8", b"1"), "a has 70 dimensions"),
        (entry("a", [20] * 30, "Int8", bytes(30)), "takes .* bytes, 30 are there"),
        (entry("a", [1], "Complex", b"1234"), "unknown type 'Complex'"),
        (GOOD + entry("b", [0], "Int8", b"1") + GOOD, "a second tensor a"),
        (GOOD + entry("a", [3, 2], "Float32", FLOATS.tobytes()), "disagree"),
        (field(1, field(1, b"\xff") + field(2, tensor([0], "Int8", b"1"))), "not UTF-8"),
        (field(1, field(1, b"a")), "without a name or without a tensor"),
        (field(1, field(1, b"a") + field(2, field(2, b"Int8"))), "has no content"),
    ],
)
def test_damage_is_named_with_its_offset(tmp_path: Path, data: bytes, said: str) -> None:
    path = write(tmp_path, data)
    with pytest.raises(CorruptCheckpoint, match=said) as caught:
        Checkpoint(path)
    assert caught.value.message.startswith(str(path))


@given(st.binary(max_size=200))
def test_any_bytes_are_a_checkpoint_or_corrupt(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = write(tmp_path_factory.getbasetemp(), data)
    try:
        Checkpoint(path).arrays()
    except CorruptCheckpoint as error:
        assert str(path) in error.message


@given(st.integers(0, 2000), st.binary(min_size=1, max_size=8))
def test_any_damage_to_the_head_is_harmless(tmp_path_factory: pytest.TempPathFactory, at: int, data: bytes) -> None:
    original = DIGITS_CHECKPOINT.read_bytes()
    path = write(tmp_path_factory.getbasetemp(), original[:at] + data + original[at + len(data) :])
    try:
        Checkpoint(path).arrays()
    except CorruptCheckpoint as error:
        assert "byte" in error.message


@given(st.integers(1, DIGITS_CHECKPOINT.stat().st_size - 1))
def test_every_truncation_is_noticed_or_ends_between_tensors(tmp_path_factory: pytest.TempPathFactory, at: int) -> None:
    path = write(tmp_path_factory.getbasetemp(), DIGITS_CHECKPOINT.read_bytes()[:at])
    try:
        found = Checkpoint(path).tensors
    except CorruptCheckpoint:
        return
    assert 0 < len(found) < len(Checkpoint(DIGITS_CHECKPOINT).tensors)


@pytest.mark.mindspore
def test_what_mindspore_writes_is_read_and_the_other_way_round(tmp_path: Path) -> None:
    mindspore = pytest.importorskip("mindspore")
    values = {
        "matrix": np.random.default_rng(0).normal(size=(3, 4)).astype("float32"),
        "half": np.array([1, 2.5], "float16"),
        "scalar": np.array(3.5, "float32"),
        "count": np.array([7], "int64"),
        "flag": np.array([True, False]),
    }
    path = tmp_path / "saved.ckpt"
    mindspore.save_checkpoint([{"name": n, "data": mindspore.Tensor(v)} for n, v in values.items()], str(path))
    checkpoint = Checkpoint(path)
    assert list(checkpoint.tensors) == list(values)
    for name, value in values.items():
        assert checkpoint.tensors[name].dtype == str(value.dtype)
        np.testing.assert_array_equal(checkpoint.array(name), value)
    loaded = mindspore.load_checkpoint(str(DIGITS_CHECKPOINT))
    ours = Checkpoint(DIGITS_CHECKPOINT).arrays()
    assert list(loaded) == list(ours)
    assert all((loaded[name].asnumpy() == array).all() for name, array in ours.items())
