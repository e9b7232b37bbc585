"""Files that people have where a file of weights should be: each is named for what it is."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import pickle
import tarfile
import zipfile
import zlib
from importlib.util import find_spec
from pathlib import Path

import pytest

from hubtool.checkpoint.formats import open_weights
from hubtool.checkpoint.reader import Checkpoint
from hubtool.errors import CorruptCheckpoint
from hubtool.network.onnx import require_onnx
from tests.checkpoint.proto import entry, field
from tests.checkpoint.test_safetensors import container, described
from tests.command import Hubtool

GOOD = entry("a", [2], "Float32", bytes(8))
LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 102400000\n"
S3 = b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code><Message>Denied</Message></Error>'
SHARDS = {"metadata": {"total_size": 8}, "weight_map": {"a": "m-1-of-2.safetensors", "b": "m-2-of-2.safetensors"}}
PADDLE_PROGRAM = b"\x0a\x8c\x02\x08\x00\x10" + b"\xff" * 9 + b"\x01" + b"\x1a\x10\x0a\x04feed"


def zipped(*names: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name in names:
            archive.writestr(name, bytes(300))
    return stream.getvalue()


def tarred(*names: str) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name in names:
            archive.addfile(tarfile.TarInfo(name))
    return stream.getvalue()


def gzipped() -> bytes:
    stream = io.BytesIO()
    with gzip.GzipFile("net.ckpt", "wb", fileobj=stream) as packed:
        packed.write(GOOD)
    return stream.getvalue()


FILES: dict[str, tuple[bytes, str]] = {
    # pointers
    "lfs": (LFS, "a Git LFS pointer to a file elsewhere (102,400,000 bytes, sha256:4d7a2146)"),
    "lfs with CRLF": (LFS.replace(b"\n", b"\r\n"), "a Git LFS pointer to a file elsewhere (102,400,000 bytes"),
    "hawser": (b"version https://hawser.github.com/spec/v1\n", "a Git LFS pointer"),
    "annex": (b"../.git/annex/objects/8X/1z/MD5E-s1--d41d8.ckpt/MD5E-s1--d41d8.ckpt\n", "a git-annex pointer"),
    "a link as text": (b"../../blobs/4d7a2146aa", "a symbolic link that became a text: '../../blobs/4d7a2146aa'"),
    "dvc with more": (b"md5: aa\nfrozen: true\nouts:\n- path: net.ckpt\n", "a DVC pointer"),
    "dvc": (b"outs:\n- md5: d41d8\n  path: net.ckpt\n", "a DVC pointer"),
    # pages and answers
    "html": (b"<!DOCTYPE html><html><title>Sign in</title>", "an HTML page: 'Sign in'"),
    "html with BOM": (b"\xef\xbb\xbf\r\n<!-- x --><HTML lang='zh'>\xe7\x99\xbb</HTML>", "an HTML page: '\u767b'"),
    "html in utf-16": ("<html>Sign in".encode("utf-16"), "an HTML page: 'Sign in'"),
    "html in GBK": ("<html><title>\u767b\u5f55</title>".encode("gbk"), "an HTML page"),
    "xml": (S3, "XML: 'AccessDenied Denied'"),
    "json error": (b'{"error":"Repository not found"}', 'a server\'s answer in JSON: \'{"error":"Repository'),
    "endless comments": (b"<!---->" * 9000, "XML"),
    "json": (b"[1, 2]", "JSON: '[1, 2]'"),
    "text": (b"Entry not found", "a text that begins with 'Entry not found'"),
    "config": (b'{"architectures": ["ViT"], "model_type": "vit"}', "the JSON configuration of a model"),
    "notebook": (b'{"cells": [], "nbformat": 4}', "a Jupyter notebook"),
    "shards": (
        json.dumps(SHARDS).encode(),
        "a JSON index of shards, the files that hold the weights (m-1-of-2.safetensors, m-2-of-2.safetensors)",
    ),
    "parts": (b'{"a": "part0.safetensors", "b": "part1.safetensors"}', "a JSON index of shards, the files that hold"),
    "headers": (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n" + GOOD, "a server's answer with its headers"),
    # PyTorch, numpy, Paddle
    "torch tar": (tarred("sys_info", "pickle", "storages"), "a PyTorch checkpoint (the tar format"),
    "pt2": (zipped("net/archive_format", "net/data/weights/weight_0"), "a network exported by PyTorch (pt2)"),
    "torch zip": (zipped("archive/data.pkl", "archive/data/0", "archive/version"), "a PyTorch checkpoint (zip)"),
    "torchscript": (zipped("net/data.pkl", "net/code/__torch__.py", "net/constants.pkl"), "a TorchScript network"),
    "torch legacy": (pickle.dumps(0x1950A86A20F9469CFC6C, 2) + b"\x80\x02", "a PyTorch checkpoint (the format before"),
    "torch pickle": (pickle.dumps("torch._utils", 2), "a PyTorch pickle"),
    "pickle": (pickle.dumps({"a": 1}, 4), "a Python pickle"),
    "pickle 0": (b"(dp0\nS'a'\np1\n.", "a Python pickle"),
    "paddle": (pickle.dumps({"a": bytes(9), "StructuredToParameterName@@": {}}, 4), "a Paddle checkpoint"),
    "paddle network": (PADDLE_PROGRAM, "a Paddle network (pdmodel)"),
    "paddle parameters": (bytes(16) + b"\x04\0\0\0\x08\x05\x10\x03" + bytes(12), "a Paddle file of parameters"),
    "npz": (zipped("conv1.npy", "fc.npy"), "a numpy archive (npz)"),
    "npy": (b"\x93NUMPY\x01\0v\0{'descr': '<f4'}", "a numpy array (npy)"),
    # TensorFlow, Keras, JAX, others
    "hdf5": (b"\x89HDF\r\n\x1a\n" + bytes(40), "an HDF5 file"),
    "hdf5 behind a block": (b"MATLAB 7.3 MAT-file" + bytes(493) + b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
    "keras": (zipped("metadata.json", "config.json", "model.weights.h5"), "a Keras model"),
    "saved model": (b"\x08\x01\x12\xb1\x83\x02\x0a\x20\x0a\x05Const", "a TensorFlow SavedModel"),
    "tf index": (bytes(80) + b"\x57\xfb\x80\x8b\x24\x75\x47\xdb", "the index of a TensorFlow checkpoint"),
    "tf list": (b'model_checkpoint_path: "model.ckpt-1"\n', "TensorFlow's list of checkpoints"),
    "tf graph": (field(1, field(1, b"input") + field(2, b"Placeholder")), "a TensorFlow graph (pb)"),
    "tflite": (b"\x1c\0\0\0TFL3" + bytes(20), "a TensorFlow Lite network"),
    "flax": (b"\x82\xa4step\x01\xa6params\x80", "a msgpack file, such as Flax writes"),
    "mxnet": (b"\x12\x01" + bytes(14), "an MXNet file of parameters"),
    "gguf": (b"GGUF\x03\0\0\0" + bytes(8), "a GGUF file of llama.cpp"),
    "ggml": (b"tjgg\x03\0\0\0", "a GGML file of llama.cpp"),
    # networks
    "onnx": (b"\x08\x08\x12\x07pytorch\x1a\x052.1.0:\x04", "an ONNX file"),
    "onnx without a producer": (b"\x08\x0e:3\x0a\x0c\x0a\x01x", "an ONNX file"),
    "mindir": (b"\x0a\x031.0\x12\x09MindSpore*\x052.8.0", "a MindIR file: a network for MindSpore"),
    "mindspore lite": (b"\x24\0\0\0MSL2" + bytes(20), "a MindSpore Lite network"),
    "om": (b"IMOD" + bytes(40), "an offline model for Ascend (om)"),
    "openvino": (b'<?xml version="1.0"?><net name="n" version="11"><layers></layers></net>', "an OpenVINO network"),
    "core ml": (b"\x08\x04" + field(2, field(1, field(1, b"input image") + field(3, b"\x22\0"))), "a Core ML network"),
    "core ml, first version": (b"\x08\x01" + field(2, field(1, field(1, b"image"))), "a Core ML network"),
    "caffe": (field(1, b"ResNet-50") + field(100, field(1, b"data") + field(2, b"Input")), "a Caffe network"),
    "caffe, first layers": (field(1, b"CaffeNet") + field(2, field(4, b"data")), "a Caffe network"),
    "tensorrt": (b"ftrt" + bytes(range(60)), "a TensorRT engine"),
    "executorch": (b"\x1c\0\0\0ET12" + bytes(20), "an ExecuTorch network"),
    "darknet": (bytes(4) + b"\2\0\0\0\5\0\0\0" + b"\x12\x34\x56\x3d" * 9, "a Darknet file of weights"),
    # packed
    "tar": (tarred("bit/net.ckpt"), "a tar archive that begins with 'bit/net.ckpt'"),
    "gzip": (gzipped(), "a gzip file of 'net.ckpt'"),
    "gzip without a name": (gzip.compress(GOOD), "a gzip file"),
    "zip": (zipped("net.ckpt"), "a zip archive"),
    "7z": (b"7z\xbc\xaf\x27\x1c\0\4", "a 7z archive"),
    "rar": (b"Rar!\x1a\x07\x01\0", "a RAR archive"),
    "xz": (lzma.compress(GOOD), "an xz file"),
    "bz2": (bz2.compress(GOOD), "a bzip2 file"),
    "zstd": (b"\x28\xb5\x2f\xfd\x04\0", "a Zstandard file"),
    "zlib": (zlib.compress(GOOD), "a zlib stream, such as joblib writes"),
    "lzma": (lzma.compress(GOOD, lzma.FORMAT_ALONE), "an lzma file"),
    # other
    "few zeros": (bytes(100), "nothing but zeros at its start"),
    "matlab": (b"MATLAB 5.0 MAT-file, Platform: GLNXA64", "a MATLAB file"),
    "parquet": (b"PAR1\x15\x04\x15\x80PAR1", "a table of data"),
    "sqlite": (b"SQLite format 3\0\x10\0\1\1", "a SQLite database"),
    "webp": (b"RIFF\x24\0\0\0WEBPVP8 ", "a picture"),
    "aria2": (b"\0\1" + bytes(9) + b"\x10\0\0" + bytes(6) + b"\6\x19", "aria2's notes about an unfinished download"),
    "zeros": (bytes(4096), "nothing but zeros at its start"),
    "picture": (b"\x89PNG\r\n\x1a\n" + bytes(9), "a picture"),
    "pdf": (b"%PDF-1.7\n%\xe2", "a PDF document"),
    "apple double": (b"\0\5\x16\7\0\2\0\0Mac OS X", "what macOS keeps beside a file"),
}


@pytest.mark.parametrize("suffix", ["ckpt", "safetensors"])
@pytest.mark.parametrize("name", FILES)
def test_a_file_is_named_for_what_it_is(tmp_path: Path, name: str, suffix: str) -> None:
    data, what = FILES[name]
    path = tmp_path / f"net.{suffix}"
    path.write_bytes(data)
    with pytest.raises(CorruptCheckpoint) as caught:
        open_weights(path)
    assert caught.value.message.startswith(f"{path}: this is {what}")
    assert caught.value.hint


def test_what_has_no_signature_is_known_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "model.ckpt.data-00000-of-00001"
    path.write_bytes(b"\x9b" * 64)
    with pytest.raises(CorruptCheckpoint, match="this is the values of a TensorFlow checkpoint"):
        open_weights(path)


def test_the_other_format_is_named_or_read(tmp_path: Path) -> None:
    wrong = tmp_path / "net.ckpt"
    wrong.write_bytes(container('{"a":' + described("U8", [8], 0, 8) + "}"))
    with pytest.raises(CorruptCheckpoint, match="this is a safetensors file, not a MindSpore checkpoint"):
        Checkpoint(wrong)
    renamed = tmp_path / "net.safetensors"
    renamed.write_bytes(GOOD)
    assert open_weights(renamed).format == "ckpt"


@pytest.mark.parametrize("cut", [1, 9, len(GOOD) - 1])
def test_a_damaged_checkpoint_is_damaged_and_nothing_else(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "net.ckpt"
    path.write_bytes(GOOD[:cut])
    with pytest.raises(CorruptCheckpoint, match="byte "):
        open_weights(path)


def test_what_onnx_writes(tmp_path: Path) -> None:
    if find_spec("onnx") is None:
        pytest.skip("onnx is not installed")
    onnx = require_onnx("test")  # as hubtool imports it: MindSpore, which may be imported later, needs a word before
    helper = onnx.helper
    values = [helper.make_tensor_value_info(name, 1, [1]) for name in "xy"]
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "g", values[:1], values[1:])
    for producer in ("", "pytorch"):
        path = tmp_path / "net.ckpt"
        onnx.save(helper.make_model(graph, producer_name=producer), str(path))
        with pytest.raises(CorruptCheckpoint, match="this is an ONNX file"):
            open_weights(path)


@pytest.mark.parametrize("args", [("inspect",), ("export", "--to", "onnx"), ("export", "--to", "safetensors")])
def test_commands_say_it_and_what_to_do(hubtool: Hubtool, args: tuple[str, ...]) -> None:
    (hubtool.folder / "net.ckpt").write_bytes(LFS)
    result = hubtool(args[0], "net.ckpt", *args[1:])
    assert (result.code, result.out) == (5, "")
    assert "net.ckpt: this is a Git LFS pointer to a file elsewhere" in result.err
    assert "hint: get the file itself: git lfs pull" in result.err
