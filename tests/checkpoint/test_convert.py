from __future__ import annotations

import os
from pathlib import Path

import pytest

from hubtool.checkpoint import convert as conversion
from hubtool.checkpoint.convert import convert, to_checkpoint
from hubtool.checkpoint.formats import open_weights
from hubtool.checkpoint.reader import list_checkpoint
from hubtool.errors import CorruptCheckpoint, EnvironmentProblem, UsageProblem
from tests.checkpoint.proto import entry, text
from tests.checkpoint.test_safetensors import container, described
from tests.conftest import DIGITS_CHECKPOINT

np = pytest.importorskip("numpy")

BITS = bytes(range(24))
# Every type that both formats and MindSpore have, in the order in which a safetensors file keeps them aligned.
EVERY_TYPE = b"".join(
    (
        entry("i64", [3], "Int64", BITS),
        entry("u64", [1, 3], "UInt64", BITS),
        entry("f64", [3, 1], "Float64", BITS),
        entry("i32", [2, 3], "Int32", BITS),
        entry("u32", [6], "UInt32", BITS),
        entry("f32", [6], "Float32", b"\x01\x00\xa0\x7f" * 6),  # a signalling NaN: arithmetic would change it
        entry("scalar", [], "Float32", b"\x00\x00\x80\x3f"),
        entry("i16", [12], "Int16", BITS),
        entry("u16", [12], "UInt16", BITS),
        entry("f16", [12], "Float16", BITS),
        entry("bf16", [2, 6], "BFloat16", BITS),
        entry("empty", [3, 0], "Float16", b""),
        entry("flags", [3], "Bool", b"\x00\x01\x01"),
        entry("i8", [24], "Int8", BITS),
        entry("ünï\n", [24], "UInt8", BITS),
        entry("packed", [24], "Int4", BITS),
        entry("note", [0], "str", text("hello ünï")),
        entry("nothing", [0], "str", text("\0")),
    )
)


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def test_there_and_back_gives_the_same_bytes(tmp_path: Path) -> None:
    source = write(tmp_path / "a.ckpt", EVERY_TYPE)
    convert(open_weights(source), tmp_path / "b.safetensors", "safetensors")
    convert(open_weights(tmp_path / "b.safetensors"), tmp_path / "c.ckpt", "ckpt")
    assert (tmp_path / "c.ckpt").read_bytes() == EVERY_TYPE
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.ckpt", "b.safetensors", "c.ckpt"]


def test_the_package_reads_what_is_written(tmp_path: Path) -> None:
    peer = pytest.importorskip("safetensors.numpy")
    source = open_weights(DIGITS_CHECKPOINT)
    convert(source, tmp_path / "b.safetensors", "safetensors")
    theirs = peer.load_file(tmp_path / "b.safetensors")
    assert theirs.keys() == source.tensors.keys()
    for name, value in theirs.items():
        np.testing.assert_array_equal(value, source.array(name))


def test_the_package_reads_every_type(tmp_path: Path) -> None:
    safetensors = pytest.importorskip("safetensors")
    extra = entry("c64", [3], "Complex64", BITS) + entry("f8", [24], "Float8E4M3FN", BITS)
    source = open_weights(write(tmp_path / "a.ckpt", EVERY_TYPE + extra + entry("f8_", [24], "Float8E5M2", BITS)))
    convert(source, tmp_path / "b.safetensors", "safetensors")
    theirs = dict(safetensors.deserialize((tmp_path / "b.safetensors").read_bytes()))
    assert theirs.keys() == source.tensors.keys()
    for name, tensor in source.tensors.items():
        assert bytes(theirs[name]["data"]) == b"".join(source.chunks(name))
        assert tuple(theirs[name]["shape"]) == tensor.shape


