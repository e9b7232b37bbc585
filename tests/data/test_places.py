"""Splits by any name and one level deeper; what is said where nothing is found."""

from __future__ import annotations

from pathlib import Path

import pytest

from hubtool.data.labelspace import LabelSpace
from hubtool.data.layouts import flatfolder, imagefolder, parquet
from hubtool.data.open import SplitSource, layout_of, open_split
from hubtool.data.splitnames import TEST, TRAINING, VALIDATION, split_in, split_named
from hubtool.errors import BrokenDataset, UsageProblem

SPACE = LabelSpace(3)


def by_class(folder: Path, classes=("a", "b", "c"), image: str = "1.JPEG") -> Path:
    for name in classes:
        (folder / name).mkdir(parents=True)
        (folder / name / image).write_bytes(b"x")
    return folder


def flat(folder: Path, label_file: Path | None = None, count: int = 3) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        (folder / f"{number}.jpg").write_bytes(b"x")
    if label_file:
        label_file.write_text("".join(f"{number}.jpg {number}\n" for number in range(count)))
    return folder


@pytest.mark.parametrize(
    ("name", "split"),
    [
        *((name, VALIDATION) for name in ("val", "Val", "valid", "validation", "VALIDATION", "dev", "eval")),
        *(
            (name, VALIDATION)
            for name in ("ILSVRC2012_img_val", "imagenet_val", "val_images", "validation-set", "val2012")
        ),
        *((name, TEST) for name in ("test", "Testing", "test_set", "imagenet-test")),
        *((name, TRAINING) for name in ("train", "training", "train_images")),
        *((name, "") for name in ("cat", "crash_test", "steam train", "valve", "n01440764", "trainval", "train-val")),
    ],
)
def test_names_of_splits(name: str, split: str) -> None:
    assert split_named(name) == split


def test_names_of_files_may_say_more() -> None:
    assert split_in("my-cats-validation-00000-of-00014-0b2c8e4d9f") == VALIDATION
    assert split_in("cats.test") == TEST
    assert split_in("0000") == split_in("train-test") == ""


SPLITS = ["val", "valid", "validation", "test", "Val", "ILSVRC2012_img_val", "."]


@pytest.mark.parametrize(
    ("above", "split"), [("a/val", "."), *((above, split) for above in (".", "imagenet", "val") for split in SPLITS)]
)
def test_class_folders_in_any_split_and_one_level_deeper(tmp_path: Path, above: str, split: str) -> None:
    root = by_class(tmp_path / "set" / above / split)
    if split != ".":
        by_class(tmp_path / "set" / "train")
    assert imagefolder.read(tmp_path / "set", SPACE).root == root
    assert layout_of(root) is imagefolder.LAYOUT
    assert imagefolder.read(root, SPACE).root == root


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("labels", ["val.txt", "labels.csv"])
def test_flat_folders_in_any_split(tmp_path: Path, split: str, labels: str) -> None:
    (tmp_path / "set").mkdir()
    root = flat(tmp_path / "set" / split, tmp_path / "set" / labels)
    split_found = flatfolder.read(tmp_path / "set", SPACE)
    assert split_found.root == root
    assert [sample.label for sample in split_found.samples] == [0, 1, 2]


@pytest.mark.parametrize("inner", ["images", "JPEGImages", "img"])
def test_classes_whose_images_are_in_a_folder_of_their_own(tmp_path: Path, inner: str) -> None:
    for name in "abc":
        by_class(tmp_path / "val" / name, [inner])
    split = imagefolder.read(tmp_path, SPACE)
    assert [sample.name for sample in split.samples] == ["a/1.JPEG", "b/1.JPEG", "c/1.JPEG"]
    assert all(sample.read() == b"x" for sample in split.samples)


def test_validation_goes_before_test_where_figures_are_about_it(tmp_path: Path) -> None:
    for name in ("test", "train", "valid"):
        by_class(tmp_path / name)
    assert imagefolder.read(tmp_path, SPACE).root.name == "valid"
    assert imagefolder.read(tmp_path, LabelSpace(3, splits=(TEST, VALIDATION))).root.name == "test"
    names = open_split(
        SplitSource("CIFAR-10", by_class(tmp_path / "x", "jihgfedcba").parent / "x", None, 10, 3, 32)
    ).names
    assert names[0] == "a/1.JPEG"


@pytest.mark.parametrize("other", ["val_images", "imagenet_val", "val-set"])
def test_the_plain_name_goes_before_longer_ones(tmp_path: Path, other: str) -> None:
    by_class(tmp_path / "val")
    by_class(tmp_path / other)
    assert imagefolder.read(tmp_path, SPACE).root.name == "val"


