"""The parsers of CIFAR's pickles and records and of IDX files, on sound and on hostile bytes."""

from __future__ import annotations

import contextlib
import gzip
import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubtool.data.labelspace import LabelSpace
from hubtool.data.layouts import cifar, mnist
from hubtool.data.layouts.mnist import parse_idx
from hubtool.data.readers.plainpickle import Array, BadPickle, loads
from hubtool.errors import BrokenDataset, HubtoolError
from tests.data import makers

np = pytest.importorskip("numpy")
KEYS = st.text(max_size=5) | st.binary(max_size=5) | st.integers()
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=300) | st.binary(max_size=300),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4) | st.tuples(inner, inner),
    max_leaves=20,
)  # fmt: skip


@given(value=PLAIN, protocol=st.integers(0, 5))
def test_plain_values_are_read_as_pickle_reads_them(value, protocol: int) -> None:
    if protocol < 3 and b"" in _leaves(value):
        return  # written as a call of bytes()
    assert loads(pickle.dumps(value, protocol)) == value


def _leaves(value) -> list:
    if isinstance(value, dict):
        return [leaf for item in value.items() for leaf in _leaves(item)]
    return [leaf for item in value for leaf in _leaves(item)] if isinstance(value, (list, tuple)) else [value]


@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4])
def test_arrays_of_bytes(protocol: int) -> None:
    array = makers.pixels(2).reshape(2, -1)
    value = loads(pickle.dumps({"data": array}, protocol))
    assert value == {"data": Array((2, 3072), array.tobytes())}


class Hostile:
    def __init__(self, *reduced):
        self.reduced = reduced

    def __reduce__(self):
        return self.reduced


@pytest.mark.parametrize(
    "data",
    [
        pickle.dumps(Hostile(eval, ("1/0",))),
        pickle.dumps(Hostile(print, ("x",)), 0),
        pickle.dumps(Path("x")),
        pickle.dumps(np.zeros(3)),
        pickle.dumps(np.zeros((2, 2), "u1", "F"), 2),
        pickle.dumps(np.array([None])),
        b"cos\nsystem\n(S'true'\ntR.",
        b"\x80\x02cbuiltins\neval\nq\x00.",
        b"\x80\x04\x8c\x05numpy\x8c\x07ndarray\x93)R.",
        b"cnumpy\nndarray\n(I1000000000000\ntR.",
        b"\x80\x02]r\xff\xff\xff\x7f.",
        b"\x80\x02\x8e\xff\xff\xff\xff\xff\xff\xff\x7f.",
        b"}((I1\ntI1\nu.",
        b"(lp0\ng1\n.",
        b"P1\n.",
        b"\x80\x02" + b"(" * 1000,
        b"",
        b".",
        b"0.",
        b"N",
    ],
)
def test_hostile_pickles_run_nothing(data: bytes) -> None:
    if data.startswith(b"\x80\x02]r"):
        assert loads(data) == []  # the place in the memo is a number like any other
        return
    with pytest.raises(BadPickle):
        loads(data)


def test_a_pickle_that_asks_for_copies_without_end_is_stopped() -> None:
    start = b"\x80\x02B" + (1 << 20).to_bytes(4, "little") + bytes(1 << 20) + b"q\x00"
    array = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\n\x85R"
    state = b"(K\x01J\x00\x00\x10\x00\x85cnumpy\ndtype\nU\x02u1\x85R\x89h\x00tb0"
    assert loads(start + array + state + b"N.") is None
    with pytest.raises(BadPickle, match="more bytes in arrays than it is long"):
        loads(start + (array + state) * 5 + b"N.")


SOUND = next(data for data in makers.cifar_files(makers.pixels(1), [3], "cifar-10-python").values() if len(data) > 1)


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=5), st.integers(0, 4000))
def test_damaged_batches(tmp_path_factory, changes: list[tuple[int, int]], length: int) -> None:
    data = bytearray(SOUND)
    for place, value in changes:
        data[place] = value
    path = tmp_path_factory.getbasetemp() / "any" / "cifar-10-batches-py" / "test_batch"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data[:length])
    try:
        split = cifar.read(path.parent, LabelSpace(10))
    except HubtoolError as error:
        assert "test_batch" in error.message
    else:
        assert all(len(sample.pixels) == 3072 for sample in split.samples)


@given(data=st.binary(max_size=200))
def test_any_bytes_are_a_pickle_or_an_error(data: bytes) -> None:
    with contextlib.suppress(BadPickle):
        loads(data)


@pytest.mark.parametrize(
    ("kind", "labels", "change", "said"),
    [
        ("cifar-10-binary", [3, 10], lambda data: data, "label 10, expected 0 to 9"),
        ("cifar-10-python", [3, 10], lambda data: data, "label 10, expected 0 to 9"),
        ("cifar-10-binary", [3], lambda data: data[:-1], "not a multiple of the 3073"),
        ("cifar-10-binary", [3], lambda data: b"", "no image"),
        ("cifar-10-python", [3], lambda data: pickle.dumps([1]), "no `data` and `labels` in it"),
        (
            "cifar-10-python",
            [3],
            lambda data: pickle.dumps({"data": makers.pixels(2), "labels": [1]}, 2),
            "do not match",
        ),
        ("cifar-10-python", [3], lambda data: pickle.dumps(Hostile(eval, ("1/0",))), "asks for 'builtins.eval'"),
    ],
)
def test_broken_cifar(tmp_path: Path, kind: str, labels: list[int], change, said: str) -> None:
    folder = makers.write_cifar(tmp_path, makers.pixels(len(labels)), labels, kind)
    path = next(path for path in folder.rglob("test_batch*"))
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(BrokenDataset, match=said):
        cifar.read(tmp_path, LabelSpace(10))


