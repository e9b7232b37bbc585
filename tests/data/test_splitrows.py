"""Tables about several splits: only the rows of the one that is evaluated count, or the table is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from hubtool.data.labelspace import LabelSpace
from hubtool.data.layouts import flatfolder, imagetar, parquet
from hubtool.errors import BrokenDataset, UsageProblem
from tests.data import makers

IMAGES = [f"{letter}.jpg" for letter in "abcdef"]
LABELS = ["ant", "bee", "cat", "cat", "bee", "ant"]
HELD_OUT = {"d.jpg": 2, "e.jpg": 1, "f.jpg": 0}
SPACE = LabelSpace(3)


def write(root: Path, header: str, cells: list[str], images: list[str] = IMAGES, folder: str = "images") -> Path:
    (root / folder).mkdir(parents=True)
    for image in images:
        (root / folder / image).write_bytes(b"x")
    rows = [f"{image},{label},{cell}" for image, label, cell in zip(IMAGES, LABELS, cells, strict=True)]
    (root / "labels.csv").write_text("\n".join([f"file,label,{header}"] * bool(header) + rows) + "\n")
    return root


def labels(root: Path, space: LabelSpace = SPACE) -> dict[str, int]:
    return {sample.name: sample.label for sample in flatfolder.read(root, space).samples}


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("split", ["train"] * 3 + ["val"] * 3),
        ("Subset", ["Training"] * 3 + ["VALIDATION"] * 3),
        ("split", ["train"] * 3 + ["test"] * 3),
        ("set", ["train", "test", "train"] + ["valid"] * 3),
        ("", ["train"] * 3 + ["test"] * 3),
        ("is_train", ["1"] * 3 + ["0"] * 3),
        ("is_training_image", ["True"] * 3 + ["False"] * 3),
        ("is_valid", ["False"] * 3 + ["True"] * 3),
    ],
)
@pytest.mark.parametrize("images", [IMAGES, IMAGES[3:]])
def test_only_the_rows_of_the_split_count(tmp_path: Path, header: str, cells: list[str], images: list[str]) -> None:
    root = write(tmp_path, header, cells, images)
    assert labels(root) == HELD_OUT
    assert "3 of its 6 rows, those of the " in flatfolder.read(root, SPACE).layout


@pytest.mark.parametrize("folder", ["test", "test/images"])
def test_the_folder_of_the_images_says_which_split_goes_first(tmp_path: Path, folder: str) -> None:
    root = write(tmp_path, "split", ["val"] * 3 + ["test"] * 3, IMAGES[3:], folder)
    assert labels(root) == HELD_OUT


@pytest.mark.parametrize(
    ("header", "cells", "said"),
    [
        ("split", ["train"] * 3 + ["extra"] * 3, "'extra' names none"),
        ("fold", ["0", "1", "2"] * 2, "column fold tells splits apart, and '0' names none"),
        ("split", ["train"] * 5 + ["extra_train_val"], "'extra_train_val' names none"),
        ("split", ["train", "train", "train", "val", "val", ""], "'' names none"),
        ("split,is_test", ["train,0"] * 3 + ["val,1"] * 3, "several columns name splits: split, is_test"),
    ],
)
def test_splits_that_cannot_be_told_apart_are_refused(tmp_path: Path, header: str, cells: list[str], said: str) -> None:
    root = write(tmp_path, header, cells)
    with pytest.raises(UsageProblem, match=said) as caught:
        labels(root)
    assert "only the rows of the split" in caught.value.hint


def test_a_table_with_rows_of_other_splits_only_is_refused(tmp_path: Path) -> None:
    space = LabelSpace(3, splits=("test",))
    with pytest.raises(UsageProblem, match="no row of the test split, but 3 of training, 3 of validation"):
        labels(write(tmp_path / "a", "split", ["train"] * 3 + ["val"] * 3), space)
    with pytest.raises(UsageProblem, match="no row of the test split, but 6 of training"):
        labels(write(tmp_path / "b", "split", ["train"] * 6), space)


@pytest.mark.parametrize("cells", [["val"] * 6, ["x"] * 6, ["3"] * 6])
def test_a_column_with_one_value_is_of_one_split(tmp_path: Path, cells: list[str]) -> None:
    assert list(labels(write(tmp_path, "split", cells)).values()) == [0, 1, 2, 2, 1, 0]


@pytest.mark.parametrize("separator", ["/", "\\"])
def test_the_paths_in_a_table_tell_splits_apart(tmp_path: Path, separator: str) -> None:
    (tmp_path / "val").mkdir()
    names = ["1.jpg", "2.jpg", "3.jpg"]
    for image in names:
        (tmp_path / "val" / image).write_bytes(b"x")
    rows = [f"train{separator}{n % 3 + 1}.jpg,{LABELS[n % 3]}\n" for n in range(500)]  # the same names, other images
    rows += [f"val{separator}{name},{label}\n" for name, label in zip(names, ["cat", "ant", "bee"], strict=True)]
    (tmp_path / "labels.csv").write_text("".join(rows))
    assert labels(tmp_path) == {"1.jpg": 2, "2.jpg": 0, "3.jpg": 1}


def test_images_are_looked_for_beyond_the_first_rows_of_a_table(tmp_path: Path) -> None:
    (tmp_path / "val").mkdir()
    for image in IMAGES:
        (tmp_path / "val" / image).write_bytes(b"x")
    rows = [f"{n};{LABELS[n % 6]};{n};train\n" for n in range(1000)]
    rows += [f"{n};{label};{image};val\n" for n, (image, label) in enumerate(zip(IMAGES, LABELS, strict=True), 1000)]
    (tmp_path / "table of mine.txt").write_text("".join(rows))
    assert list(labels(tmp_path).values()) == [0, 1, 2, 2, 1, 0]


def test_an_archive_beside_such_a_table(tmp_path: Path) -> None:
    write(tmp_path, "split", ["val"] * 3 + ["test"] * 3)
    (tmp_path / "photos_test.tar").write_bytes(makers.tar_bytes(dict.fromkeys(IMAGES, b"x")))
    split = imagetar.read(tmp_path / "photos_test.tar", SPACE)
    assert {sample.name: sample.label for sample in split.samples} == HELD_OUT


@pytest.mark.parametrize(
    ("name", "cells"),
    [("split", ["train"] * 3 + ["val"] * 3), ("is_test", [False] * 3 + [True] * 3), ("is_train", [1] * 3 + [0] * 3)],
)
def test_a_column_of_splits_in_parquet(tmp_path: Path, name: str, cells: list[object]) -> None:
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    images = [{"bytes": image.encode(), "path": image} for image in IMAGES]
    table = pa.table({"image": images, "label": LABELS, name: cells})
    pq.write_table(table, tmp_path / "all.parquet")
    space = LabelSpace(3, splits=("test", "validation"))
    split = parquet.read(tmp_path, space)
    assert {sample.name: (sample.label, sample.read()) for sample in split.samples} == {
        image: (label, image.encode()) for image, label in HELD_OUT.items()
    }
    pq.write_table(table.rename_columns(["image", "label", "fold"]), tmp_path / "all.parquet")
    if name == "split":
        assert len(parquet.read(tmp_path, space).samples) == 3
    else:
        with pytest.raises(UsageProblem, match="column fold tells splits apart"):
            parquet.read(tmp_path, space)


@pytest.mark.parametrize("name", ["sample_submission.csv", "predictions.csv", "my-preds.txt"])
def test_answers_beside_images_are_not_their_labels(tmp_path: Path, name: str) -> None:
    write(tmp_path, "", ["x"] * 6)
    (tmp_path / "labels.csv").unlink()
    (tmp_path / name).write_text("".join(f"{image},ant\n" for image in IMAGES))
    with pytest.raises(UsageProblem, match="no file with their labels"):
        labels(tmp_path)


@pytest.mark.parametrize("header", ["prediction", "predicted_label", "Pred"])
def test_a_column_of_answers_is_not_the_labels(tmp_path: Path, header: str) -> None:
    write(tmp_path, "", ["x"] * 6)
    (tmp_path / "labels.csv").write_text(f"file,{header}\n" + "".join(f"{image},ant\n" for image in IMAGES))
    with pytest.raises(BrokenDataset, match=f"column {header} holds answers of a network"):
        labels(tmp_path)
    rows = "".join(f"{image},ant,{label}\n" for image, label in zip(IMAGES, LABELS, strict=True))
    (tmp_path / "labels.csv").write_text(f"file,{header},truth\n{rows}")
    assert list(labels(tmp_path).values()) == [0, 1, 2, 2, 1, 0]


def test_boxes_of_several_classes_are_no_label(tmp_path: Path) -> None:
    write(tmp_path, "", ["x"] * 6)
    rows = [f"{image},{label} 1 2 3 4 {label} 5 6 7 8 " for image, label in zip(IMAGES, LABELS, strict=True)]
    (tmp_path / "labels.csv").write_text("\n".join(["ImageId,PredictionString", *rows]))
    assert list(labels(tmp_path).values()) == [0, 1, 2, 2, 1, 0]
    rows[4] = rows[4].replace("bee 5", "cat 5")
    (tmp_path / "labels.csv").write_text("\n".join(["ImageId,PredictionString", *rows]))
    with pytest.raises(BrokenDataset, match="row 6: boxes of several classes: bee, cat"):
        labels(tmp_path)
