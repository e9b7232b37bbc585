"""Every layout through the one opener: what is recognised, what comes out, what is refused."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from hubtool.data.open import LAYOUTS, SplitSource, open_split
from hubtool.errors import BrokenDataset, HubtoolError, NotFound, UnreadableImages, UsageProblem
from tests.data import makers

np = pytest.importorskip("numpy")
pytest.importorskip("sklearn")


def opened(path: Path, outputs: int = 3, *, dataset: str = "ImageNet2012", channels: int = 3, classes=None):
    return open_split(SplitSource(dataset, path, classes, outputs, channels, 32))


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[bytes, int]]:
    return makers.photos(tmp_path_factory.mktemp("photos"))


IMAGENET = {
    "folders": makers.write_folders,
    "flat": makers.write_flat,
    "flat, numbers": lambda folder, images: makers.write_flat(folder, images, synsets=False),
    "tar": makers.write_tar,
    "tar of folders": lambda folder, images: makers.write_tar(folder, images, folders=True),
    "parquet": makers.write_parquet,
}


@pytest.mark.parametrize("layout", IMAGENET)
def test_the_same_images_in_every_layout(tmp_path: Path, images, layout: str) -> None:
    if layout == "parquet":
        pytest.importorskip("pyarrow")
    split = opened(IMAGENET[layout](tmp_path / "set", images))
    found = {
        name.rpartition("/")[2]: (sample.read(), label)
        for name, label, sample in zip(split.names, split.labels, split.samples, strict=True)
    }
    assert found == images
    assert len(set(split.names)) == len(split) == len(images)
    assert split.num_classes == 3
    reference = opened(makers.write_folders(tmp_path / "reference", images)).fingerprint(contents=True)
    fingerprint = split.fingerprint(contents=True)
    assert fingerprint.to_json() | {"layout": ""} == reference.to_json() | {"layout": ""}
    assert fingerprint.images == 6
    quick = split.fingerprint()
    assert quick.contents_sha256 is None
    assert quick.names_sha256 == fingerprint.names_sha256
    assert quick.bytes == (None if layout == "parquet" else sum(len(data) for data, _ in images.values()))


def test_the_fingerprint_tells_splits_apart(tmp_path: Path, images) -> None:
    first = opened(makers.write_flat(tmp_path / "a", images)).fingerprint(contents=True)
    name, (data, label) = next(iter(images.items()))
    changed = images | {name: (data[:-1] + b"x", label)}
    second = opened(makers.write_flat(tmp_path / "b", changed)).fingerprint(contents=True)
    assert first.names_sha256 == second.names_sha256
    assert first.bytes == second.bytes
    assert first.contents_sha256 != second.contents_sha256
    relabelled = images | {name: (data, (label + 1) % 3)}
    third = opened(makers.write_flat(tmp_path / "c", relabelled)).fingerprint()
    assert third.names_sha256 != first.names_sha256


@pytest.mark.parametrize("layout", [name for name in IMAGENET if "numbers" not in name])
def test_the_state_is_another_one_when_images_change_and_nothing_else_does(tmp_path: Path, images, layout: str) -> None:
    if layout == "parquet":
        pytest.importorskip("pyarrow")
    root = IMAGENET[layout](tmp_path / "set", images)
    before = opened(root)
    assert opened(root).state() == before.state()
    (first, (one, _)), (second, (other, _)) = list(images.items())[:2]
    size = max(len(one), len(other))
    exchanged = images | {first: (other.ljust(size, b"x"), 0), second: (one.ljust(size, b"x"), 0)}
    padded = images | {first: (one.ljust(size, b"x"), 0), second: (other.ljust(size, b"x"), 0)}
    states = set()
    for number, content in enumerate((padded, exchanged)):
        other_root = tmp_path / f"{number}"
        IMAGENET[layout](other_root, content)
        for path in filter(Path.is_file, other_root.rglob("*")):
            place = tmp_path / "set" / path.relative_to(other_root)
            place.write_bytes(path.read_bytes())
            os.utime(place, ns=(1, 1))  # as archives keep it
        states.add(opened(root).state())
    assert len(states) == 2


@pytest.mark.parametrize("kind", ["mnist", "cifar"])
def test_the_state_of_arrays_is_that_of_their_content(tmp_path: Path, kind: str) -> None:
    pixels, labels = makers.pixels(4, 1 if kind == "mnist" else 3), [1, 2, 3, 4]

    def write(array) -> str:
        if kind == "mnist":
            return opened(makers.write_mnist(tmp_path / kind, array, labels), 10, dataset="mnist", channels=1).state()
        return opened(makers.write_cifar(tmp_path / kind, array, labels, "cifar-10-binary"), 10).state()

    before = write(pixels)
    assert write(pixels) == before
    assert write(pixels[[1, 0, 2, 3]]) != before


@pytest.mark.mindspore
@pytest.mark.parametrize("layout", IMAGENET)
def test_batches_of_every_layout_are_the_same(tmp_path: Path, images, layout: str) -> None:
    pytest.importorskip("mindspore")
    if layout == "parquet":
        pytest.importorskip("pyarrow")
    split = opened(IMAGENET[layout](tmp_path / "set", images))
    reference = opened(makers.write_folders(tmp_path / "reference", images))
    order = sorted(range(6), key=lambda index: split.names[index].rpartition("/")[2])
    wanted = sorted(range(6), key=lambda index: reference.names[index].rpartition("/")[2])
    batches, expected = list(split.batches(order, 4)), list(reference.batches(wanted, 4))
    assert [len(batch.labels) for batch in batches] == [4, 2]
    for batch, other in zip(batches, expected, strict=True):
        np.testing.assert_array_equal(batch.images, other.images)
        assert batch.labels.tolist() == other.labels.tolist()


@pytest.mark.mindspore
@pytest.mark.parametrize("layout", ["folders", "tar", "parquet"])
def test_all_unreadable_images_are_named_and_the_rest_can_be_had(
    tmp_path: Path, images, layout: str, monkeypatch
) -> None:
    pytest.importorskip("mindspore")
    if layout == "parquet":
        pytest.importorskip("pyarrow")
    monkeypatch.chdir(tmp_path)
    names = sorted(images)
    broken = images | {names[1]: (b"not an image", images[names[1]][1]), names[4]: (b"", images[names[4]][1])}
    split = opened(IMAGENET[layout](tmp_path / "set", broken))
    indices = [5, 4, 3, 2, 1, 0]
    with pytest.raises(UnreadableImages, match="2 images cannot be decoded: ") as caught:
        list(split.batches(indices, 2))
    assert {split.names[index].rpartition("/")[2] for index in caught.value.indices} == {names[1], names[4]}
    assert list(split.unreadable(indices)) == [index for index in indices if index in caught.value.indices]
    left = [index for index in indices if index not in caught.value.indices]
    assert sum(len(batch.labels) for batch in split.batches(left, 3)) == 4
    assert split.unreadable(left) == {}


@pytest.mark.mindspore
def test_a_file_that_vanished_or_is_a_pipe_is_unreadable_and_does_not_block(
    tmp_path: Path, images, monkeypatch
) -> None:
    pytest.importorskip("mindspore")
    monkeypatch.chdir(tmp_path)
    root = makers.write_folders(tmp_path / "set", images)
    os.mkfifo(root / "val" / "n01" / "pipe.JPEG")
    (root / "val" / "n02" / "link.JPEG").symlink_to("nowhere.JPEG")
    split = opened(root)
    assert len(split) == 8
    with pytest.raises(UnreadableImages) as caught:
        list(split.batches(range(8), 3))
    assert [split.names[index] for index in caught.value.indices] == ["n01/pipe.JPEG", "n02/link.JPEG"]
    assert "n01/pipe.JPEG (not a regular file), n02/link.JPEG (No such file or directory)" in caught.value.message
    assert split.unreadable(range(8)).keys() == set(caught.value.indices)
    assert split.fingerprint().bytes is None
    with pytest.raises(BrokenDataset, match=r"pipe\.JPEG: cannot be read: not a regular file"):
        split.fingerprint(contents=True)


@pytest.mark.mindspore
def test_a_file_that_is_not_there_is_said_before_the_first_batch(tmp_path: Path, images) -> None:
    pytest.importorskip("mindspore")
    root = makers.write_folders(tmp_path, images)
    (root / "val" / "n10" / "z.JPEG").symlink_to("nowhere.JPEG")
    split = opened(root)
    with pytest.raises(UnreadableImages, match=r"n10/z\.JPEG: cannot be decoded: No such file or directory"):
        next(split.batches(range(7), 1))


CIFAR = ["cifar-10-python", "cifar-10-binary", "cifar-100-python", "cifar-100-binary"]


@pytest.mark.mindspore
@pytest.mark.parametrize("archive", [False, True])
@pytest.mark.parametrize("kind", CIFAR)
def test_cifar(tmp_path: Path, kind: str, archive: bool) -> None:
    pytest.importorskip("mindspore")
    count = 100 if "100" in kind else 10
    pixels, labels = makers.pixels(4), [3, 0, count - 1, 3]
    path = makers.write_cifar(tmp_path / "set", pixels, labels, kind, archive=archive)
    split = opened(path, count, dataset=f"cifar-{count}")
    assert list(split.labels) == labels
    assert split.names[1] == "test/0000001"
    (batch,) = split.batches([2, 0, 1, 3], 4)
    mean, std = np.array([0.4914, 0.4822, 0.4465]), np.array([0.2023, 0.1994, 0.2010])
    expected = ((pixels[[2, 0, 1, 3]] / 255 - mean) / std).transpose(0, 3, 1, 2)
    np.testing.assert_allclose(batch.images, expected, atol=1e-5)
    with pytest.raises(UsageProblem, match=f"{count} classes for a network with 1000 outputs"):
        opened(path, 1000, dataset=f"cifar-{count}")
    with pytest.raises(UsageProblem, match="read with 3 channels, the network takes 1 channel"):
        opened(path, count, dataset=f"cifar-{count}", channels=1)


def test_all_forms_of_cifar_have_one_fingerprint(tmp_path: Path) -> None:
    pixels, labels = makers.pixels(3), [1, 2, 9]
    prints = {
        opened(
            makers.write_cifar(tmp_path / f"{kind}{archive}", pixels, labels, kind, archive=archive), 10, dataset="cifar10"
        ).fingerprint(contents=True).contents_sha256
        for kind in CIFAR[:2]
        for archive in (False, True)
    }  # fmt: skip
    assert len(prints) == 1


def test_the_network_chooses_between_two_cifars_in_one_folder(tmp_path: Path) -> None:
    for kind, label in (("cifar-10-python", 1), ("cifar-100-binary", 99)):
        makers.write_cifar(tmp_path, makers.pixels(1), [label], kind)
    assert list(opened(tmp_path, 10, dataset="cifar10").labels) == [1]
    assert list(opened(tmp_path, 100, dataset="cifar100").labels) == [99]


@pytest.mark.mindspore
@pytest.mark.parametrize("zipped", [False, True])
def test_mnist(tmp_path: Path, zipped: bool) -> None:
    pytest.importorskip("mindspore")
    pixels, labels = makers.pixels(5, 1, 28), [7, 2, 1, 0, 9]
    root = makers.write_mnist(tmp_path / "MNIST" / "raw", pixels, labels, zipped=zipped).parent
    split = open_split(SplitSource("mnist", root, None, 10, 1, 28))
    batches = list(split.batches(range(5), 2))
    assert [batch.images.shape for batch in batches] == [(2, 1, 28, 28), (2, 1, 28, 28), (1, 1, 28, 28)]
    images = np.concatenate([batch.images for batch in batches])
    np.testing.assert_allclose(images, ((pixels / 255 - 0.1307) / 0.3081).transpose(0, 3, 1, 2), atol=1e-5)
    assert list(split.labels) == labels
    with pytest.raises(UsageProblem, match="10 classes for a network with 3 outputs"):
        opened(root, 3, dataset="mnist", channels=1)
    with pytest.raises(UsageProblem, match="read with 1 channel, the network takes 3 channels"):
        opened(root, 10, dataset="mnist")
    with pytest.raises(UsageProblem, match="no preprocessing is known for its grey images"):
        opened(root, 10, dataset="fashionmnist", channels=1)


def test_the_digits_are_built_in_and_have_to_fit() -> None:
    source = SplitSource("digits", None, None, 10, 1, 32)
    split = open_split(source)
    assert split.unreadable(range(360)) == {}
    prints = split.fingerprint(contents=True)
    assert (prints.images, len(prints.contents_sha256)) == (360, 64)
    for changed in ({"num_classes": 3}, {"in_channels": 3}):
        with pytest.raises(UsageProblem):
            open_split(replace(source, **changed))


@pytest.mark.parametrize(
    ("write", "said"),
    [
        (lambda path: path.mkdir(), "no dataset of a layout that hubtool understands"),
        (lambda path: path.write_bytes(b"some text"), "no dataset of a layout that hubtool understands"),
        (lambda path: path.write_bytes(b""), "no dataset of a layout that hubtool understands"),
    ],
)
def test_what_is_not_recognised_lists_what_is(tmp_path: Path, write, said: str) -> None:
    write(tmp_path / "set")
    with pytest.raises(UsageProblem, match=said) as caught:
        opened(tmp_path / "set")
    for word in ("val/<class>/<image>", "ILSVRC2012_img_val.tar", "Parquet", "cifar-10-batches-py", "t10k-images"):
        assert word in caught.value.hint


@pytest.mark.parametrize("below", ["", "val", "val/n01", "n01"])
def test_images_that_cannot_be_decoded_are_named_where_there_are_no_others(tmp_path: Path, below: str) -> None:
    (tmp_path / below).mkdir(parents=True, exist_ok=True)
    for name in ("a.webp", "b.webp", "c.gif"):
        (tmp_path / below / name).write_bytes(b"x")
    note = r"no image but 3 files of kinds that MindCV cannot decode \(1 \.gif, 2 \.webp\)"
    with pytest.raises(UsageProblem, match=note):
        opened(tmp_path)


@pytest.mark.parametrize("listed", [False, True])
def test_folders_whose_names_are_numbers_are_in_their_order_and_that_is_said(
    tmp_path: Path, images, caplog, listed: bool
) -> None:
    names = [str(number) for number in range(12)]
    given = names[::-1] if listed else None
    data, _ = next(iter(images.values()))
    for name in names:
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.JPEG").write_bytes(data)
    split = opened(tmp_path, 12, classes=given)
    found = {name.partition("/")[0]: label for name, label in zip(split.names, split.labels, strict=True)}
    assert found == {name: number for number, name in enumerate(given or names)}
    said = f"{tmp_path}: the names are numbered, outputs are in the order of the numbers, not of text: 0, 1, 2, ...; --classes"
    assert (said in caplog.text) is not listed


def test_no_warning_where_both_orders_are_one(tmp_path: Path, images, caplog) -> None:
    for number, (data, _) in enumerate(images.values()):
        (tmp_path / f"{number:03}").mkdir()
        (tmp_path / f"{number:03}" / "a.JPEG").write_bytes(data)
    assert list(opened(tmp_path, 6).labels) == list(range(6))
    assert not caplog.text


def test_class_folders_without_an_image_are_named(tmp_path: Path, images, caplog) -> None:
    root = makers.write_folders(tmp_path, images)
    for path in (root / "val" / "n02").iterdir():
        path.rename(path.with_suffix(".txt"))
    split = opened(root)
    assert sorted(set(split.labels)) == [0, 2]
    assert f"{root}: 1 class folder without an image: n02" in caplog.text


def test_nothing_at_the_path(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="does not exist"):
        opened(tmp_path / "none")


def test_what_was_recognised_is_said_in_one_line(tmp_path: Path, images, caplog) -> None:
    caplog.set_level("INFO", "hubtool")
    path = makers.write_tar(tmp_path, images)
    opened(path)
    assert caplog.messages == [f"{path}: images in a tar archive, labels in val.txt, 6 images"]
    assert len(LAYOUTS) == 6


@pytest.mark.parametrize("layout", IMAGENET)
def test_labels_that_do_not_fit_the_network_are_refused(tmp_path: Path, images, layout: str) -> None:
    if layout == "parquet":
        pytest.importorskip("pyarrow")
    path = IMAGENET[layout](tmp_path / "set", images)
    with pytest.raises(UsageProblem, match="network with 2 outputs"):
        opened(path, 2)
    named = layout in {"folders", "flat", "tar of folders"}
    if named:
        with pytest.raises(UsageProblem, match="3 class.* for a network with 1000 outputs"):
            opened(path, 1000)
        split = opened(path, 1000, classes=["x", "n10", "n02", "n01", *map(str, range(996))])
        assert sorted(set(split.labels)) == [1, 2, 3]
    else:
        with pytest.raises(UsageProblem, match="a class list does not apply"):
            opened(path, 3, classes=makers.SYNSETS)


def test_broken_archives_and_shards_are_errors_with_names(tmp_path: Path, images) -> None:
    tar = makers.write_tar(tmp_path, images)
    whole = tar.read_bytes()
    for length in (0, 100, 512, 700, len(whole) // 2, len(whole) // 512 * 512 - 10240):
        tar.write_bytes(whole[:length])
        with pytest.raises(HubtoolError, match="ILSVRC2012_img_val"):
            opened(tar)
    tar.write_bytes(b"\x1f\x8b" + whole)
    with pytest.raises(UsageProblem, match="compressed with gzip"):
        opened(tar)
    pytest.importorskip("pyarrow")
    root = makers.write_parquet(tmp_path / "parquet", images)
    shard = min((root / "data").iterdir())
    data = shard.read_bytes()
    for damaged in (data[: len(data) // 2], b"PAR1", b"", data[:-30] + b"\xff" * 26 + data[-4:]):
        shard.write_bytes(damaged)
        with pytest.raises(BrokenDataset, match="validation-00000-of-00002.parquet: cannot be"):
            opened(root)
    shard.unlink()
    with pytest.raises(BrokenDataset, match="1 of the 2 shards of validation are there"):
        opened(root)


def test_what_lies_beside_does_not_mislead(tmp_path: Path, images) -> None:
    root = makers.write_folders(tmp_path / "folders", images)
    (root / "sample.png").write_bytes(b"x")
    (root / "val" / "n02" / "notes.txt").write_text("x")
    (root / "ILSVRC2012_img_val.tar").write_bytes(b"x")
    assert opened(root).layout == opened(root / "val").layout == "a folder of images a class, 3 classes"
    flat = makers.write_flat(tmp_path / "flat", images)
    (flat / "train" / "n01").mkdir(parents=True)
    (flat / "train" / "n01" / "x.JPEG").write_bytes(b"x")
    assert opened(flat).layout == "a folder of images with labels in val_map.txt"
    makers.write_tar(tmp_path / "tar", images)
    assert opened(tmp_path / "tar").layout == "images in a tar archive, labels in val.txt"


@pytest.mark.parametrize("folder", ["", "a/{}/", "{}/"])
def test_shards_of_webdataset_are_named(tmp_path: Path, folder: str) -> None:
    files = {}
    for number in range(6):
        stem = f"{folder.format(number % 3)}{number:06}"
        files |= {f"{stem}.jpg": b"x", f"{stem}.cls": b"0", f"{stem}.json": b"{}"}
    for shard in ("photographs-000000.tar", "photographs-000001.tar"):
        (tmp_path / shard).write_bytes(makers.tar_bytes(files))
    with pytest.raises(UsageProblem, match=r"a shard of WebDataset, its labels are in \.cls members"):
        opened(tmp_path / "photographs-000000.tar")
    with pytest.raises(UsageProblem) as caught:
        opened(tmp_path)
    assert "are shards of WebDataset, which hubtool does not read" in caught.value.hint
