"""Data as people hold them, through `verify --predictions`: each label is right, or the run is refused with the odd thing.

The labels in the file of predictions are compared with those that the images had before they were written untidily.
"""

from __future__ import annotations

import csv
import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from hubtool.data.synsets import ilsvrc2012_synsets
from tests.cli.small import VERIFY, SmallHubtool, evaluation, publish
from tests.data import makers

pytestmark = pytest.mark.mindspore
Images = dict[str, tuple[bytes, int]]
Write = Callable[[Path, Images], Path]
TWIN = b"\0\x05\x16\x07" + bytes(60)


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Images:
    return makers.photos(tmp_path_factory.mktemp("photos"), per_class=2)


def labels(small: SmallHubtool, *options: str | Path) -> dict[str, int]:
    """Label by file name, as the file of predictions has it."""
    run = small(*VERIFY, *options, "--predictions", "p.csv")
    assert run.code in {0, 1}, run.err + run.out
    with (small.folder / "p.csv").open(encoding="utf-8", newline="") as stream:
        return {row["path"].rpartition("/")[2]: int(row["label"]) for row in csv.DictReader(stream)}


def with_clutter(root: Path, images: Images) -> Path:
    makers.write_folders(root, images)
    for folder in (".ipynb_checkpoints", "@eaDir", "lost+found", "$RECYCLE.BIN"):
        (root / "val" / folder).mkdir()
        (root / "val" / folder / "x.JPEG").write_bytes(TWIN)
    for name in ("._x.JPEG", "Thumbs.db", "Icon\r", ".DS_Store"):
        (root / "val" / "n02" / name).write_bytes(TWIN)
    return root


def untidy_archive(root: Path, images: Images) -> Path:
    """An archive made on a Mac, with a member whose name is GBK and an escape sequence in another one."""
    root.mkdir()
    path = root / "photographs.tar"
    with tarfile.open(path, "w", format=tarfile.GNU_FORMAT, encoding="utf-8", errors="surrogateescape") as archive:
        members = {f"set/{makers.SYNSETS[label]}/{name}": data for name, (data, label) in images.items()}
        odd = ["__MACOSX/set/n01/._x.JPEG", "set/n02/._y.JPEG", "set/\udccd\udcbc.txt", "set/n01/\x1b[31mred.txt"]
        for name, data in {**members, **dict.fromkeys(odd, TWIN)}.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


def tiny_imagenet(root: Path, images: Images) -> Path:
    """`val/images/` and `val/val_annotations.txt`, in six columns."""
    (root / "val" / "images").mkdir(parents=True)
    rows = []
    for name, (data, label) in images.items():
        (root / "val" / "images" / name).write_bytes(data)
        rows.append(f"{name}\t{makers.SYNSETS[label]}\t{label}\t32\t44\t62\n")
    (root / "val" / "val_annotations.txt").write_text("".join(rows).replace("\tn", "\tn000000"))
    return root


def from_a_spreadsheet(root: Path, images: Images) -> Path:
    """UTF-16, semicolons, pandas' index, paths as Windows has them, numbers as floats."""
    makers.write_flat(root, images)
    (root / "val_map.txt").unlink()
    rows = [f"{n};.\\val\\{name};{label}.0\r\n" for n, (name, (_, label)) in enumerate(images.items())]
    (root / "Book1.csv").write_bytes((";bild;klasse\r\n" + "".join(rows)).encode("utf-16"))
    return root


def in_image_order(root: Path, images: Images) -> Path:
    """One synset a line, as TensorFlow keeps them."""
    makers.write_flat(root, images)
    (root / "val_map.txt").unlink()
    lines = [makers.SYNSETS[label] for _, (_, label) in sorted(images.items())]
    (root / "imagenet_2012_validation_synset_labels.txt").write_text("\n".join(lines))
    return root


def converted_shards(root: Path, images: Images) -> Path:
    """`default/validation/0000.parquet`, beside the training split."""
    pytest.importorskip("pyarrow")
    makers.write_parquet(root / "written", images)
    for split in ("validation", "train"):
        (root / "hub" / "default" / split).mkdir(parents=True)
    for number, shard in enumerate(sorted((root / "written" / "data").iterdir())):
        (root / "hub" / "default" / "train" / f"{number:04}.parquet").write_bytes(b"not read")
        shard.rename(root / "hub" / "default" / "validation" / f"{number:04}.parquet")
    return root / "hub"


