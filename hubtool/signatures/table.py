"""The table of signatures: files that people have where a file of weights should be."""

from __future__ import annotations

import re
from collections.abc import Callable

from hubtool.signatures.sample import Kind, Sample
from hubtool.signatures.text import text_kind, visible_start

_OTHER_FRAMEWORK = "hubtool reads MindSpore checkpoints and safetensors files: convert it to one of them"
_PICKLE = "load it with the library that wrote it, and save the tensors as a safetensors file; a pickle can run code"
_NETWORK = "this is a whole network: look for the file of weights it was made from"
_PACKED = "unpack it, and name the file inside"
_AGAIN = "get the file again"

_TORCH_LEGACY = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19"
_HDF5 = b"\x89HDF\r\n\x1a\n"
_LEVELDB_END = b"\x57\xfb\x80\x8b\x24\x75\x47\xdb"
_TENSORFLOW_SHARD = re.compile(r"\.data-\d{5}-of-\d{5}$")
_PADDLE_NAMES = b"StructuredToParameterName@@"
_PADDLE_PROGRAM = b"\x08\x00\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"  # its first block: number 0, no parent
_LENGTH = rb"[\x80-\xff]{0,3}[\x01-\x7f]"  # of a message of protocol buffers
_COREML = re.compile(rb"\x08[\x01-\x14]\x12%b\x0a%b\x0a.[\w./ -]" % (_LENGTH, _LENGTH), re.DOTALL)  # version, inputs
_CAFFE = re.compile(rb"\x0a.[\w./-]+(?:\x12|\xa2\x06).{1,5}?(?:\x0a|\x22).[\w./-]+", re.DOTALL)  # a name, then a layer
_ONNX = re.compile(rb"\x08[\x01-\x40](?:\x12(?:\x00|.[ -~])|[\x1a:B])", re.DOTALL)  # version, then the producer or more
_MSGPACK_MAP = re.compile(rb"[\x81-\x8f][\xa1-\xbf][ -~]")
_MINDIR = re.compile(rb"\x0a.[\d.]+\x12.MindSpore", re.DOTALL)
_GRAPHDEF = re.compile(rb"\x0a[^\x00]{1,3}\x0a.[\w./-]+\x12.[A-Z]\w+", re.DOTALL)
_CHECKPOINT = re.compile(rb"\x0a[^\x00]{1,10}\x0a.{1,2}[\w./-]+\x12.{1,5}(?:\x08|\x12)", re.DOTALL)

Test = Callable[[Sample], bool]


def what_it_is(sample: Sample) -> Kind | None:
    """What a file is; None where its bytes do not tell."""
    if _is_safetensors(sample):
        return Kind("a safetensors file", "call it .safetensors", "safetensors")
    if _CHECKPOINT.match(sample.head[:1024]):
        return Kind("a MindSpore checkpoint", "call it .ckpt", "ckpt")
    for test, what, hint in _TABLE:
        if test(sample):
            return Kind(what(sample) if callable(what) else what, hint)
    return text_kind(sample)


def _starts(*magics: bytes) -> Test:
    return lambda sample: sample.head.startswith(magics)


def _has(magic: bytes, at: int) -> Test:
    return lambda sample: sample.head[at : at + len(magic)] == magic


def _zip_with(*names: bytes) -> Test:
    return lambda sample: sample.head.startswith(b"PK\x03\x04") and sample.mentions(*names)


def _pickle_with(*names: bytes) -> Test:
    return lambda sample: _is_pickle(sample) and sample.mentions(*names)


def _is_pickle(sample: Sample) -> bool:
    return sample.head[:1] == b"\x80" and sample.head[1:2] in {b"\x02", b"\x03", b"\x04", b"\x05"}


def _matches(pattern: re.Pattern[bytes]) -> Test:
    return lambda sample: pattern.match(sample.head[:1024]) is not None


def _is_safetensors(sample: Sample) -> bool:
    length = int.from_bytes(sample.head[:8], "little")
    return sample.head[8:9] == b"{" and sample.size is not None and length <= sample.size - 8