def test_shards_far_below_do_not_hide_images(tmp_path: Path) -> None:
    by_class(tmp_path / "val")
    (tmp_path / "meta" / "validation").mkdir(parents=True)
    (tmp_path / "meta" / "validation" / "0000.parquet").write_bytes(b"x")
    assert layout_of(tmp_path) is imagefolder.LAYOUT


def test_folders_of_splits_are_no_classes(tmp_path: Path) -> None:
    for name in ("train", "test"):
        flat(tmp_path / name)
    with pytest.raises(UsageProblem, match="3 images and no file with their labels"):
        open_split(SplitSource("photographs", tmp_path, None, 2, 3, 32))


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("val", "validation"), "several folders of the validation split: val, validation"),
        (("x/val", "y/val"), "images in several places: x/val, y/val"),
        (("x/a", "y/b"), "images in several places: x, y"),
    ],
)
def test_two_places_of_equal_right_are_refused(tmp_path: Path, names: tuple[str, str], said: str) -> None:
    for name in names:
        by_class(tmp_path / name) if name[-1] not in "ab" else flat(tmp_path / name)
    with pytest.raises(UsageProblem, match=said):
        layout_of(tmp_path)


@pytest.mark.parametrize(
    ("contents", "there", "likely"),
    [
        (["train/a/1.jpg"], "1 folder (train)", "only a training split is there (train/)"),
        (["val.zip"], "1 .zip file (val.zip)", "unpack val.zip first"),
        (["set.tar.gz", "README.md"], "(README.md)", "unpack set.tar.gz first"),
        (["validation-00000-of-00128"], "1 file", "TFRecord, which hubtool does not read"),
        (["val.rec", "val.idx"], "1 .rec file (val.rec)", "RecordIO"),
        (["x/y/z/val/a/1.jpg"], "1 folder (x)", ""),
        (["x/y/val/a/1.jpg"], "1 folder (x)", "name the folder that holds the class folders, such as"),
        (["val.tar"], "1 .tar file", "name the archive, such as"),
        ([], "an empty folder", "the disk may not be mounted"),
    ],
)
def test_nothing_found_says_what_is_there_and_what_was_meant(
    tmp_path: Path, contents: list[str], there: str, likely: str
) -> None:
    for name in contents:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    with pytest.raises(UsageProblem, match="no dataset of a layout that hubtool understands") as caught:
        layout_of(tmp_path)
    assert f"there is {there}" in caught.value.message or there in caught.value.message
    assert likely in caught.value.hint


def test_one_image_and_the_folder_of_one_class(tmp_path: Path) -> None:
    root = by_class(tmp_path / "val")
    with pytest.raises(UsageProblem) as caught:
        layout_of(root / "a" / "1.JPEG")
    assert f"this is one image, name the folder: {root / 'a'}" in caught.value.hint
    with pytest.raises(UsageProblem, match="1 image and no file with their labels") as caught:
        flatfolder.read(root / "a", SPACE)
    assert caught.value.hint.startswith(f"name {root}, if this is the folder of a class")


@pytest.mark.parametrize("year", [2010, 2011, 2014])
def test_images_of_another_year_of_ilsvrc_are_refused(tmp_path: Path, year: int) -> None:
    by_class(tmp_path, image=f"ILSVRC{year}_val_00000001.JPEG")
    with pytest.raises(UsageProblem, match=f"images of ILSVRC{year}"):
        open_split(SplitSource("ImageNet2012", tmp_path, None, 3, 3, 32))
    assert len(open_split(SplitSource("photographs", tmp_path, None, 3, 3, 32))) == 3


def write_shard(path: Path, start: int = 0, **metadata: str) -> None:
    pa = pytest.importorskip("pyarrow")
    pq = pytest.importorskip("pyarrow.parquet")
    path.parent.mkdir(parents=True, exist_ok=True)
    images = [{"bytes": b"x", "path": f"{start + n}.jpg"} for n in range(2)]
    table = pa.table({"image": images, "label": pa.array([0, 1], pa.int64())})
    pq.write_table(table.replace_schema_metadata(metadata), path)


