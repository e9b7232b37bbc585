from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubtool.checkpoint import safetensors
from hubtool.checkpoint.convert import convert
from hubtool.checkpoint.formats import open_weights
from hubtool.checkpoint.inspect import inspect
from hubtool.checkpoint.safetensors import Safetensors, list_safetensors
from hubtool.errors import CorruptCheckpoint, UsageProblem
from tests.checkpoint.proto import entry

np = pytest.importorskip("numpy")
peer = pytest.importorskip("safetensors.numpy")

A = '"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}'


def container(header: str, data: bytes = bytes(8)) -> bytes:
    return len(header.encode()).to_bytes(8, "little") + header.encode() + data


def described(dtype: str, shape: object, begin: object, end: object) -> str:
    return json.dumps({"dtype": dtype, "shape": shape, "data_offsets": [begin, end]})


def test_what_the_package_writes_is_read(tmp_path: Path) -> None:
    values = {
        name: np.arange(6).reshape(2, 3).astype(name) for name in ("bool", "uint8", "int64", "float16", "float64")
    }
    values |= {"scalar": np.array(1.5, "float32"), "empty": np.zeros((0, 3), "int16"), "ünï": np.ones(1, "complex64")}
    peer.save_file(values, tmp_path / "a.safetensors", metadata={"format": "pt", "quote": '"\\'})
    weights = Safetensors(tmp_path / "a.safetensors")
    assert weights.metadata == {"format": "pt", "quote": '"\\'}
    assert set(weights.tensors) == set(values)
    for name, value in values.items():
        assert weights.tensors[name].dtype == str(value.dtype)
        np.testing.assert_array_equal(weights.array(name), value)


def test_a_mark_in_the_metadata_makes_packed_integers(tmp_path: Path) -> None:
    (tmp_path / "a.safetensors").write_bytes(
        container(f'{{"__metadata__":{{"a":"Int4"}},"a":{described("I8", [8], 0, 8)}}}')
    )
    assert Safetensors(tmp_path / "a.safetensors").tensors["a"].dtype == "int4"


@pytest.mark.parametrize(
    ("dtype", "shape", "size"),
    [
        ("F8_E8M0", [3], 3),
        ("F6_E2M3", [4, 2], 6),
        ("F6_E3M2", [4], 3),
        ("F4", [2, 32], 32),
        ("F8_E4M3FNUZ", [], 1),
        ("I4", [6], 3),
    ],
)
def test_types_that_cannot_be_read_are_listed(tmp_path: Path, dtype: str, shape: list[int], size: int) -> None:
    path = tmp_path / "a.safetensors"
    header = "{" + A + ',"q":' + described(dtype, shape, 8, 8 + size) + "}"
    path.write_bytes(container(header, bytes(8 + size)))
    weights = open_weights(path)
    tensor = weights.tensors["q"]
    assert (tensor.dtype, tensor.shape, tensor.nbytes) == (dtype, tuple(shape), size)
    assert inspect(weights, with_statistics=True).to_json()["tensors"][1]["statistics"] is None
    with pytest.raises(UsageProblem, match=f"q is {dtype}, which hubtool does not decode"):
        weights.array("q")
    with pytest.raises(UsageProblem, match=f"q is {dtype}, which MindSpore does not load"):
        convert(weights, tmp_path / "a.ckpt", "ckpt")
    path.write_bytes(container(header.replace(f"{8 + size}]", f"{9 + size}]"), bytes(9 + size)))
    with pytest.raises(CorruptCheckpoint, match=f"q has the unknown type '{dtype}'"):
        open_weights(path)