def test_broken_archives_of_cifar(tmp_path: Path) -> None:
    path = makers.write_cifar(tmp_path, makers.pixels(40), [1] * 40, "cifar-10-binary", archive=True)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(BrokenDataset, match=r"cifar-10-binary\.tar\.gz"):
        cifar.read(path, LabelSpace(10))
    path.write_bytes(gzip.compress(makers.tar_bytes({"cifar-10-batches-bin/readme.html": b"x"})))
    with pytest.raises(BrokenDataset, match=r"cifar-10-batches-bin/test_batch\.bin is missing or cut short"):
        cifar.read(path, LabelSpace(10))


@given(st.lists(st.integers(0, 4), min_size=1, max_size=3), st.data())
def test_idx_files_are_read_as_written(shape: list[int], data: st.DataObject) -> None:
    size = int(np.prod(shape))
    array = np.frombuffer(data.draw(st.binary(min_size=size, max_size=size)), np.uint8).reshape(shape)
    found, values = parse_idx(makers.idx(array), len(shape))
    assert found == tuple(shape)
    assert bytes(values) == array.tobytes()


@given(st.binary(max_size=40) | st.binary(max_size=40).map(lambda rest: b"\0\0\x08\x03" + rest))
def test_any_bytes_are_idx_or_an_error(data: bytes) -> None:
    try:
        shape, values = parse_idx(data, 3)
    except ValueError:
        return
    assert len(values) == np.prod(shape)


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("t10k-images-idx3-ubyte", b"", "not an IDX file"),
        ("t10k-images-idx3-ubyte", b"\0\0\x08\x03" + b"\xff" * 12, "0 bytes for the shape"),
        ("t10k-images-idx3-ubyte", makers.idx(makers.pixels(3, 1)[..., 0]), "do not match"),
        ("t10k-images-idx3-ubyte", makers.idx(makers.pixels(2, 1)[:, 1:, :, 0]), "31x32 and 2 labels do not match"),
        ("t10k-labels-idx1-ubyte", makers.idx(np.array([1, 10], np.uint8)), "label 10, expected 0 to 9"),
        ("t10k-labels-idx1-ubyte", None, "no t10k-labels-idx1-ubyte beside the images"),
    ],
)
def test_broken_mnist(tmp_path: Path, name: str, data: bytes | None, said: str) -> None:
    makers.write_mnist(tmp_path, makers.pixels(2, 1), [1, 2])
    (tmp_path / name).unlink()
    if data is not None:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(BrokenDataset, match=said):
        mnist.read(tmp_path, LabelSpace(10))


def test_a_gzip_bomb_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mnist, "_MAX_BYTES", 1 << 20)
    makers.write_mnist(tmp_path, makers.pixels(2, 1), [1, 2], zipped=True)
    path = tmp_path / "t10k-images-idx3-ubyte.gz"
    path.write_bytes(gzip.compress(bytes(4 << 20)))
    with pytest.raises(BrokenDataset, match="more than 1,048,576 bytes"):
        mnist.read(tmp_path, LabelSpace(10))
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(BrokenDataset, match="damaged"):
        mnist.read(tmp_path, LabelSpace(10))


def test_a_batch_as_python_2_wrote_it() -> None:
    """Opcode by opcode what the published files hold: byte strings as text, numpy's array by its old names."""
    array = makers.pixels(2).reshape(2, -1)
    data = (
        b"\x80\x02}q\x01(U\x0bbatch_labelq\x02U\x14testing batch 1 of 1q\x03U\x06labelsq\x04]q\x05(K\x03K\x08e"
        b"U\x04dataq\x06cnumpy.core.multiarray\n_reconstruct\nq\x07cnumpy\nndarray\nq\x08K\x00\x85q\tU\x01bq\n\x87q\x0b"
        b"Rq\x0c(K\x01K\x02M\x00\x0c\x86q\rcnumpy\ndtype\nq\x0eU\x02u1q\x0fK\x00K\x01\x87q\x10Rq\x11(K\x03U\x01|q\x12"
        b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tq\x13b\x89T" + array.nbytes.to_bytes(4, "little") + array.tobytes()
        + b"q\x14tq\x15bU\tfilenamesq\x16]q\x17(U\x05a.pngq\x18U\x05b.pngq\x19eu."
    )  # fmt: skip
    assert pickle.loads(data, encoding="latin-1")["data"].tolist() == array.tolist()
    value = loads(data)
    assert value["data"] == Array((2, 3072), array.tobytes())
    assert (value["labels"], value["filenames"]) == ([3, 8], ["a.png", "b.png"])
