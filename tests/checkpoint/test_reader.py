from __future__ import annotations

import errno
import mmap
import os
import zlib
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubtool.checkpoint import reader, tensors
from hubtool.checkpoint.convert import convert
from hubtool.checkpoint.dtypes import DTYPES
from hubtool.checkpoint.formats import open_weights
from hubtool.checkpoint.reader import Checkpoint
from hubtool.errors import CorruptCheckpoint, EnvironmentProblem, NotFound, UsageProblem
from tests.checkpoint.proto import entry, field, tensor, text, varint
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
        ([1], "Complex64", np.complex64(1 - 2j).tobytes(), [1 - 2j]),
        ([4], "Float8E4M3FN", b"\x38\xc0\x01\x7e", [1.0, -2.0, 2**-9, 448.0]),
        ([4], "Float8E5M2", b"\x3c\xc0\x01\x7c", [1.0, -2.0, 2**-16, float("inf")]),
        ([10**6, 0], "Int8", b"", [[]] * 10**6),
    ],
)
def test_shapes_and_types(tmp_path: Path, dims: list[int], dtype: str, content: bytes, expected: object) -> None:
    assert Checkpoint(write(tmp_path, entry("a", dims, dtype, content))).array("a").tolist() == expected


def test_float8_has_its_not_a_number(tmp_path: Path) -> None:
    assert np.isnan(Checkpoint(write(tmp_path, entry("a", [2], "Float8E4M3FN", b"\x7f\xff"))).array("a")).all()


@pytest.mark.parametrize("dtype", ["Int4", "HiFloat8"])
def test_types_that_are_listed_and_not_decoded(tmp_path: Path, dtype: str) -> None:
    checkpoint = Checkpoint(write(tmp_path, entry("a", [2], dtype, b"\x12\x34")))
    assert b"".join(checkpoint.chunks("a")) == b"\x12\x34"
    with pytest.raises(UsageProblem, match=f"a is {dtype.lower()}, which hubtool does not decode"):
        checkpoint.array("a")


@pytest.mark.parametrize(("dtype", "count"), [("Float8E8M0", 2), ("UInt4", 4), ("Float6E3M2", 2)])
def test_types_of_other_versions_are_listed(tmp_path: Path, dtype: str, count: int) -> None:
    checkpoint = Checkpoint(write(tmp_path, GOOD + entry("q", [count], dtype, b"\x12\x34")))
    assert (checkpoint.tensors["q"].dtype, checkpoint.tensors["q"].shape) == (dtype, (count,))
    with pytest.raises(UsageProblem, match=f"q is {dtype}, which hubtool does not decode"):
        checkpoint.array("q")
    with pytest.raises(UsageProblem, match="a type that safetensors files do not have"):
        convert(checkpoint, tmp_path / "a.safetensors", "safetensors")


def test_text_is_kept_apart(tmp_path: Path) -> None:
    data = GOOD + entry("note", [0], "str", text("epoch ✓")) + entry("empty", [0], "str", text("\0"))
    checkpoint = Checkpoint(write(tmp_path, data))
    assert list(checkpoint.tensors) == ["a"]
    assert checkpoint.texts == {"note": "epoch ✓", "empty": ""}


def test_bits_are_given_as_they_are_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tensors, "CHUNK_BYTES", 8)
    bits = bytes(range(1, 21))
    data = entry("a", [10], "BFloat16", bits[:12]) + entry("a", [10], "BFloat16", bits[12:])
    assert list(Checkpoint(write(tmp_path, data)).chunks("a")) == [bits[:8], bits[8:12], bits[12:]]