def test_space_and_any_order_are_sound_json() -> None:
    header = (
        ' \n{ "b" : {"shape":[1], "data_offsets":[4,8],\t"dtype":"I32"} ,"a":' + described("U8", [2, 2], 0, 4) + "} "
    )
    with pytest.raises(CorruptCheckpoint, match="byte 8: the header is not a JSON object"):
        list_safetensors(Path("x"), container(header))  # the format asks for { as the first byte
    assert list(list_safetensors(Path("x"), container(header.lstrip())).tensors) == ["b", "a"]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\x01", "byte 0: a header of 1 bytes announced, 0 are left"),
        ((10**15).to_bytes(8, "little") + b"{}", "byte 0: a header of 1000000000000000 bytes announced, 2 are left"),
        (container("{" + " " * (33 << 20) + "}"), "byte 0: a header of 34,603,010 bytes, at most 33,554,432 are read"),
        (container("\x00\x00"), "byte 8: the header is not a JSON object"),
        ((4).to_bytes(8, "little") + b'{"\xff"', "byte 10: the header is not UTF-8"),
        (container("{" + A), "byte 61: a comma or the end"),
        (container("{" + A + "}}"), "byte 62: the header continues after its end"),
        (container("{" + A + "," + A + "}"), "byte 62: a is the name of two tensors"),
        (container("{" + A + ",}"), "byte 62: a string is missing"),
        (container('{"a" 1}'), "byte 13: a colon is missing"),
        (container('{"a":1}'), "byte 13: a has no dtype, shape and data_offsets"),
        (container('{"a":[' * 1000), "byte 13: a has no dtype"),
        (container('{"a":{"dtype":"F32","shape":[2]}}'), "a has no dtype, shape and data_offsets"),
        (container('{"a":{' + " " * 3000 + A[5:] + "}"), "a has no dtype, shape and data_offsets"),
        (container('{"a":' + described("F33", [2], 0, 8) + "}"), "a has the unknown type 'F33'"),
        (container('{"a":' + described("F32", [True, 2], 0, 8) + "}"), "not integers"),
        (container('{"a":' + described("F32", [2.0], 0, 8) + "}"), "not integers"),
        (container('{"a":' + described("F32", 2, 0, 8) + "}"), "not integers"),
        (container('{"a":' + described("F32", [2], -8, 0) + "}"), "the offsets -8 and 0, outside the file"),
        (container('{"a":' + described("F32", [2], 8, 0) + "}"), "the offsets 8 and 0, outside the file"),
        (container('{"a":' + described("F32", [2], 0, 9) + "}"), "the offsets 0 and 9, outside the file"),
        (container('{"a":' + described("F32", [3], 0, 8) + "}"), "12 bytes, but there are 8"),
        (container('{"a":' + described("F32", [-1, -2], 0, 8) + "}"), "negative dimension"),
        (container('{"a":' + described("F32", [10**12], 0, 8) + "}"), "4000000000000 bytes, but there are 8"),
        (container('{"a":' + described("F32", [2**62, 2**62, 0], 0, 0) + "}"), "beyond what can be addressed"),
        (container('{"a":' + described("F32", [1] * 33, 0, 8) + "}"), "33 dimensions"),
        (container('{"a":' + described("U8", [4], 4, 8) + "}"), "byte 71: a follows bytes of no tensor"),
        (container('{"a":' + described("U8", [4], 0, 4) + "}"), "byte 71: 4 bytes that belong to no tensor"),
        (container("{" + A + ',"b":' + described("U8", [4], 4, 8) + "}"), "b overlaps another tensor"),
        (container('{"__metadata__":{"k":1},' + A + "}"), "byte 29: a string is missing"),
        (container('{"__metadata__":{"k":"v"},"__metadata__":{},' + A + "}"), "a second table of metadata"),
        (container('{"' + "a" * 513 + '":1}'), "byte 9: a name of 513 bytes"),
        (container('{"\\ud800":' + A[4:] + "}"), "byte 9: a string that is not sound JSON"),
        (container('{"\n":' + A[4:] + "}"), "byte 9: a string that is not sound JSON"),
        (container('{"\\u001b[2J":1}'), r"\\x1b\[2J has no dtype"),
    ],
)
def test_damage_is_named_with_its_offset(data: bytes, said: str) -> None:
    with pytest.raises(CorruptCheckpoint, match=said) as caught:
        list_safetensors(Path("net.safetensors"), data)
    assert caught.value.message.startswith("net.safetensors: byte ")


def test_there_is_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    header = "{" + ",".join(f'"{name}":{described("U8", [0], 0, 0)}' for name in "abc") + "}"
    assert len(list_safetensors(Path("x"), container(header, b"")).tensors) == 3
    monkeypatch.setattr(safetensors, "MOST_TENSORS", 2)
    with pytest.raises(CorruptCheckpoint, match="more than 2 tensors"):
        list_safetensors(Path("x"), container(header, b""))


def test_a_file_is_known_by_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "misnamed.ckpt"
    path.write_bytes(container("{" + A + "}"))
    assert open_weights(path).format == "safetensors"
    path.write_bytes(entry("{" * 200, [0], "Int8", b"1"))
    assert open_weights(path).format == "ckpt"
    path = tmp_path / "damaged.safetensors"
    path.write_bytes(b"\xff" * 16)
    with pytest.raises(CorruptCheckpoint, match="a header of 18446744073709551615 bytes announced"):
        open_weights(path)


@given(st.binary(max_size=60), st.integers(0, 200), st.integers(0, 20))
def test_any_damage_is_harmless(junk: bytes, at: int, cut: int) -> None:
    sound = container('{"__metadata__":{"k":"v"},' + A + ',"b":' + described("I8", [2, 2], 8, 12) + "}", bytes(12))
    try:
        found = list_safetensors(Path("x"), sound[:at] + junk + sound[at + cut :])
    except CorruptCheckpoint as error:
        assert "byte" in error.message
    else:
        assert sum(tensor.nbytes for tensor in found.tensors.values()) <= len(sound) + len(junk)
