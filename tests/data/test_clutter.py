"""What systems and tools leave beside data is no class and no image, in every layout, and it is said once."""

from __future__ import annotations

import os
import tarfile
from pathlib import Path

import pytest

from hubtool.data.clutter import clutter_in, clutter_note, is_clutter_file, is_clutter_folder
from hubtool.data.labelspace import LabelSpace
from hubtool.data.layouts import flatfolder, imagefolder, imagetar
from hubtool.data.open import SplitSource, open_split
from hubtool.errors import UsageProblem
from tests.data import makers

FOLDERS = [
    ".ipynb_checkpoints", "@eaDir", "lost+found", "__MACOSX", ".Trash-1000", "$RECYCLE.BIN", "System Volume Information",
    ".git", "#recycle", "@Recycle", ".snapshot", "~snapshot", "__pycache__", "FOUND.000", "PaxHeaders.4711", ".AppleDouble",
]  # fmt: skip
FILES = [
    "._a.JPEG",
    "Thumbs.db",
    *(["Icon\r"] if os.name == "posix" else []),
    ".DS_Store",
    "desktop.ini",
    ".nfs0001.JPEG",
    ".trashed-1-a.jpg",
]
CLASSES = ["a", "b", "c"]
SPACE = LabelSpace(3)


def files(*more: str, classes=CLASSES) -> dict[str, bytes]:
    return {f"{name}/{name}.JPEG": b"x" for name in classes} | dict.fromkeys(more, b"x")


def write(root: Path, contents: dict[str, bytes]) -> Path:
    for name, data in contents.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    return root


def tar(root: Path, contents: dict[str, bytes]) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    (root / "set.tar").write_bytes(makers.tar_bytes(contents, tarfile.PAX_FORMAT))
    return root / "set.tar"


LAYOUTS = {"folders": (write, imagefolder), "tar": (tar, imagetar)}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_of_the_system_is_no_class(tmp_path: Path, folder: str, layout: str) -> None:
    assert is_clutter_folder(folder)
    lay, reader = LAYOUTS[layout]
    split = reader.read(lay(tmp_path / "set", files(f"{folder}/x.JPEG")), SPACE)
    assert [(s.name, s.label) for s in split.samples] == [("a/a.JPEG", 0), ("b/b.JPEG", 1), ("c/c.JPEG", 2)]
    assert [name.partition("/")[0] for name in split.clutter] == [folder]
    # One class missing and such a folder in its place: every later label would be one off.
    with pytest.raises(UsageProblem, match="2 class folders for a network with 3 outputs"):
        reader.read(lay(tmp_path / "short", files(f"{folder}/x.JPEG", classes=["b", "c"])), SPACE)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("file", FILES)
def test_a_file_of_the_system_is_no_image(tmp_path: Path, file: str, layout: str) -> None:
    assert is_clutter_file(file)
    lay, reader = LAYOUTS[layout]
    split = reader.read(lay(tmp_path / "set", files(f"b/{file}")), SPACE)
    assert [s.name for s in split.samples] == ["a/a.JPEG", "b/b.JPEG", "c/c.JPEG"]
    assert list(split.clutter) == [f"b/{file}"]


@pytest.mark.parametrize("file", ["._1.JPEG", ".1.JPEG", "._2.JPEG"])
def test_in_a_folder_of_images_too(tmp_path: Path, file: str) -> None:
    root = write(
        tmp_path, {"val/1.JPEG": b"x", "val/2.JPEG": b"x", f"val/{file}": b"x", "val.txt": b"1.JPEG 0\n2.JPEG 1\n"}
    )
    split = flatfolder.read(root, SPACE)
    assert [s.name for s in split.samples] == ["1.JPEG", "2.JPEG"]
    assert list(split.clutter) == [file]


@pytest.mark.parametrize(
    "name", ["a.jpg", "A", "@", "$", "#", "~", "_other", "trash", "system", "x.", "Icon", "n01440764"]
)
def test_what_may_be_a_class_or_an_image_is_kept(name: str) -> None:
    assert not is_clutter_folder(name)
    assert not is_clutter_file(name)
    assert clutter_in(f"../val/{name}/a.jpg") == ""


@pytest.mark.skipif(getattr(os, "geteuid", lambda: 0)() == 0, reason="root may read everything")
def test_one_that_must_not_be_read_does_not_matter(tmp_path: Path) -> None:
    root = write(tmp_path, files())
    (root / "lost+found").mkdir(mode=0)
    assert len(imagefolder.read(root, SPACE).samples) == 3


def test_it_is_said_once_with_its_number(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    root = write(tmp_path, files(".DS_Store", "@eaDir/a.JPEG", "@eaDir/b.JPEG", "b/._b.JPEG"))
    open_split(SplitSource("photographs", root, None, 3, 3, 32))
    assert caplog.messages == [f"{root}: passed over 3 hidden or system entries (.DS_Store, @eaDir, b/._b.JPEG)"]
    assert clutter_note(["Icon\r"]) == "1 hidden or system entry ('Icon\\r')"


@pytest.mark.parametrize("row", ["._b.jpg", ".DS_Store", "x/._b.jpg"])
def test_rows_and_shards_of_the_system_do_not_count(tmp_path: Path, row: str) -> None:
    pa = pytest.importorskip("pyarrow")
    pq = pytest.importorskip("pyarrow.parquet")
    from hubtool.data.layouts import parquet

    (tmp_path / "data").mkdir()
    images = [{"bytes": b"x", "path": name} for name in ("a.jpg", row, "c.jpg")]
    pq.write_table(pa.table({"image": images, "label": [0, 1, 2]}), tmp_path / "data" / "val-00000-of-00001.parquet")
    (tmp_path / "data" / "._val-00000-of-00001.parquet").write_bytes(b"\0\x05\x16\x07")
    split = parquet.read(tmp_path, SPACE)
    assert [(s.name, s.label) for s in split.samples] == [("a.jpg", 0), ("c.jpg", 2)]
    assert list(split.clutter) == [row]


@pytest.mark.parametrize("beside", ["sample.JPEG", "montage.png", "README.jpg"])
def test_images_beside_class_folders_do_not_count_in_archives_either(tmp_path: Path, beside: str) -> None:
    for lay, reader in LAYOUTS.values():
        split = reader.read(lay(tmp_path / reader.__name__, files(beside)), SPACE)
        assert len(split.samples) == 3
        with pytest.raises(UsageProblem, match="2 class folders"):
            reader.read(lay(tmp_path / f"{reader.__name__}2", files(beside, classes=["a", "b"])), SPACE)
