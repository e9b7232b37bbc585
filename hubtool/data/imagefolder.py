"""A folder with one folder of images a class, read as MindCV reads it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hubtool.data.dataset import Batch
from hubtool.data.recipe import EvalRecipe
from hubtool.errors import NotFound, UsageProblem
from hubtool.extras import require_mindspore

_EXTENSIONS = {".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff"}


class ImageFolder:
    """Images under `root/<class>/`; the classes are the sorted folder names.

    Parameters
    ----------
    root
        The folder that holds `val/`, or `val/` itself.
    outputs
        Classes the network tells apart: with fewer folders than that, sorted names give wrong labels.
    class_names
        Folder names in the order of the network's outputs, when the folders are only some of them.

    Raises
    ------
    NotFound
        There is no such folder, or no image in it.
    UsageProblem
        Folders and outputs do not agree and no class list was given, or the list lacks a folder.
    """

    def __init__(self, root: Path, outputs: int, recipe: EvalRecipe, class_names: Sequence[str] | None = None):
        self.root = root / "val" if (root / "val").is_dir() else root
        self.recipe = recipe
        self.name = str(self.root)
        self.classes = outputs
        if not self.root.is_dir():
            raise NotFound(f"{self.root}: no such folder of images", hint="name the folder that holds val/")
        folders = sorted(entry.name for entry in os.scandir(self.root) if entry.is_dir())
        labels = _labels(self.root, folders, outputs, class_names)
        self.samples = [
            (path, labels[folder])
            for folder in folders
            for path in sorted((self.root / folder).iterdir())
            if path.suffix.lower() in _EXTENSIONS
        ]
        if not self.samples:
            raise NotFound(f"{self.root}: no image in its class folders", hint="expected val/<class>/<image>.JPEG")

    def __len__(self) -> int:
        """Number of images in the split."""
        return len(self.samples)

    def batches(self, indices: Sequence[int], batch_size: int) -> Iterator[Batch]:
        """The images at `indices`, decoded and preprocessed by mindspore.dataset, in that order.

        Raises
        ------
        NotFound
            An image cannot be decoded; the message names it.
        """
        require_mindspore("read images")
        pipeline = _pipeline([self.samples[index] for index in indices], self.recipe).batch(batch_size)
        rows = pipeline.create_tuple_iterator(num_epochs=1, output_numpy=True)
        with _no_dump():
            try:
                for images, labels in rows:
                    yield Batch(images, labels)
            except RuntimeError as error:
                raise self._unreadable(indices, error) from error

    def _unreadable(self, indices: Sequence[int], error: RuntimeError) -> NotFound | UsageProblem:
        """Name the images that cannot be decoded: the pipeline only tells that one could not."""
        bad = [self.samples[index][0] for index in indices if not _decodes(self.samples[index][0])]
        if not bad:
            return UsageProblem(f"{self.root}: mindspore.dataset failed: {_first_line(error)}")
        more = f" and {len(bad) - 1} more" if len(bad) > 1 else ""
        return NotFound(f"{bad[0]}{more}: cannot be decoded as an image", hint="restore the file: no image is left out")


def _labels(root: Path, folders: list[str], outputs: int, class_names: Sequence[str] | None) -> dict[str, int]:
    if class_names is not None:
        labels = {name: label for label, name in enumerate(class_names)}
        unknown = [folder for folder in folders if folder not in labels]
        if unknown:
            raise UsageProblem(f"{root}: class folder {unknown[0]} is not in the class list")
        if len(class_names) > outputs:
            raise UsageProblem(f"the class list has {len(class_names)} names, the network {outputs} outputs")
        return labels
    if len(folders) != outputs:
        raise UsageProblem(
            f"{root}: {len(folders)} class folders for a network with {outputs} outputs: the labels would be wrong",
            hint="give the folder names in the order of the outputs with --classes FILE",
        )
    return {name: label for label, name in enumerate(folders)}


def _pipeline(samples: Sequence[tuple[Path, int]], recipe: EvalRecipe) -> Any:
    """MindCV's evaluation transforms over (undecoded image, label) rows."""
    import mindspore.dataset as ds
    import numpy as np
    from mindspore.dataset import vision

    class Files:
        """Random access to the undecoded bytes, for GeneratorDataset."""

        def __len__(self) -> int:
            return len(samples)

        def __getitem__(self, index: int) -> tuple[Any, Any]:
            path, label = samples[index]
            return np.fromfile(path, dtype=np.uint8), np.int32(label)

    transforms = [
        vision.Decode(),
        vision.Resize(recipe.resize, interpolation=vision.Inter[recipe.interpolation.upper()]),
        vision.CenterCrop(recipe.image_size),
        vision.Normalize(mean=list(recipe.mean), std=list(recipe.std)),
        vision.HWC2CHW(),
    ]
    rows = ds.GeneratorDataset(Files(), ["image", "label"], shuffle=False, python_multiprocessing=False)
    return rows.map(transforms, input_columns="image")


def _decodes(path: Path) -> bool:
    import numpy as np
    from mindspore.dataset import vision

    # MindSpore 2.8 fails once more on the image after one that failed: the second try tells.
    for _ in range(2):
        try:
            vision.Decode()(np.fromfile(path, dtype=np.uint8))
        except (RuntimeError, TypeError, ValueError):
            continue
        return True
    return False


@contextmanager
def _no_dump() -> Iterator[None]:
    """Take away the copy of a bad image that MindSpore leaves in the working directory."""
    dump = Path("abnormal_image.jpg")
    was_there = dump.exists()
    try:
        yield
    finally:
        if not was_there:
            dump.unlink(missing_ok=True)


def _first_line(error: Exception) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip(" -")), type(error).__name__)
