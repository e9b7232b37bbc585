from __future__ import annotations

import importlib.util
import math
import os
import struct
import sys
from pathlib import Path

import pytest

from hubtool.checkpoint.reader import Checkpoint
from hubtool.checkpoint.safetensors import Safetensors
from hubtool.network.bit.spec import parameter_shapes
from hubtool.network.head import resized
from hubtool.network.registry import spec_named
from tests.checkpoint.proto import entry
from tests.conftest import DIGITS_CHECKPOINT, Hubtool, HubtoolProcess, edit, flip_byte
from tests.network.zoo import saved
from tests.zoo import pictures, zoo_checkpoint


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


@pytest.mark.parametrize("to", ["safetensors", "onnx", "mindir"])
@pytest.mark.parametrize("at", [0, -1_990_000])
def test_damage_exits_5_and_leaves_nothing(hubtool: Hubtool, at: int, to: str) -> None:
    path = hubtool.folder / "damaged.ckpt"
    path.write_bytes(DIGITS_CHECKPOINT.read_bytes()[: at or None])
    if not at:
        flip_byte(path, 0)
    result = hubtool("export", path, "--to", to)
    assert (result.code, result.out) == (5, "")
    assert "byte" in result.err
    assert list(hubtool.folder.iterdir()) == [path]


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (("a.ckpt", "--to", "ckpt"), 2, "a.ckpt: already a ckpt file"),
        (("a.ckpt", "--to", "torch"), 2, "'torch' is not one of 'onnx', 'mindir', 'safetensors', 'ckpt'"),
        (("a.ckpt", "--to", "onnx"), 5, "a.ckpt: not the weights of a known network: none has a tensor called a"),
        (("a.ckpt", "--to", "onnx"), 5, "hubtool knows bit_resnet50, bit_resnet101, bit_resnet50x3, bit_digits"),
        (("a.ckpt", "--to", "mindir", "-o", "none/b"), 6, "none/b: No such file or directory"),
        (("a.ckpt", "--to", "onnx", "-o", "hifloat8.ckpt"), 2, "hifloat8.ckpt already exists"),
        (
            ("a.ckpt", "--to", "onnx", "--network", "bit_digits"),
            5,
            "a.ckpt: not a checkpoint of bit_digits: 35 missing",
        ),
        (("a.ckpt", "--to", "onnx", "--network", "none"), 2, "hubtool cannot build the network none"),
        (("a.ckpt", "--to", "safetensors", "--network", "bit_digits"), 2, "--network: a safetensors file keeps every"),
        (("bit_digits", "--to", "onnx", "--network", "bit_digits"), 2, "the card hubtool/1.0/bit_digits says which"),
        (("none.ckpt", "--to", "onnx"), 3, "none.ckpt: no such file"),
        (("bit_resnet50", "--to", "onnx"), 3, "hubtool pull bit_resnet50"),
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


@pytest.mark.parametrize(
    ("to", "module"), [("onnx", "onnxruntime"), pytest.param("mindir", "mindspore", marks=pytest.mark.mindspore)]
)
def test_a_network_by_name_and_by_file(hubtool_process: HubtoolProcess, to: str, module: str) -> None:
    pytest.importorskip(module)
    result = hubtool_process("export", "bit_digits", "--to", to)
    written = hubtool_process.folder / f"{DIGITS_CHECKPOINT.stem}.{to}"
    assert (result.code, result.out, result.err) == (0, f"{written.name}\n", "")
    assert written.stat().st_size > 4 * 498_922
    assert written.stat().st_mode & 0o777 == 0o666 & ~umask()
    result = hubtool_process("export", DIGITS_CHECKPOINT, "--to", to, "-o", written)
    assert result.code == 2
    assert f"{written} already exists" in result.err
    written.write_text("old")
    assert hubtool_process("export", DIGITS_CHECKPOINT, "--to", to, "--force").code == 0
    assert written.stat().st_size > 4 * 498_922
    assert [path.name for path in hubtool_process.folder.iterdir()] == [written.name]


def umask() -> int:
    before = os.umask(0)
    os.umask(before)
    return before


@pytest.mark.parametrize("to", ["onnx", "mindir"])
@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([float("nan")], "1 not finite: classifier.bias (1 values)"),
        ([float("-inf"), float("inf")], "1 not finite: classifier.bias (2 values)"),
    ],
)
def test_values_that_are_not_finite(hubtool: Hubtool, to: str, values: list[float], said: str) -> None:
    path = hubtool.folder / "diverged.ckpt"
    data = bytearray(DIGITS_CHECKPOINT.read_bytes())
    start = Checkpoint(DIGITS_CHECKPOINT).tensors["classifier.bias"].extents[0].start
    struct.pack_into(f"<{len(values)}f", data, start, *values)
    path.write_bytes(data)
    result = hubtool("export", path, "--to", to)
    assert (result.code, result.out) == (5, "")
    assert f"diverged.ckpt: {said}" in result.err
    assert list(hubtool.folder.iterdir()) == [path]


