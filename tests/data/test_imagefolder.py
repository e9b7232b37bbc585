from __future__ import annotations

from pathlib import Path

import pytest

from hubtool.data.labelspace import LabelSpace
from hubtool.data.layouts import imagefolder
from hubtool.data.layouts.imagefolder import ImageFolder
from hubtool.data.split import left_out_note
from hubtool.data.transform.spec import EvalRecipe
from hubtool.errors import BrokenDataset, NotFound, UsageProblem
from tests.photos import crops, encoded, write_photos

np = pytest.importorskip("numpy")
pytest.importorskip("sklearn")
pytest.importorskip("cv2")
CLASSES = ["n01", "n02", "n10"]
RECIPE = EvalRecipe()


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_photos(tmp_path_factory.mktemp("photos"), CLASSES, per_class=4)


def collect(folder: ImageFolder, indices, batch_size: int = 5):
    batches = list(folder.batches(indices, batch_size))
    return np.concatenate([b.images for b in batches]), np.concatenate([b.labels for b in batches])


@pytest.mark.parametrize("below", ["", "val"])
def test_the_folder_may_be_val_or_hold_it(root: Path, below: str) -> None:
    folder = ImageFolder(root / below, num_classes=3, recipe=RECIPE)
    assert len(folder) == 12
    assert list(folder.labels) == [0] * 4 + [1] * 4 + [2] * 4
    assert folder.names[3:5] == ["n01/003.JPEG", "n02/000.JPEG"]


def test_resize_rounds_down_as_mindcv_does() -> None:
    assert RECIPE.resize == 256
    assert EvalRecipe(image_size=224, crop_pct=0.9).resize == 248


def test_a_class_list_orders_the_labels(root: Path) -> None:
    names = [f"x{n}" for n in range(7)] + ["n10", "n02", "n01"]
    folder = ImageFolder(root, num_classes=10, recipe=RECIPE, class_names=names)
    assert sorted({(sample.path.parent.name, sample.label) for sample in folder.samples}) == [
        ("n01", 9),
        ("n02", 8),
        ("n10", 7),
    ]


@pytest.mark.parametrize(
    ("outputs", "names", "said"),
    [
        (1000, None, "3 class folders for a network with 1000 outputs: the labels would be wrong"),
        (2, None, "3 class folders for a network with 2 outputs"),
        (3, ["n01", "n02", "n03"], "class folder n10 is not in the class list"),
        (2, CLASSES, "the class list has 3 names, the network 2 outputs: the labels would be wrong"),
        (3, [], "class folder n01 is not in the class list"),
    ],
)
def test_labels_that_would_be_silently_wrong_are_refused(root: Path, outputs: int, names, said: str) -> None:
    with pytest.raises(UsageProblem, match=said):
        ImageFolder(root, outputs, RECIPE, names)


def test_folders_that_are_missing_or_empty(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no such folder"):
        ImageFolder(tmp_path / "none", 3, RECIPE)
    (tmp_path / "a").mkdir()
    with pytest.raises(NotFound, match="no image in its class folders"):
        ImageFolder(tmp_path, 1, RECIPE)


@pytest.mark.mindspore
def test_pixels_are_those_of_mindcv(root: Path) -> None:
    mindcv_data = pytest.importorskip("mindcv.data")
    peer = mindcv_data.create_loader(
        dataset=mindcv_data.create_dataset(root=str(root), split="val", shuffle=False),
        batch_size=5,
        transform=mindcv_data.create_transforms(dataset_name="imagenet", is_training=False, image_resize=224),
        num_parallel_workers=1,
    )
    rows = list(peer.create_tuple_iterator(num_epochs=1, output_numpy=True))
    images, labels = collect(ImageFolder(root, 3, RECIPE), range(12))
    assert images.dtype == np.float32
    assert images.shape == (12, 3, 224, 224)
    np.testing.assert_array_equal(images, np.concatenate([row[0] for row in rows]))
    assert labels.tolist() == np.concatenate([row[1] for row in rows]).tolist()


PICTURES = {"0.jpe": "rgb", "1.JFIF": "cmyk", "2.ppm": "ppm", "3.pgm": "pgm", "4.PBM": "pbm", "5.pnm": "ppm"}


@pytest.mark.mindspore
def test_every_kind_that_is_taken_is_read_as_mindcv_reads_it(tmp_path: Path) -> None:
    mindcv_data = pytest.importorskip("mindcv.data")
    (tmp_path / "val" / "a").mkdir(parents=True)
    for (name, kind), image in zip(PICTURES.items(), crops(len(PICTURES), seed=3), strict=True):
        (tmp_path / "val" / "a" / name).write_bytes(encoded(image, kind))
    peer = mindcv_data.create_loader(
        dataset=mindcv_data.create_dataset(root=str(tmp_path), split="val", shuffle=False),
        batch_size=len(PICTURES),
        transform=mindcv_data.create_transforms(dataset_name="imagenet", is_training=False, image_resize=224),
        num_parallel_workers=1,
    )
    ((wanted, _),) = peer.create_tuple_iterator(num_epochs=1, output_numpy=True)
    folder = ImageFolder(tmp_path, 1, RECIPE)
    assert folder.names == [f"a/{name}" for name in PICTURES]
    np.testing.assert_array_equal(collect(folder, range(len(PICTURES)))[0], wanted)


@pytest.mark.parametrize("file_format", ["GIF", "WEBP", "JPEG2000", "TGA"])
def test_the_kinds_that_are_left_out_cannot_be_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file_format: str
) -> None:
    from PIL import Image

    monkeypatch.chdir(tmp_path)
    (tmp_path / "val" / "a").mkdir(parents=True)
    Image.fromarray(crops(1)[0]).save(tmp_path / "val" / "a" / "1.JPEG", file_format)
    assert ImageFolder(tmp_path, 1, RECIPE).unreadable([0]) == {0: "not an image that can be read"}
    assert [path.name for path in tmp_path.iterdir()] == ["val"]