def _is_saved_model(sample: Sample) -> bool:
    """A protocol buffer of schema version 1, then a message that begins with the list of operators."""
    starts = sample.head.startswith(b"\x08\x01\x12") and b"\x0a" in sample.head[4:9]
    return starts and sample.mentions(b"Const", b"NoOp", b"Placeholder", b"VarHandleOp", b"RestoreV2")


def _is_darknet(sample: Sample) -> bool:
    """Version 0.1 or 0.2, then the number of images seen."""
    return sample.head[:8] in {b"\0\0\0\0\x01\0\0\0", b"\0\0\0\0\x02\0\0\0"} and len(sample.head) >= 20


def _is_paddle_tensors(sample: Sample) -> bool:
    """Version 0, no levels of detail, version 0, then the length of a message that begins with its type."""
    head = sample.head
    return len(head) > 21 and not any(head[:16]) and any(head[16:20]) and head[20:21] == b"\x08"


def _is_tensorflow_shard(sample: Sample) -> bool:
    return _TENSORFLOW_SHARD.search(sample.name) is not None


def _is_empty_space(sample: Sample) -> bool:
    return len(sample.head) >= 16 and not any(sample.head)


def _tar_name(sample: Sample) -> str:
    return f"a tar archive that begins with {visible_start(sample.head[:100].partition(bytes(1))[0])}"


def _gzip_name(sample: Sample) -> str:
    has_name = len(sample.head) > 10 and sample.head[3] & 0x0C == 0x08  # a name, and nothing before it
    name = visible_start(sample.head[10:200].partition(bytes(1))[0]) if has_name else ""
    return f"a gzip file of {name}" if name else "a gzip file"