def test_tensors_are_aligned(tmp_path: Path) -> None:
    data = entry("a", [3], "Int8", b"123") + entry("b", [1], "Int16", b"12") + entry("c", [1], "Int64", b"12345678")
    convert(open_weights(write(tmp_path / "a.ckpt", data)), tmp_path / "b.safetensors", "safetensors")
    starts = {t.name: t.extents[0].start for t in open_weights(tmp_path / "b.safetensors").tensors.values()}
    assert list(starts) == ["c", "b", "a"]
    assert starts["c"] % 8 == 0


@pytest.mark.parametrize(
    ("parts", "slice_bytes", "sizes"),
    [
        ([40], 16, [16, 16, 8]),
        ([40], 40, [40]),
        ([8, 32], 16, [16, 16, 8]),
        ([16, 24], 16, [16, 16, 8]),
        ([4] * 10, 16, [16, 16, 8]),
        ([32], 16, [16, 16]),
    ],
)
def test_long_tensors_are_written_in_slices(
    tmp_path: Path, parts: list[int], slice_bytes: int, sizes: list[int]
) -> None:
    data = bytes(range(sum(parts)))
    entries, start = b"", 0
    for part in parts:
        entries += entry("a", [sum(parts) // 4], "Int32", data[start : start + part])
        start += part
    source = open_weights(write(tmp_path / "a.ckpt", entries + entry("b", [], "Int8", b"1")))
    written = b"".join(to_checkpoint(source, slice_bytes))
    listing = list_checkpoint(Path("x"), written)
    extents = listing.tensors["a"].extents
    assert [end - start for start, end in extents] == sizes
    assert b"".join(written[start:end] for start, end in extents) == data
    assert list(listing.tensors) == ["a", "b"]


@pytest.mark.parametrize(
    ("data", "to", "said"),
    [
        (
            entry("a", [1], "Complex128", bytes(16)),
            "safetensors",
            "a is complex128, a type that safetensors files do not",
        ),
        (entry("a", [1], "HiFloat8", b"1"), "safetensors", "a is hifloat8"),
        (entry("__metadata__", [1], "Int8", b"1"), "safetensors", "__metadata__ has a name that"),
        (entry("a", [1], "Int8", b"1"), "ckpt", "already a ckpt file"),
        (container(f'{{"a":{described("U8", [0], 0, 0)}}}', b""), "ckpt", r"a has the shape \(0,\), which in a"),
        (container(f'{{"a":{described("C64", [1], 0, 8)}}}'), "ckpt", "a is complex64, which MindSpore does not load"),
        (container(f'{{"a":{described("F8_E5M2", [8], 0, 8)}}}'), "ckpt", "a is float8_e5m2, which MindSpore"),
        (container(f'{{"a":{described("U8", [8], 0, 8)}}}'), "safetensors", "already a safetensors file"),
        (
            container(f'{{"__metadata__":{{"ckpt.str.a":"text"}},"a":{described("U8", [8], 0, 8)}}}'),
            "ckpt",
            "a is also the name of a text",
        ),
    ],
)
def test_what_would_not_be_exact_is_refused(tmp_path: Path, data: bytes, to: str, said: str) -> None:
    source = write(tmp_path / "source", data)
    with pytest.raises(UsageProblem, match=said):
        convert(open_weights(source), tmp_path / "target", to)
    assert list(tmp_path.iterdir()) == [source]


def test_metadata_without_a_place_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    header = f'{{"__metadata__":{{"format":"pt","author":"me"}},"a":{described("U8", [8], 0, 8)}}}'
    convert(open_weights(write(tmp_path / "a.safetensors", container(header))), tmp_path / "b.ckpt", "ckpt")
    assert [record.message.split(": ", 1)[1] for record in caplog.records] == [
        "metadata has no place in a checkpoint and is skipped: author"
    ]


def test_a_tensor_called_format(tmp_path: Path) -> None:
    source = open_weights(write(tmp_path / "a.ckpt", entry("format", [1], "Int8", b"1")))
    convert(source, tmp_path / "b.safetensors", "safetensors")
    assert open_weights(tmp_path / "b.safetensors").metadata == {}


def test_a_wrong_crc_is_refused(tmp_path: Path) -> None:
    source = write(tmp_path / "a.ckpt", EVERY_TYPE + b"crc_num" + bytes(10))
    with pytest.raises(CorruptCheckpoint, match="the CRC-32 here is 00000000"):
        convert(open_weights(source), tmp_path / "b.safetensors", "safetensors")
    assert list(tmp_path.iterdir()) == [source]


def test_a_source_that_shrinks_leaves_nothing(tmp_path: Path) -> None:
    source = write(tmp_path / "a.ckpt", EVERY_TYPE)
    weights = open_weights(source)
    os.truncate(source, len(EVERY_TYPE) - 200)
    with pytest.raises(CorruptCheckpoint, match=r"byte \d+: the file became shorter"):
        convert(weights, tmp_path / "b.safetensors", "safetensors")
    assert list(tmp_path.iterdir()) == [source]


def test_nothing_is_overwritten_unasked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = open_weights(write(tmp_path / "a.ckpt", EVERY_TYPE))
    target = write(tmp_path / "b.safetensors", b"precious")
    with pytest.raises(UsageProblem, match="already exists"):
        convert(source, target, "safetensors")
    # Another process may write the file after that check.
    target.unlink()
    pieces = conversion.WRITERS["safetensors"]
    monkeypatch.setitem(conversion.WRITERS, "safetensors", lambda w: [write(target, b"precious") and b"", *pieces(w)])
    with pytest.raises(UsageProblem, match="was created by another process"):
        convert(source, target, "safetensors")
    assert target.read_bytes() == b"precious"
    monkeypatch.undo()
    convert(source, target, "safetensors", replace=True)
    assert open_weights(target).tensors.keys() == source.tensors.keys()
    assert len(list(tmp_path.iterdir())) == 2
    with pytest.raises(UsageProblem, match="/dev/null already exists"):
        convert(source, Path("/dev/null"), "safetensors", replace=True)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentProblem, match="none/b: No such file or directory"):
        convert(open_weights(DIGITS_CHECKPOINT), tmp_path / "none" / "b", "safetensors")


@pytest.mark.mindspore
def test_mindspore_reads_what_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mindspore = pytest.importorskip("mindspore")
    monkeypatch.setitem(conversion.WRITERS, "ckpt", lambda weights: to_checkpoint(weights, slice_bytes=16))
    source = open_weights(write(tmp_path / "a.ckpt", EVERY_TYPE))
    convert(source, tmp_path / "b.safetensors", "safetensors")
    convert(open_weights(tmp_path / "b.safetensors"), tmp_path / "c.ckpt", "ckpt")
    for name in ("b.safetensors", "c.ckpt"):
        loaded = mindspore.load_checkpoint(str(tmp_path / name), format=name.split(".")[1])
        texts = {key: loaded.pop(key) for key in source.texts if key in loaded}
        assert texts == (source.texts if name == "c.ckpt" else {})
        assert loaded.keys() == source.tensors.keys()
        for key, tensor in source.tensors.items():
            assert loaded[key].shape == tensor.shape
            assert bytes(loaded[key].get_bytes()) == b"".join(source.chunks(key)), key


@pytest.mark.mindspore
def test_what_mindspore_writes_is_written_alike(tmp_path: Path) -> None:
    mindspore = pytest.importorskip("mindspore")
    values = {"a": mindspore.Tensor([[1.0, 2.0]]), "b": mindspore.Tensor(2.0), "c": mindspore.Tensor([True])}
    pairs = [{"name": name, "data": value} for name, value in values.items()]
    mindspore.save_checkpoint(pairs, str(tmp_path / "a.ckpt"), append_dict={"epoch_num": 3, "note": "text", "no": ""})
    assert b"".join(to_checkpoint(open_weights(tmp_path / "a.ckpt"))) == (tmp_path / "a.ckpt").read_bytes()
