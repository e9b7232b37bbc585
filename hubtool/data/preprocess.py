"""Undecoded images to what a network takes, by mindspore.dataset and a recipe, as MindCV does it.

Whatever mindspore.dataset decodes is decoded as it does it, which is what MindCV's loader sees too: grey, CMYK and
palette images become RGB, the orientation in EXIF data is not heeded, GIF and WebP cannot be read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from hubtool.data.dataset import Batch
from hubtool.data.pillow import resized
from hubtool.data.recipe import BGR, PILLOW, SQUASH, EvalRecipe
from hubtool.errors import HubtoolError, UnreadableImages, UsageProblem
from hubtool.extras import require_mindspore
from hubtool.words import first_line

_MOST_NAMED = 100
"""Images that the message about unreadable ones names."""


class Sample(Protocol):
    """One image of a dataset, wherever it is kept."""

    @property
    def name(self) -> str:
        """What it is called: its path from the dataset's root."""

    @property
    def label(self) -> int:
        """Number of its class, from 0."""

    def read(self) -> bytes:
        """The undecoded image."""


def preprocessed(samples: Sequence[Sample], recipe: EvalRecipe, batch_size: int, *, dataset: str) -> Iterator[Batch]:
    """Batches of the samples, in their order, the last one possibly smaller.

    Parameters
    ----------
    dataset
        What messages call the dataset.

    Raises
    ------
    UnreadableImages
        Some cannot be decoded: the message names them, `indices` are their places among the samples.
    """
    require_mindspore("read images")
    pipeline = _pipeline(samples, recipe).batch(batch_size)
    rows = pipeline.create_tuple_iterator(num_epochs=1, output_numpy=True)
    with _no_dump():
        try:
            for images, labels in rows:
                yield Batch(images, labels)
        except RuntimeError as error:
            raise _problem(samples, recipe, dataset, error) from error


def _pipeline(samples: Sequence[Sample], recipe: EvalRecipe) -> Any:
    """The recipe's transforms over (undecoded image, label) rows."""
    import mindspore.dataset as ds
    import numpy as np

    class Source:
        """Random access to the images, undecoded or as Pillow prepared them, for GeneratorDataset."""

        def __len__(self) -> int:
            return len(samples)

        def __getitem__(self, index: int) -> tuple[Any, Any]:
            sample = samples[index]
            data = sample.read()
            image = resized(data, recipe) if recipe.backend == PILLOW else np.frombuffer(data, dtype=np.uint8)
            return image, np.int32(sample.label)

    rows = ds.GeneratorDataset(Source(), ["image", "label"], shuffle=False, python_multiprocessing=False)
    return rows.map(_transforms(recipe), input_columns="image")


def _transforms(recipe: EvalRecipe) -> list[Any]:
    """With the defaults of a recipe, exactly MindCV's `transforms_imagenet_eval`."""
    from mindspore.dataset import vision

    size = (recipe.resize, recipe.resize) if recipe.resize_rule == SQUASH else recipe.resize
    resizing = [
        vision.Decode(),
        vision.Resize(size, interpolation=vision.Inter[recipe.interpolation.upper()]),
        vision.CenterCrop(recipe.image_size),
    ]
    return [
        *(resizing if recipe.backend != PILLOW else []),
        *([vision.ConvertColor(vision.ConvertMode.COLOR_RGB2BGR)] if recipe.channels == BGR else []),
        vision.Normalize(mean=list(recipe.mean), std=list(recipe.std)),
        vision.HWC2CHW(),
    ]


def _problem(
    samples: Sequence[Sample], recipe: EvalRecipe, dataset: str, error: RuntimeError
) -> UnreadableImages | UsageProblem:
    """Name the images that cannot be decoded: the pipeline only tells that one could not."""
    bad = unreadable(samples, recipe)
    if not bad:
        return UsageProblem(f"{dataset}: mindspore.dataset failed: {first_line(error)}")
    names = [samples[place].name for place in bad[:_MOST_NAMED]]
    more = f", and {len(bad) - len(names):,} more" if len(bad) > len(names) else ""
    said = f"{dataset}: {len(bad):,} images cannot be decoded: {', '.join(names)}{more}"
    if len(bad) == 1:
        said = f"{dataset}/{names[0]}: cannot be decoded as an image"
    return UnreadableImages(said, bad, hint="restore the file: no image is left out")


def unreadable(samples: Sequence[Sample], recipe: EvalRecipe) -> list[int]:
    """Places of the samples that cannot be read or decoded by what the recipe resizes with; decodes every one."""
    with _no_dump():
        return [place for place, sample in enumerate(samples) if not _is_readable(sample, recipe)]


def _is_readable(sample: Sample, recipe: EvalRecipe) -> bool:
    try:
        data = sample.read()
        if recipe.backend == PILLOW:
            resized(data, recipe)
    except (OSError, HubtoolError):
        return False
    return recipe.backend == PILLOW or decodes(data)


def decodes(data: bytes) -> bool:
    """Whether mindspore.dataset can decode an image."""
    import numpy as np
    from mindspore.dataset import vision

    # MindSpore 2.8 fails once more on the image after one that failed: the second try tells.
    for _ in range(2):
        try:
            vision.Decode()(np.frombuffer(data, dtype=np.uint8))
        except (RuntimeError, TypeError, ValueError):
            continue
        return True
    return False


@contextmanager
def _no_dump() -> Iterator[None]:
    """Take away the copies of bad images that MindSpore leaves in the working directory."""
    were_there = _dumps()
    try:
        yield
    finally:
        for dump in _dumps() - were_there:
            dump.unlink(missing_ok=True)


def _dumps() -> set[Path]:
    return {*Path().glob("abnormal_image.*"), *Path().glob("unsupported_image.*")}