def one_level_deeper(root: Path, images: Images) -> Path:
    makers.write_folders(root / "downloads" / "photographs", images)
    (root / "downloads" / "photographs" / "val").rename(root / "downloads" / "photographs" / "Validation")
    return root / "downloads"


@pytest.mark.parametrize(
    "write",
    [
        with_clutter,
        untidy_archive,
        tiny_imagenet,
        from_a_spreadsheet,
        in_image_order,
        converted_shards,
        one_level_deeper,
    ],
)
def test_every_label_is_right(small: SmallHubtool, cards: Path, tmp_path: Path, images: Images, write: Write) -> None:
    publish(cards, 3, "photographs")
    root = write(tmp_path / "set", images)
    found = labels(small, cards, "--data", f"photographs={root}")
    assert found == {name: label for name, (_, label) in images.items()}


def test_what_was_passed_over_is_said_everywhere(
    small: SmallHubtool, cards: Path, tmp_path: Path, images: Images
) -> None:
    publish(cards, 3, "photographs")
    root = with_clutter(tmp_path / "set", images)
    run = small(*VERIFY, cards, "--data", f"photographs={root}", "--report", "out.html", "--evidence", "evidence")
    assert run.err.count("passed over 8 hidden or system entries (") == 1
    assert "passing over 8 hidden or system entries (" in evaluation(run)[1]
    assert "<dd>8 hidden or system entries (" in (small.folder / "out.html").read_text(encoding="utf-8")
    (statement,) = (small.folder / "evidence").iterdir()
    assert json.loads(statement.read_text())["predicate"]["dataset"]["passed_over"] == 8


@pytest.mark.parametrize("form", ["{}", "{}_name", "class_{}"])
@pytest.mark.parametrize("table", [False, True])
def test_numbers_are_numbers(
    small: SmallHubtool, cards: Path, tmp_path: Path, images: Images, form: str, table: bool
) -> None:
    small.outputs = 12
    publish(cards, 12, "photographs")
    data = next(iter(images.values()))[0]
    root = tmp_path / "set"
    for number in range(12):
        folder = root if table else root / form.format(number)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}.JPEG").write_bytes(data)
    if table:
        (root / "labels.csv").write_text("".join(f"{n}.JPEG,{form.format(n)}\n" for n in range(12)))
    expected = {f"{number}.JPEG": number for number in range(12)}
    assert labels(small, cards, "--data", f"photographs={root}") == expected


@pytest.mark.parametrize("odd", [".ipynb_checkpoints", "lost+found", "@eaDir"])
def test_a_missing_class_is_not_made_up_for_by_a_folder_of_the_system(
    small: SmallHubtool, cards: Path, tmp_path: Path, images: Images, odd: str
) -> None:
    publish(cards, 3, "photographs")
    root = makers.write_folders(tmp_path / "set", images)
    (root / "val" / "n01").rename(root / "val" / odd)
    run = small(*VERIFY, cards, "--data", f"photographs={root}")
    assert (run.code, run.out) == (2, "")
    assert "2 class folders for a network with 3 outputs: the labels would be wrong" in run.err


def test_imagenet_has_its_thousand_synsets(small: SmallHubtool, cards: Path, tmp_path: Path, images: Images) -> None:
    small.outputs = 1000
    publish(cards, 1000, "ImageNet2012")
    data = next(iter(images.values()))[0]
    synsets = ilsvrc2012_synsets()
    root = tmp_path / "val"
    for place, synset in enumerate(synsets):
        (root / synset).mkdir(parents=True)
        if place % 250 == 3:
            (root / synset / f"{place}.JPEG").write_bytes(data)
    found = labels(small, cards, "--data", f"imagenet-1k={root}")
    assert found == {f"{place}.JPEG": place for place in (3, 253, 503, 753)}
    for place in (0, 500, 998):  # another year's thousand
        (root / synsets[place]).rename(root / f"n0000000{place % 7}")
    run = small(*VERIFY, cards, "--data", f"imagenet={root}")
    assert run.code == 2
    assert "1,000 class folders, but not those of ILSVRC2012" in run.err.replace("\n", " ")
    assert f"missing are 3 of its synsets: {synsets[0]}, {synsets[500]}, {synsets[998]}" in run.err
    assert "foreign to it are 3: n00000000, n00000003, n00000004" in run.err