@pytest.mark.parametrize(
    "names",
    [
        ["default/validation/0000.parquet", "default/validation/0001.parquet"],
        ["validation/0000.parquet", "validation/0001.parquet"],
        ["data/validation-00000-of-00002-0b2c8e4d9f.parquet", "data/validation-00001-of-00002-77aa10e9c3.parquet"],
        ["valid-00000-of-00002.parquet", "valid-00001-of-00002.parquet"],
        ["en/data/val-00000-of-00002.parquet", "en/data/val-00001-of-00002.parquet"],
        ["test/part_00001.parquet", "test/part_00002.parquet"],
        ["val2012.parquet"],
    ],
)
def test_shards_as_hubs_lay_them_out(tmp_path: Path, names: list[str]) -> None:
    for number, name in enumerate(names):
        write_shard(tmp_path / name, 2 * number)
    folder = (tmp_path / names[0]).parent
    write_shard(
        folder / "train-00000-of-00001.parquet" if "-of-" in names[0] else folder.parent / "train" / "0000.parquet"
    )
    (folder / f"._{Path(names[0]).name}").write_bytes(b"\0\5\x16\7")
    found = [parquet.read(path, SPACE) for path in {tmp_path, folder}]
    assert {tuple(sample.name for sample in split.samples) for split in found} == {
        tuple(f"{n}.jpg" for n in range(2 * len(names)))
    }


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (
            ["data/val-00000-of-00003-aa.parquet", "data/val-00001-of-00003-bb.parquet"],
            "2 of the 3 shards of val are there",
        ),
        (["data/val-00000-of-00001-aa.parquet", "data/val-00000-of-00001-bb.parquet"], "shard 0 of val is there twice"),
        (["val/0000.parquet", "val/0002.parquet"], "2 of the 3 shards of the split are there"),
        (["a/val/0000.parquet", "b/val/0000.parquet"], "shards of the split in several folders: a/val, b/val"),
        (["default/partial-validation/0000.parquet"], "only a part of the split"),
        (["default/train/0000.parquet"], "no validation or test shard; there are 0000.parquet"),
    ],
)
def test_shards_that_are_no_whole_split(tmp_path: Path, names: list[str], said: str) -> None:
    for name in names:
        write_shard(tmp_path / name)
    with pytest.raises((BrokenDataset, UsageProblem), match=said):
        parquet.read(tmp_path, SPACE)


def features(*names: str) -> dict[str, str]:
    import json

    written = {"info": {"features": {"image": {"_type": "Image"}, "label": {"names": names, "_type": "ClassLabel"}}}}
    return {"huggingface": json.dumps(written)}


@pytest.mark.parametrize(
    ("names", "outputs", "labels"),
    [
        (("b", "a", "c"), 3, [0, 1]),
        (("0", "1", "10", *map(str, range(2, 10))), 11, [0, 1]),
        (("10", "1", "0", *map(str, range(2, 10))), 11, [10, 1]),  # in the order of text or any other: names tell
        (("n01443537", "n01440764", "n01484850"), 3, [1, 0]),
    ],
)
def test_the_names_of_a_column_s_numbers_count(tmp_path: Path, names: tuple[str, ...], outputs: int, labels) -> None:
    write_shard(tmp_path / "val.parquet", **features(*names))
    assert [sample.label for sample in parquet.read(tmp_path, LabelSpace(outputs)).samples] == labels


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ((".ipynb_checkpoints", "a", "b"), "a hidden or system folder is one of its classes: .ipynb_checkpoints"),
        (("a", "b"), "labels of 2 classes for a network with 3 outputs"),
        (("a",), "labels from 0 to 1 for a network with 1 outputs"),
    ],
)
def test_names_that_contradict_the_labels(tmp_path: Path, names: tuple[str, ...], said: str) -> None:
    write_shard(tmp_path / "val.parquet", **features(*names))
    with pytest.raises(UsageProblem, match=said):
        parquet.read(tmp_path, SPACE)


@pytest.mark.parametrize(
    ("values", "labels"),
    [([2.0, 0.0, 1.0], [2, 0, 1]), (["2.0", "000", "1"], [2, 0, 1]), (["class_10", "class_9", "class_11"], [1, 0, 2])],
)
def test_numbers_of_a_column_are_numbers_however_they_are_kept(tmp_path: Path, values: list, labels: list[int]) -> None:
    pa = pytest.importorskip("pyarrow")
    pq = pytest.importorskip("pyarrow.parquet")
    pq.write_table(pa.table({"image": [b"x"] * 3, "label": values}), tmp_path / "val.parquet")
    assert [sample.label for sample in parquet.read(tmp_path, SPACE).samples] == labels
    for wrong in (float("nan"), float("inf"), 1.5):
        pq.write_table(pa.table({"image": [b"x"] * 3, "label": [0.0, 1.0, wrong]}), tmp_path / "val.parquet")
        with pytest.raises(BrokenDataset, match="neither numbers nor names"):
            parquet.read(tmp_path, SPACE)