def test_a_file_that_shrinks_while_it_is_read(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    checkpoint = Checkpoint(path)
    with path.open("r+b") as stream:
        stream.truncate(len(GOOD) - 4)
    with pytest.raises(CorruptCheckpoint, match=f"byte {len(GOOD) - 4}: the file became shorter"):
        list(checkpoint.chunks("a"))


def test_the_crc_is_checked_on_request(tmp_path: Path) -> None:
    sound = Checkpoint(write(tmp_path, GOOD + b"crc_num" + zlib.crc32(GOOD).to_bytes(10, "big")))
    assert sound.has_crc
    sound.check_crc()
    changed = Checkpoint(write(tmp_path, GOOD[:-1] + b"\x00crc_num" + zlib.crc32(GOOD).to_bytes(10, "big")))
    with pytest.raises(CorruptCheckpoint, match=f"byte {len(GOOD)}: the CRC-32"):
        changed.check_crc()


@pytest.mark.parametrize(
    ("module", "limit", "most", "said"),
    [(reader, "MOST_TENSORS", 2, "more than 2 entries"), (reader, "_MOST_FIELDS", 15, "more than 15 fields")],
)
def test_there_is_a_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: ModuleType, limit: str, most: int, said: str
) -> None:
    path = write(tmp_path, b"".join(entry(name, [0], "Int8", b"1") for name in "abc"))
    assert len(Checkpoint(path).tensors) == 3
    monkeypatch.setattr(module, limit, most)
    with pytest.raises(CorruptCheckpoint, match=said):
        Checkpoint(path)


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo.ckpt")
    for path, said in [
        (tmp_path / "none.ckpt", "no such file"),
        (tmp_path, "a folder"),
        (tmp_path / "fifo.ckpt", "not a regular file"),
        (Path("/dev/zero"), "not a regular file"),
        (DIGITS_CHECKPOINT / "below", "no such file"),
    ]:
        with pytest.raises(NotFound, match=f"^{path}: {said}"):
            Checkpoint(path)
    (tmp_path / "loop.ckpt").symlink_to("loop.ckpt")
    with pytest.raises(EnvironmentProblem, match=r"loop\.ckpt: Too many levels"):
        Checkpoint(tmp_path / "loop.ckpt")


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
        (b"<\x00ml>not a checkpoint", "byte 0: wire type 4"),
        (b"<html>not a checkpoint</html>", "this is an HTML page: 'not a checkpoint', not a MindSpore checkpoint"),
        (b"\x08\x01", "byte 0: no checkpoint entry"),
        (GOOD[:-1], "byte 0: .* cut short"),
        (GOOD + b"\x0a\xff", f"byte {len(GOOD) + 1}: a number is cut short"),
        (GOOD + b"\x0a" + b"\xff" * 10, f"byte {len(GOOD) + 1}: a number is longer"),
        (GOOD + b"\x0a" + varint(10**15), f"byte {len(GOOD)}: 1000000000000000 bytes announced, 0 are left"),
        (GOOD + GOOD[:2], "cut short"),
        (entry("a", [2, 2], "Float32", FLOATS.tobytes()), r"a has the shape \(2, 2\), .* 16 bytes, but there are 24"),
        (entry("a", [-2, -3], "Float32", FLOATS.tobytes()), "negative dimension"),
        (entry("a", [10**12], "Float32", b""), "takes 4000000000000 bytes, but there are 0"),
        (entry("a", [2**62, 2**62, 0], "Float32", b""), "beyond what can be addressed"),
        (entry("a", [1] * 70, "Int8", b"1"), "a has more than 32 dimensions"),
        (field(1, field(1, b"a") + field(2, field(1, b"\x01" * 10**6) + field(2, b"Int8"))), "more than 32 dimensions"),
        (entry("a", [20] * 30, "Int8", bytes(30)), "beyond what can be addressed"),
        (
            entry("a", [3], "Int16", b"1") + entry("a", [3], "Int16", b"23456"),
            "a has int16 elements that are not whole",
        ),
        (entry("a" * 513, [0], "Int8", b"1"), "a name of 513 bytes"),
        (entry("a", [0], "x" * 65, b"1"), "a name of 65 bytes"),
        (entry("\x1b[2J\u202e", [1], "Int8", b""), r"byte 0: \\x1b\[2J\\u202e has the shape"),
        (entry("a" * 500, [1], "Int8", b""), "byte 0: a{80}… has the shape"),
        (entry("a", [0], "str", b"abc"), "a is text that is not UCS-4"),
        (entry("a", [0], "str", bytes(5 << 20)), "a is text beyond the limit"),
        (entry("a", [0], "str", text("only text")), "no tensor in it"),
        (field(1, field(1, b"a") + field(3, b"")), "byte 0: a map parameter"),
        (b"\xd8\x5e\x3a\x7f" + bytes(100), "byte 0: the checkpoint is encrypted"),
        (entry("a", [1], "Complex", b"1234"), "unknown type 'Complex'"),
        (GOOD + entry("b", [0], "Int8", b"1") + GOOD, "byte 64: a is the name of two tensors"),
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
        assert "byte" in error.message or "this is " in error.message