# The first row that fits counts, so what is more exact stands first.
_TABLE: tuple[tuple[Test, str | Callable[[Sample], str], str], ...] = (
    (_zip_with(b"constants.pkl", b"/code/"), "a TorchScript network of PyTorch", _NETWORK),
    (_zip_with(b"/data.pkl", b"data.pkl"), "a PyTorch checkpoint (zip)", _PICKLE),
    (_zip_with(b"archive_format", b"data/weights/"), "a network exported by PyTorch (pt2)", _NETWORK),
    (_zip_with(b"model.weights.h5"), "a Keras model", _OTHER_FRAMEWORK),
    (_zip_with(b"saved_model.pb"), "a zip archive of a TensorFlow SavedModel", _OTHER_FRAMEWORK),
    (_zip_with(b".npy"), "a numpy archive (npz)", _OTHER_FRAMEWORK),
    (_starts(b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"), "a zip archive", _PACKED),
    (_starts(_TORCH_LEGACY), "a PyTorch checkpoint (the format before version 1.6, a pickle)", _PICKLE),
    (_pickle_with(_PADDLE_NAMES, b"paddle"), "a Paddle checkpoint (pickle)", _PICKLE),
    (_pickle_with(b"torch"), "a PyTorch pickle", _PICKLE),
    (_is_pickle, "a Python pickle", _PICKLE),
    (_starts(b"(dp0\n", b"(lp0\n", b"ccopy_reg\n", b"ccollections\n"), "a Python pickle", _PICKLE),
    (_starts(_HDF5), "an HDF5 file, such as Keras writes", _OTHER_FRAMEWORK),
    (_has(_HDF5, 512), "an HDF5 file, such as MATLAB writes", _OTHER_FRAMEWORK),
    (_starts(b"GGUF"), "a GGUF file of llama.cpp", _OTHER_FRAMEWORK),
    (_starts(b"lmgg", b"tjgg", b"fmgg", b"algg"), "a GGML file of llama.cpp", _OTHER_FRAMEWORK),
    (_starts(b"\x93NUMPY"), "a numpy array (npy)", _OTHER_FRAMEWORK),
    (_has(b"TFL3", 4), "a TensorFlow Lite network", _NETWORK),
    (_has(b"ET1", 4), "an ExecuTorch network", _NETWORK),
    (_has(b"MSL", 4), "a MindSpore Lite network", _NETWORK),
    (_starts(b"IMOD"), "an offline model for Ascend (om)", _NETWORK),
    (_starts(b"ftrt", b"ptrt"), "a TensorRT engine", _NETWORK),
    (_starts(b"RKNN"), "an RKNN network", _NETWORK),
    (_matches(_MINDIR), "a MindIR file: a network for MindSpore", _NETWORK),
    (_is_saved_model, "a TensorFlow SavedModel", _OTHER_FRAMEWORK),
    (_matches(_COREML), "a Core ML network", _NETWORK),
    (_matches(_ONNX), "an ONNX file", _NETWORK),
    (lambda sample: _PADDLE_PROGRAM in sample.head[:24], "a Paddle network (pdmodel)", _NETWORK),
    (_is_paddle_tensors, "a Paddle file of parameters", _OTHER_FRAMEWORK),
    (lambda sample: sample.tail.endswith(_LEVELDB_END), "the index of a TensorFlow checkpoint", _OTHER_FRAMEWORK),
    (_is_darknet, "a Darknet file of weights", _OTHER_FRAMEWORK),
    (_is_tensorflow_shard, "the values of a TensorFlow checkpoint", _OTHER_FRAMEWORK),
    (_starts(b"\x12\x01\0\0\0\0\0\0"), "an MXNet file of parameters", _OTHER_FRAMEWORK),
    (_starts(b"\x1f\x8b"), _gzip_name, "unpack it with gunzip"),
    (_starts(b"BZh"), "a bzip2 file", _PACKED),
    (_starts(b"\xfd7zXZ\0"), "an xz file", _PACKED),
    (_starts(b"\x28\xb5\x2f\xfd"), "a Zstandard file", _PACKED),
    (_starts(b"\x04\x22\x4d\x18"), "an lz4 file", _PACKED),
    (_starts(b"7z\xbc\xaf\x27\x1c"), "a 7z archive", _PACKED),
    (_starts(b"Rar!\x1a\x07"), "a RAR archive", _PACKED),
    (_starts(b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda"), "a zlib stream, such as joblib writes", _PICKLE),
    (_starts(b"\x5d\0\0"), "an lzma file", _PACKED),
    (_starts(b"\x1f\x9d"), "a file packed by compress (.Z)", _PACKED),
    (_starts(b"sys_info\0"), "a PyTorch checkpoint (the tar format before version 0.1.10)", _PICKLE),
    (_has(b"ustar", 257), _tar_name, _PACKED),
    (_starts(b"%PDF-"), "a PDF document", _AGAIN),
    (_starts(b"\x89PNG\r\n", b"\xff\xd8\xff", b"GIF8"), "a picture", _AGAIN),
    (_has(b"WEBP", 8), "a picture", _AGAIN),
    (_has(b"ftyp", 4), "a video", _AGAIN),
    (_starts(b"MATLAB 5.0 MAT-file"), "a MATLAB file", _OTHER_FRAMEWORK),
    (_starts(b"PAR1", b"ARROW1\0\0"), "a table of data (Parquet or Arrow)", _AGAIN),
    (_starts(b"SQLite format 3\0"), "a SQLite database", _AGAIN),
    (_starts(b"\0\1" + bytes(8)), "aria2's notes about an unfinished download", "finish the download with aria2"),
    (
        _starts(b"HTTP/1.", b"HTTP/2"),
        "a server's answer with its headers",
        "get the file without them: curl -o, not -i",
    ),
    (_starts(b"\0\5\x16\7"), "what macOS keeps beside a file (AppleDouble)", "name the file without ._ before it"),
    (_starts(b"\x7fELF", b"MZ"), "a program", _AGAIN),
    (_is_empty_space, "nothing but zeros at its start: space for a download that never came", _AGAIN),
    (_matches(_CAFFE), "a Caffe network (caffemodel)", _OTHER_FRAMEWORK),
    (_matches(_GRAPHDEF), "a TensorFlow graph (pb)", _OTHER_FRAMEWORK),
    (_matches(_MSGPACK_MAP), "a msgpack file, such as Flax writes", _OTHER_FRAMEWORK),
)