def test_a_crc_that_disagrees(hubtool: Hubtool) -> None:
    path = hubtool.folder / "wrong.ckpt"
    path.write_bytes(DIGITS_CHECKPOINT.read_bytes() + b"crc_num" + bytes(10))
    result = hubtool("export", path, "--to", "onnx")
    assert (result.code, result.out) == (5, "")
    assert "the CRC-32 here is 00000000" in result.err
    assert list(hubtool.folder.iterdir()) == [path]


def test_weights_in_a_safetensors_file(hubtool: Hubtool) -> None:
    hubtool("export", "bit_digits", "--to", "safetensors", "-o", "weights.safetensors")
    assert hubtool("export", "weights.safetensors", "--to", "onnx", "-o", "a.onnx").code == 0
    assert hubtool("export", DIGITS_CHECKPOINT, "--to", "onnx", "-o", "b.onnx").code == 0
    assert logits(hubtool.folder / "a.onnx") == logits(hubtool.folder / "b.onnx")


@pytest.mark.parametrize("more", [(), ("--network", "BiT_digits")])
def test_a_file_with_another_number_of_classes(hubtool: Hubtool, more: tuple[str, ...]) -> None:
    pytest.importorskip("onnxruntime")
    shapes = parameter_shapes(resized(spec_named("bit_digits"), 7))
    data = (entry(name, list(shape), "Float32", bytes(4 * math.prod(shape))) for name, shape in shapes.items())
    (hubtool.folder / "net.ckpt").write_bytes(b"".join(data))
    result = hubtool("export", "net.ckpt", "--to", "onnx", *more)
    assert (result.code, result.out, result.err) == (0, "net.onnx\n", "")
    assert logits(hubtool.folder / "net.onnx") == [0] * 7


def logits(path: Path) -> list[float]:
    np, onnxruntime = pytest.importorskip("numpy"), pytest.importorskip("onnxruntime")
    images = np.random.default_rng(0).normal(size=(1, 1, 32, 32)).astype("float32")
    return onnxruntime.InferenceSession(str(path)).run(None, {"images": images})[0][0].tolist()


@pytest.mark.mindspore
def test_a_network_of_mindcv(hubtool: Hubtool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    onnxruntime, np = pytest.importorskip("onnxruntime"), pytest.importorskip("numpy")
    pytest.importorskip("mindcv")
    weights = zoo_checkpoint("squeezenet1_0", tmp_path)
    result = hubtool("export", weights, "--to", "onnx", "-o", "first.onnx")
    assert (result.code, result.out, result.err) == (0, "first.onnx\n", "")
    monkeypatch.setattr("hubtool.network.mindcv.graph.exported", None)  # what MindSpore exported is in the cache
    assert hubtool("export", weights, "--to", "onnx", "-o", "second.onnx").code == 0
    files = [hubtool.folder / name for name in ("first.onnx", "second.onnx")]
    assert files[0].read_bytes() == files[1].read_bytes()
    assert sorted(hubtool.folder.iterdir()) == files
    session = onnxruntime.InferenceSession(str(files[0]))
    assert session.get_modelmeta().custom_metadata_map["network"] == "squeezenet1_0"
    images = pictures(3, 224)
    (together,) = session.run(None, {"images": images})
    for number, image in enumerate(images):
        (alone,) = session.run(None, {"images": image[None]})
        np.testing.assert_allclose(alone, together[number : number + 1], atol=1e-4)


@pytest.mark.mindspore
def test_a_network_of_mindcv_without_mindcv(hubtool: Hubtool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("mindcv")
    weights = saved(tmp_path, spec_named("squeezenet1_0")).path
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "mindcv" else found(name))
    result = hubtool("export", weights, "--to", "onnx")
    assert (result.code, result.out) == (6, "")
    assert "MindCV is needed to build squeezenet1_0 and is not installed: pip install 'hubtool[zoo]'" in (
        " ".join(result.err.split())
    )
    assert list(hubtool.folder.iterdir()) == []


def test_a_card_whose_network_hubtool_does_not_build(hubtool: Hubtool, cards: Path) -> None:
    edit(cards / "bit_digits.md", "model-name: bit_digits", "model-name: other")
    result = hubtool("export", "other", "--to", "onnx", "--cards", cards)
    assert (result.code, result.out) == (2, "")
    assert "hubtool cannot build the network other" in result.err
    assert list(hubtool.folder.iterdir()) == []


@pytest.mark.parametrize(
    ("to", "module", "extra"),
    [("onnx", "onnx", "eval"), ("mindir", "mindspore", "mindspore"), ("onnx", "numpy", "eval")],
)
def test_a_library_that_is_not_installed(
    hubtool: Hubtool, to: str, module: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    result = hubtool("export", "bit_digits", "--to", to)
    assert (result.code, result.out) == (6, "")
    assert f"{module} is needed to" in result.err
    assert f"pip install 'hubtool[{extra}]'" in result.err
    assert list(hubtool.folder.iterdir()) == []
