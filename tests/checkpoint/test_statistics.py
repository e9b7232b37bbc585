from __future__ import annotations

import math
from pathlib import Path

import pytest

from hubtool.checkpoint import tensors
from hubtool.checkpoint.inspect import inspect
from hubtool.checkpoint.reader import Checkpoint
from hubtool.checkpoint.statistics import Statistics, statistics
from hubtool.errors import CorruptCheckpoint, MissingExtra
from tests.checkpoint.proto import entry

np = pytest.importorskip("numpy")

NAN, INF = math.nan, math.inf
NONE = (None, None, None, None)


def of(tmp_path: Path, dtype: str, content: bytes, count: int) -> Statistics | None:
    path = tmp_path / "net.ckpt"
    path.write_bytes(entry("a", [count] if count else [2, 0], dtype, content))
    checkpoint = Checkpoint(path)
    return statistics(np, checkpoint, checkpoint.tensors["a"])


@pytest.mark.parametrize(
    ("dtype", "values", "expected"),
    [
        ("float32", [1, 2, 3, 6], (1, 6, 3, math.sqrt(3.5), 0, 0)),
        ("float32", [NAN, 1, INF, -INF, 3, NAN], (1, 3, 2, 1, 2, 2)),
        ("float32", [NAN, INF], (*NONE, 1, 1)),
        ("float32", [], (*NONE, 0, 0)),
        ("float16", [0.5, -2], (-2, 0.5, -0.75, 1.25, 0, 0)),
        ("float64", [1e308, 1.5e308], (1e308, 1.5e308, None, None, 0, 0)),
        ("int8", [-128, 127], (-128, 127, -0.5, 127.5, 0, 0)),
        ("uint64", [2**64 - 1, 2**64 - 1], (2**64 - 1, 2**64 - 1, float(2**64), 0, 0, 0)),
        ("bool", [True, False, True, True], (0, 1, 0.75, math.sqrt(3) / 4, 0, 0)),
        ("complex64", [1 + 1j, complex(NAN, INF), complex(0, INF)], (*NONE, 1, 1)),
    ],
)
def test_statistics(tmp_path: Path, dtype: str, values: list[float], expected: tuple[object, ...]) -> None:
    name = {"uint64": "UInt64"}.get(dtype, dtype.capitalize())
    found = of(tmp_path, name, np.array(values, dtype).tobytes(), len(values))
    assert found == Statistics(*(pytest.approx(e) if isinstance(e, float) else e for e in expected))


@pytest.mark.parametrize(
    ("dtype", "content", "expected"),
    [
        ("BFloat16", b"\x80\x3f\x40\xc0\xc0\x7f", (-3, 1, -1, 2, 1, 0)),
        ("Float8E4M3FN", b"\x38\xc4\x7f", (-3, 1, -1, 2, 1, 0)),
        ("Int4", b"\x12\x34", None),
        ("HiFloat8", b"\x12\x34", None),
    ],
)
def test_types_that_numpy_lacks(
    tmp_path: Path, dtype: str, content: bytes, expected: tuple[object, ...] | None
) -> None:
    count = len(content) // (2 if dtype == "BFloat16" else 1)
    assert of(tmp_path, dtype, content, count) == (expected and Statistics(*expected))


def test_pieces_give_what_the_whole_gives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A mean a million times the spread: sums of squares would have cancelled.
    values = (np.random.default_rng(0).normal(size=1000) + 1e6).astype("float64")
    values[::100] = NAN
    monkeypatch.setattr(tensors, "CHUNK_BYTES", 64)
    found = of(tmp_path, "Float64", values.tobytes(), 1000)
    assert found is not None
    assert (found.minimum, found.maximum, found.nan) == (np.nanmin(values), np.nanmax(values), 10)
    assert found.mean == pytest.approx(np.nanmean(values), rel=1e-15)
    assert found.std == pytest.approx(np.nanstd(values), rel=1e-9)


def test_inspection_checks_the_crc_when_it_reads_the_values(tmp_path: Path) -> None:
    path = tmp_path / "net.ckpt"
    path.write_bytes(entry("a", [2], "Int8", b"12") + b"crc_num" + bytes(10))
    assert inspect(Checkpoint(path), with_statistics=False).crc_checked is None
    with pytest.raises(CorruptCheckpoint, match="CRC-32 here is 00000000"):
        inspect(Checkpoint(path), with_statistics=True)


def test_statistics_without_numpy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "net.ckpt"
    path.write_bytes(entry("a", [2], "Int8", b"12"))
    monkeypatch.setitem(__import__("sys").modules, "numpy", None)
    assert inspect(Checkpoint(path), with_statistics=False).to_json()["tensors"][0]["shape"] == [2]
    with pytest.raises(MissingExtra, match="numpy is needed to compute statistics"):
        inspect(Checkpoint(path), with_statistics=True)
