from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hubtool.data.labelspace import LabelSpace
from hubtool.data.layouts import parquet
from hubtool.errors import BrokenDataset, HubtoolError, MissingExtra, UsageProblem

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")


def write(path: Path, columns: dict, **options) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path, **options)
    return path


def rows(count: int, start: int = 0) -> dict:
    return {
        "image": [{"bytes": f"image {n}".encode(), "path": f"{n}.jpg"} for n in range(start, start + count)],
        "label": [n % 3 for n in range(start, start + count)],
    }


def contents(path: Path) -> list[tuple[str, int, bytes]]:
    return [(s.name, s.label, s.read()) for s in parquet.read(path, LabelSpace(3)).samples]


def test_one_file_several_row_groups(tmp_path: Path) -> None:
    path = write(tmp_path / "set.parquet", rows(7), row_group_size=2)
    assert contents(path) == [(f"{n}.jpg", n % 3, f"image {n}".encode()) for n in range(7)]


@pytest.mark.parametrize("name", ["image", "img", "jpg"])
@pytest.mark.parametrize("kind", ["binary", "large_binary"])
def test_a_column_of_bytes_and_names_of_classes(tmp_path: Path, name: str, kind: str) -> None:
    columns = {
        name: pa.array([b"x", b"y", b"z"], getattr(pa, kind)()),
        "labels": ["cat", "ant", "bee"],
        "more": [1, 2, 3],
    }
    path = write(tmp_path / "a-test.parquet", columns)
    assert contents(path) == [("a-test/0000000", 2, b"x"), ("a-test/0000001", 0, b"y"), ("a-test/0000002", 1, b"z")]


def test_numbers_as_text_are_numbers(tmp_path: Path) -> None:
    numbers = [str(number) for number in range(12)]
    path = write(tmp_path / "set.parquet", {"image": [b"x"] * 12, "label": numbers})
    assert [sample.label for sample in parquet.read(path, LabelSpace(12)).samples] == list(range(12))
    with pytest.raises(UsageProblem, match="labels from 0 to 11 for a network with 11 outputs"):
        parquet.read(path, LabelSpace(11))
    listed = parquet.read(path, LabelSpace(12, numbers[::-1])).samples  # then they are names
    assert [sample.label for sample in listed] == list(range(11, -1, -1))


def test_the_validation_shards_are_chosen(tmp_path: Path) -> None:
    for name in (
        "train-00000-of-00009",
        "test-00000-of-00001",
        "validation-00000-of-00002",
        "validation-00001-of-00002",
    ):
        number = int(name[-10]) if name.startswith("val") else 5
        write(tmp_path / "data" / f"{name}.parquet", rows(3, number * 3))
    assert [name for name, _, _ in contents(tmp_path)] == [f"{n}.jpg" for n in range(6)]
    for path in (tmp_path / "data").glob("val*"):
        path.unlink()
    assert contents(tmp_path)[0][0] == "15.jpg"
    (tmp_path / "data" / "test-00000-of-00001.parquet").unlink()
    with pytest.raises(UsageProblem, match="no validation or test shard"):
        contents(tmp_path)


def test_names_that_are_missing_or_alike_give_way_to_shard_and_row(tmp_path: Path) -> None:
    for paths in ([None, "a.jpg"], ["a.jpg", "a.jpg"], ["\x1b[31m", "b.jpg"]):
        images = [{"bytes": b"x", "path": path} for path in paths]
        path = write(tmp_path / "set.parquet", {"image": images, "label": [0, 1]})
        assert [name for name, _, _ in contents(path)] == ["set/0000000", "set/0000001"]


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"picture": [b"x"], "label": [0]}, "no column image or img or jpg; there are 'picture', 'label'"),
        ({"image": [b"x"], "target": [0]}, "no column label"),
        ({"image": ["x"], "label": [0]}, "column image is string, not bytes"),
        ({"image": [{"path": "x"}], "label": [0]}, "not bytes, nor a struct with `bytes`"),
        ({"image": [{"bytes": "x"}], "label": [0]}, "not bytes, nor a struct with `bytes`"),
        ({"image": [b"x"], "label": [3]}, "labels from 3 to 3 for a network with 3 outputs"),
        ({"image": [b"x"], "label": [-1]}, "has no labels"),
        ({"image": [b"x", b"y"], "label": [0, None]}, "labels that are missing"),
        ({"image": [b"x"], "label": [0.5]}, "neither numbers nor names"),
        ({"image": pa.array([], pa.binary()), "label": pa.array([], pa.int8())}, "no row"),
    ],
)
def test_shards_that_do_not_fit(tmp_path: Path, columns: dict, said: str) -> None:
    with pytest.raises(HubtoolError, match=said):
        parquet.read(write(tmp_path / "set.parquet", columns), LabelSpace(3))


def test_images_that_are_not_embedded_are_unreadable(tmp_path: Path) -> None:
    images = [{"bytes": None, "path": "a.jpg"}, None, {"bytes": b"x", "path": "c.jpg"}]
    split = parquet.read(write(tmp_path / "set.parquet", {"image": images, "label": [0, 1, 2]}), LabelSpace(3))
    for sample in split.samples[:2]:
        with pytest.raises(BrokenDataset, match="the image is not embedded"):
            sample.read()
    assert split.samples[2].read() == b"x"


def test_few_row_groups_are_kept_whatever_the_order_and_the_threads(tmp_path: Path) -> None:
    for shard in range(2):
        write(tmp_path / f"val-{shard:05}-of-00002.parquet", rows(50, shard * 50), row_group_size=5)
    samples = parquet.read(tmp_path, LabelSpace(3)).samples
    order = [(n * 37) % 100 for n in range(100)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda n: samples[n].read(), order)) == [f"image {n}".encode() for n in order]
    shards = {sample.shard.path: sample.shard for sample in samples}
    assert sum(len(shard._groups) for shard in shards.values()) <= 4


def test_a_row_group_too_large_to_hold_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "MAX_ROW_GROUP_BYTES", 100)
    with pytest.raises(UsageProblem, match="a row group of .* bytes, more than 100"):
        contents(write(tmp_path / "set.parquet", rows(50)))


def test_a_damaged_page_is_an_error_that_names_the_shard(tmp_path: Path) -> None:
    path = write(tmp_path / "set.parquet", rows(50), compression="gzip")
    data = bytearray(path.read_bytes())
    data[20:60] = bytes(40)
    path.write_bytes(data)
    with pytest.raises(BrokenDataset, match=r"set\.parquet: cannot be read"):
        contents(path)


def test_without_pyarrow_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "set.parquet", rows(3))
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(MissingExtra) as caught:
        parquet.read(path, LabelSpace(3))
    assert "hubtool[data]" in caught.value.hint


@pytest.mark.parametrize("listed", [["emu", "dog", "cat"], ["cat", "emu", "dog"], ["dog", "cat", "emu"]])
def test_a_class_list_orders_numbers_whose_names_the_shard_gives(tmp_path: Path, listed: list[str]) -> None:
    names = ["dog", "cat", "emu"]
    written = {"info": {"features": {"label": {"names": names, "_type": "ClassLabel"}}}}
    table = pa.table(rows(3)).replace_schema_metadata({"huggingface": json.dumps(written)})
    pq.write_table(table, tmp_path / "set.parquet")
    samples = parquet.read(tmp_path, LabelSpace(3, listed)).samples
    assert [sample.label for sample in samples] == [listed.index(name) for name in names]
    with pytest.raises(UsageProblem, match="is not in the class list"):
        parquet.read(tmp_path, LabelSpace(3, ["dog", "cat", "yak"]))