def test_what_is_left_out_is_named_and_what_is_no_image_is_not(tmp_path: Path) -> None:
    write_photos(tmp_path, ["a", "b"], per_class=1)
    for name in ("a/x.gif", "b/y.WEBP", "b/z.gif", "b/README.md", "b/.DS_Store", "w.gif"):
        (tmp_path / "val" / name).write_bytes(b"x")
    folder = ImageFolder(tmp_path, 2, RECIPE)
    assert folder.names == ["a/000.JPEG", "b/000.JPEG"]
    assert folder.left_out == folder.with_recipe(EvalRecipe(32)).left_out == ["a/x.gif", "b/y.WEBP", "b/z.gif"]
    assert left_out_note(folder.left_out) == "3 files of kinds that MindCV cannot decode (2 .gif, 1 .webp)"


def test_a_part_is_the_images_asked_for(root: Path) -> None:
    folder = ImageFolder(root, 3, RECIPE)
    all_images, _ = collect(folder, range(12))
    images, labels = collect(folder, [11, 0, 5], batch_size=2)
    np.testing.assert_array_equal(images, all_images[[11, 0, 5]])
    assert labels.tolist() == [2, 0, 1]


def test_images_that_cannot_be_decoded_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # no copy of a bad image is dropped into the working directory
    write_photos(tmp_path, ["a"], per_class=3)
    broken = tmp_path / "val" / "a" / "001.JPEG"
    broken.write_bytes(broken.read_bytes()[:100])
    folder = ImageFolder(tmp_path, 1, RECIPE)
    with pytest.raises(NotFound, match=r"001\.JPEG: cannot be decoded"):
        collect(folder, range(3))
    assert [path.name for path in Path().iterdir()] == ["val"]
    broken.write_bytes(b"")
    with pytest.raises(NotFound, match=r"001\.JPEG: cannot be decoded"):
        collect(folder, range(3))


def test_links_among_class_folders(tmp_path: Path) -> None:
    for name in ("cat", "dog", "emu"):
        (tmp_path / "store" / name).mkdir(parents=True)
        (tmp_path / "store" / name / "x.jpg").write_bytes(b"x")
    root = tmp_path / "val"
    root.mkdir()
    for name in ("cat", "dog", "emu"):
        (root / name).symlink_to(tmp_path / "store" / name)
    assert [sample.name for sample in imagefolder.read(root, LabelSpace(3)).samples] == [
        "cat/x.jpg",
        "dog/x.jpg",
        "emu/x.jpg",
    ]
    (root / "kitten").symlink_to(root / "cat")
    with pytest.raises(UsageProblem, match="cat and kitten are one folder"):
        imagefolder.read(root, LabelSpace(4))
    (root / "kitten").unlink()
    (root / "yak").symlink_to(tmp_path / "not mounted")
    with pytest.raises(BrokenDataset, match="links to what is not there: yak"):
        imagefolder.read(root, LabelSpace(3))


def test_images_below_class_folders_are_said(tmp_path: Path, caplog) -> None:
    for place in ("cat/x.jpg", "cat/persian/y.jpg", "dog/x.jpg", "dog/notes/z.txt"):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_bytes(b"x")
    split = imagefolder.read(tmp_path, LabelSpace(2))
    assert [sample.name for sample in split.samples] == ["cat/x.jpg", "dog/x.jpg"]
    assert "1 folder with images below class folders, not read: cat/persian" in caplog.text
