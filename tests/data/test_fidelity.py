"""Pixels, logits and accuracy against MindCV's own loader and network, on photographs of every kind."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest

from hubtool.data.layouts.imagefolder import ImageFolder
from hubtool.data.open import SplitSource, open_split
from hubtool.data.transform.spec import EvalRecipe
from hubtool.engine.mindspore import MindSporeSession
from hubtool.errors import NotFound
from tests.data import makers
from tests.photos import KINDS, crops, encoded, write_every_kind

np = pytest.importorskip("numpy")
pytest.importorskip("mindspore")
pytest.importorskip("sklearn")
mindcv_data = pytest.importorskip("mindcv.data")
pytestmark = pytest.mark.mindspore
CLASSES = ["n01440764", "n01443537", "n01484850"]
IMAGES = 10 * len(CLASSES)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    assert len(KINDS) <= IMAGES
    return write_every_kind(tmp_path_factory.mktemp("kinds"), CLASSES, per_class=IMAGES // len(CLASSES))


def peer_loader(root: Path, **transforms):
    return mindcv_data.create_loader(
        dataset=mindcv_data.create_dataset(root=str(root), split="val", shuffle=False),
        batch_size=8,
        transform=mindcv_data.create_transforms(dataset_name="imagenet", is_training=False, **transforms),
        num_parallel_workers=1,
    )


def ours(root: Path, recipe: EvalRecipe):
    folder = ImageFolder(root, len(CLASSES), recipe)
    return np.concatenate([batch.images for batch in folder.batches(range(len(folder)), 8)])


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"interpolation": "bicubic"},
        {"interpolation": "nearest", "crop_pct": 0.9},
        {"interpolation": "area", "crop_pct": 0.95},
        {"crop_pct": 1.0},
        {"crop_pct": 0.8, "image_size": 256, "mean": (127.5,) * 3, "std": (127.5,) * 3},
    ],
)
def test_pixels_are_those_of_mindcv(root: Path, options: dict) -> None:
    theirs = dict(options)
    rows = peer_loader(root, image_resize=theirs.pop("image_size", 224), **theirs)
    wanted = np.concatenate([row[0] for row in rows.create_tuple_iterator(num_epochs=1, output_numpy=True)])
    np.testing.assert_array_equal(ours(root, EvalRecipe(**options)), wanted)


@pytest.mark.parametrize("layout", ["tar", "parquet"])
def test_pixels_in_other_layouts_are_those_of_mindcv_too(root: Path, tmp_path: Path, layout: str) -> None:
    files = sorted((root / "val").glob("*/*"))
    images = {f"{path.parent.name}-{path.name}": (path.read_bytes(), CLASSES.index(path.parent.name)) for path in files}
    if layout == "tar":
        path = makers.write_tar(tmp_path, images)
    else:
        pytest.importorskip("pyarrow")
        path = makers.write_parquet(tmp_path, images)
    rows = peer_loader(root, image_resize=224).create_tuple_iterator(num_epochs=1, output_numpy=True)
    np.testing.assert_array_equal(arrays("imagenet", path, 224), np.concatenate([row[0] for row in rows]))


def arrays(dataset: str, path: Path, size: int, *, outputs: int = len(CLASSES), channels: int = 3):
    split = open_split(SplitSource(dataset, path, None, outputs, channels, size))
    return np.concatenate([batch.images for batch in split.batches(range(len(split)), 8)])


@pytest.mark.parametrize("size", [224, 32])
@pytest.mark.parametrize("dataset", ["cifar10", "cifar100", "mnist"])
def test_pixels_of_small_images_are_those_of_mindcv(tmp_path: Path, dataset: str, size: int) -> None:
    import mindspore.dataset as ds

    channels, side = (1, 28) if dataset == "mnist" else (3, 32)
    pixels, labels = makers.pixels(8, channels, side), list(range(8))
    if dataset == "mnist":
        makers.write_mnist(tmp_path, pixels, labels)
    else:
        makers.write_cifar(tmp_path, pixels, labels, {"cifar10": "cifar-10-binary"}.get(dataset, "cifar-100-python"))
    transforms = mindcv_data.create_transforms(dataset_name=dataset, is_training=False, image_resize=size)
    rows = ds.NumpySlicesDataset(pixels, ["image"], shuffle=False).map(transforms, input_columns="image").batch(8)
    ((wanted,),) = rows.create_tuple_iterator(num_epochs=1, output_numpy=True)
    outputs = 100 if dataset == "cifar100" else 10
    found = arrays(dataset, tmp_path, size, outputs=outputs, channels=channels)
    np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("file_format", ["GIF", "WEBP"])
def test_what_mindcv_cannot_read_cannot_be_read_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file_format: str
) -> None:
    from PIL import Image

    monkeypatch.chdir(tmp_path)  # MindSpore drops copies of what it cannot read into the working directory
    buffer = io.BytesIO()
    Image.fromarray(crops(1)[0]).save(buffer, file_format)
    (tmp_path / "val" / "a").mkdir(parents=True)
    (tmp_path / "val" / "a" / "1.JPEG").write_bytes(buffer.getvalue())
    with pytest.raises(NotFound, match=r"1\.JPEG: cannot be decoded"):
        list(ImageFolder(tmp_path, 1, EvalRecipe()).batches([0], 1))
    assert [path.name for path in tmp_path.iterdir()] == ["val"]
    with pytest.raises(RuntimeError):
        list(peer_loader(tmp_path, image_resize=224).create_tuple_iterator(num_epochs=1, output_numpy=True))


@pytest.mark.slow
def test_logits_and_accuracy_are_those_of_mindcv(root: Path, tmp_path: Path) -> None:
    import mindcv
    import mindspore

    from hubtool.checkpoint.reader import Checkpoint
    from hubtool.evaluation.loop import evaluate
    from hubtool.network.registry import build, find_spec
    from hubtool.network.spec import Form

    mindspore.set_seed(3)
    peer = mindcv.create_model("BiT_resnet50", num_classes=1000)
    peer.set_train(False)
    path = tmp_path / "random.ckpt"
    mindspore.save_checkpoint(peer, str(path))
    theirs = np.concatenate(
        [
            peer(mindspore.Tensor(images)).asnumpy()
            for images, _ in peer_loader(root, image_resize=224).create_tuple_iterator(num_epochs=1, output_numpy=True)
        ]
    )

    engine = MindSporeSession(build(find_spec("bit_resnet50"), Checkpoint(path).arrays(), Form.INFERENCE))
    # A random network answers every photograph with the same few classes: three of those are made the labels.
    favourites = np.argsort(-theirs.mean(axis=0))[: len(CLASSES)]
    names = [f"x{number}" for number in range(1000)]
    for favourite, name in zip(favourites, CLASSES, strict=True):
        names[favourite] = name
    folder = ImageFolder(root, 1000, EvalRecipe(), names)
    mine = np.concatenate([engine.logits(batch.images) for batch in folder.batches(range(IMAGES), 8)])

    assert np.abs(theirs).max() > 0.1
    np.testing.assert_allclose(mine, theirs, rtol=0, atol=1e-3)
    best = np.argsort(-theirs, axis=1, kind="stable")[:, :5]
    np.testing.assert_array_equal(np.argsort(-mine, axis=1, kind="stable")[:, :5], best)
    labels = np.array([sample.label for sample in folder.samples])
    counts = evaluate(engine, folder).counts
    for k, metric in ((1, mindspore.nn.Top1CategoricalAccuracy()), (5, mindspore.nn.Top5CategoricalAccuracy())):
        metric.update(theirs, labels)  # what MindCV's validation script reports
        assert counts.correct[k] == round(metric.eval() * IMAGES)
    assert 0 < counts.correct[1] < IMAGES


def test_pillow_resizes_as_torchvision_does() -> None:
    """Sizes and crop by the formulas of torchvision's Resize and CenterCrop."""
    from PIL import Image

    from hubtool.data.transform.pillow import pixels

    image = crops(1)[0][:150, :101]
    data = encoded(image, "rgba")
    wide = Image.fromarray(image).resize((256, int(256 * 150 / 101)), Image.Resampling.BICUBIC)
    recipe = EvalRecipe(interpolation="bicubic", backend="pillow")
    top = round((wide.height - 224) / 2)
    np.testing.assert_array_equal(pixels(data, recipe.geometry), np.asarray(wide)[top : top + 224, 16:240])
    squashed = EvalRecipe(interpolation="area", backend="pillow", resize_rule="squash", crop_pct=1.0)
    expected = np.asarray(Image.fromarray(image).resize((224, 224), Image.Resampling.BOX))
    np.testing.assert_array_equal(pixels(data, squashed.geometry), expected)


def test_other_recipes_do_what_they_say(root: Path) -> None:
    plain = EvalRecipe(image_size=32, mean=(0.0,) * 3, std=(1.0,) * 3)
    images = ours(root, plain)
    assert images.min() >= 0
    assert images.max() > 200
    np.testing.assert_array_equal(ours(root, replace(plain, channels="bgr")), images[:, ::-1])
    pillow = ours(root, replace(plain, backend="pillow"))
    assert 0 < np.abs(pillow - images).mean() < 40  # antialiased, but the same photographs
    squashed = ours(root, replace(plain, resize_rule="squash", crop_pct=1.0))
    assert squashed.shape == images.shape
    assert not (squashed == images).all()
