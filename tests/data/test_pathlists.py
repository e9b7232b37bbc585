"""Folders whose images are of several splits, told apart by lists of paths."""

from __future__ import annotations

from pathlib import Path

import pytest

from hubtool.data.labelspace import LabelSpace
from hubtool.data.layouts.imagefolder import read
from hubtool.errors import BrokenDataset

SPACE = LabelSpace(2, splits=("validation", "test"))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Images `images/<class>/<number>.jpg`, of which every other one is a test image."""
    for name in ("apple_pie", "baby back ribs"):
        (tmp_path / "images" / name).mkdir(parents=True)
        for number in range(4):
            (tmp_path / "images" / name / f"{number}.jpg").write_bytes(b"x")
    return tmp_path


def written(path: Path, line: str, numbers: range = range(0, 4, 2)) -> None:
    path.parent.mkdir(exist_ok=True)
    names = [(name, number) for name in ("apple_pie", "baby back ribs") for number in numbers]
    path.write_text("".join(line.format(name=name, number=number) + "\n" for name, number in names))


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ("meta/test.txt", "{name}/{number}"),
        ("images/test.txt", "{name}/{number}.jpg"),
        ("splits/Test_Set.txt", "images/{name}/{number}.jpg"),
        ("test_images.txt", ".\\images\\{name}\\{number}.jpg"),
    ],
)
def test_only_listed_images_are_of_the_split(root: Path, place: str, line: str) -> None:
    written(root / place, line)
    written(root / place.replace("est", "rain"), line, range(1, 4, 2))
    split = read(root / "images", SPACE)
    assert [sample.name for sample in split.samples] == [
        *("apple_pie/0.jpg", "apple_pie/2.jpg"),
        *("baby back ribs/0.jpg", "baby back ribs/2.jpg"),
    ]
    assert split.layout.endswith(f"of its images those that {Path(place).name} lists")


def test_the_better_split_s_list_counts(root: Path) -> None:
    written(root / "meta/test.txt", "{name}/{number}")
    written(root / "meta/val.txt", "{name}/{number}", range(1))
    assert len(read(root / "images", SPACE).samples) == 2


@pytest.mark.parametrize("text", ["", "a/1\nb/2\n", "\xff\n", "some words about the test\n"])
def test_other_texts_do_not_matter(root: Path, text: str) -> None:
    (root / "test.txt").write_bytes(text.encode("latin-1"))
    assert len(read(root / "images", SPACE).samples) == 8


def test_a_folder_of_one_split_needs_no_list(root: Path) -> None:
    (root / "images").rename(root / "val")
    written(root / "val.txt", "{name}/{number}", range(1))
    assert len(read(root / "val", SPACE).samples) == 8


def test_listed_images_that_are_not_there_are_named(root: Path) -> None:
    written(root / "meta/test.txt", "{name}/{number}", range(5))
    with pytest.raises(BrokenDataset, match=r"test\.txt: 2 images listed are not there: apple_pie/4, baby back ribs/4"):
        read(root / "images", SPACE)
