from __future__ import annotations

import pytest

from hubtool.checkpoint.reader import Checkpoint
from hubtool.checkpoint.safetensors import Safetensors
from tests.checkpoint.proto import entry
from tests.conftest import DIGITS_CHECKPOINT, Hubtool, flip_byte


def test_a_name_there_and_back(hubtool: Hubtool) -> None:
    result = hubtool("export", "bit_digits", "--to", "safetensors", "--no-progress")
    written = DIGITS_CHECKPOINT.with_suffix(".safetensors").name
    assert (result.code, result.out, result.err) == (0, f"{written}\n", "")
    assert list(Safetensors(hubtool.folder / written).tensors) == list(Checkpoint(DIGITS_CHECKPOINT).tensors)
    result = hubtool("export", written, "--to", "ckpt", "-o", "back.ckpt", "-q")
    assert (result.code, result.out, result.err) == (0, "back.ckpt\n", "")
    assert (hubtool.folder / "back.ckpt").read_bytes() == DIGITS_CHECKPOINT.read_bytes()


def test_nothing_is_overwritten_unasked(hubtool: Hubtool) -> None:
    target = hubtool.folder / "kept.safetensors"
    target.write_text("precious")
    args = ("export", DIGITS_CHECKPOINT, "--to", "safetensors", "--output", target)
    result = hubtool(*args)
    assert (result.code, result.out) == (2, "")
    assert f"{target} already exists" in result.err
    assert target.read_text() == "precious"
    assert hubtool(*args, "--force").code == 0
    assert len(Safetensors(target).tensors) == 35


@pytest.mark.parametrize("at", [0, -1_990_000])
def test_damage_exits_5_and_leaves_nothing(hubtool: Hubtool, at: int) -> None:
    path = hubtool.folder / "damaged.ckpt"
    path.write_bytes(DIGITS_CHECKPOINT.read_bytes()[: at or None])
    if not at:
        flip_byte(path, 0)
    result = hubtool("export", path, "--to", "safetensors")
    assert (result.code, result.out) == (5, "")
    assert "byte" in result.err
    assert list(hubtool.folder.iterdir()) == [path]


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (("a.ckpt", "--to", "ckpt"), 2, "a.ckpt: already a ckpt file"),
        (("a.ckpt", "--to", "onnx"), 2, "'onnx' is not one of 'safetensors', 'ckpt'"),
        (("a.ckpt",), 2, "Missing option '--to'"),
        (("a.ckpt", "--to", "safetensors", "-o", "none/b"), 6, "none/b: No such file or directory"),
        (("a.ckpt", "--to", "safetensors", "-o", "."), 2, ". already exists"),
        (("none.ckpt", "--to", "safetensors"), 3, "none.ckpt: no such file"),
        (("bit_resnet50", "--to", "safetensors"), 3, "hubtool pull bit_resnet50"),
        (("hifloat8.ckpt", "--to", "safetensors"), 2, "a is hifloat8, a type that safetensors files do not have"),
    ],
)
def test_what_cannot_be_done(hubtool: Hubtool, args: tuple[str, ...], code: int, said: str) -> None:
    (hubtool.folder / "a.ckpt").write_bytes(entry("a", [1], "Int8", b"1"))
    (hubtool.folder / "hifloat8.ckpt").write_bytes(entry("a", [1], "HiFloat8", b"1"))
    result = hubtool("export", *args)
    assert (result.code, result.out) == (code, "")
    assert said in result.err
    assert len(list(hubtool.folder.iterdir())) == 2