@given(st.integers(1, DIGITS_CHECKPOINT.stat().st_size - 1))
def test_every_truncation_is_noticed_or_ends_between_tensors(tmp_path_factory: pytest.TempPathFactory, at: int) -> None:
    path = write(tmp_path_factory.getbasetemp(), DIGITS_CHECKPOINT.read_bytes()[:at])
    try:
        found = Checkpoint(path).tensors
    except CorruptCheckpoint:
        return
    assert 0 < len(found) < len(Checkpoint(DIGITS_CHECKPOINT).tensors)


@pytest.mark.mindspore
def test_what_mindspore_writes_is_read(tmp_path: Path) -> None:
    mindspore = pytest.importorskip("mindspore")
    numbers = np.arange(-3, 3).reshape(2, 3)
    names = [name for name, dtype in DTYPES.items() if dtype.stored == name]
    values = {name: mindspore.Tensor(numbers.astype(name)) for name in names}
    values |= {name: mindspore.Tensor([1.5, -2.0], getattr(mindspore, name)) for name in ("bfloat16", "float8_e5m2")}
    values["float8_e4m3fn"] = mindspore.Tensor([1.5, -2.0], mindspore.float8_e4m3fn)
    values |= {"scalar": mindspore.Tensor(3.5, mindspore.float32), "count": mindspore.Tensor(np.array([7]))}
    path = tmp_path / "saved.ckpt"
    info = {"epoch_num": 3, "lr": 0.5, "flag": True, "note": "ünï"}
    pairs = [{"name": name, "data": value} for name, value in values.items()]
    mindspore.save_checkpoint(pairs, str(path), append_dict=info, crc_check=True)
    checkpoint = Checkpoint(path)
    assert list(checkpoint.tensors) == [*values, "epoch_num", "lr", "flag"]
    assert checkpoint.texts == {"note": "ünï"}
    assert checkpoint.has_crc
    checkpoint.check_crc()
    for name in names:
        assert checkpoint.tensors[name].dtype == name
        np.testing.assert_array_equal(checkpoint.array(name), numbers.astype(name))
    for name in ("bfloat16", "float8_e5m2", "float8_e4m3fn"):
        assert checkpoint.tensors[name].dtype == name
        assert checkpoint.array(name).tolist() == [1.5, -2.0]
    scalars = {name: checkpoint.array(name).tolist() for name in ("scalar", "count", "epoch_num", "lr", "flag")}
    assert scalars == {"scalar": 3.5, "count": [7], "epoch_num": 3, "lr": 0.5, "flag": True}


@pytest.mark.mindspore
def test_the_demo_checkpoint_is_read_as_mindspore_reads_it() -> None:
    mindspore = pytest.importorskip("mindspore")
    loaded = mindspore.load_checkpoint(str(DIGITS_CHECKPOINT))
    ours = Checkpoint(DIGITS_CHECKPOINT).arrays()
    assert list(loaded) == list(ours)
    assert all((loaded[name].asnumpy() == array).all() for name, array in ours.items())


@pytest.mark.mindspore
@pytest.mark.parametrize("mode", ["AES-GCM", "AES-CBC", "SM4-CBC"])
def test_an_encrypted_checkpoint_is_told(tmp_path: Path, mode: str) -> None:
    mindspore = pytest.importorskip("mindspore")
    path = tmp_path / "secret.ckpt"
    pair = {"name": "a", "data": mindspore.Tensor([1.0])}
    mindspore.save_checkpoint([pair], str(path), enc_key=bytes(range(16)), enc_mode=mode)
    with pytest.raises(CorruptCheckpoint, match="encrypted"):
        Checkpoint(path)


@pytest.mark.parametrize("code", [errno.ENODEV, errno.EACCES, errno.ENOMEM], ids=errno.errorcode.get)
def test_a_file_system_that_maps_no_files_is_read(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    expected = open_weights(DIGITS_CHECKPOINT).arrays()

    def refuse(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(mmap, "mmap", refuse)
    found = open_weights(DIGITS_CHECKPOINT)
    assert {name: array.tobytes() for name, array in found.arrays().items()} == {
        name: array.tobytes() for name, array in expected.items()
    }
    name = next(iter(expected))
    assert b"".join(found.chunks(name)) == expected[name].tobytes()
