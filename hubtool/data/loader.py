"""Undecoded images to what a network takes, by mindspore.dataset and a recipe, as MindCV does it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from hubtool.data.split import Batch
from hubtool.data.transform.opencv import NO_IMAGE, CannotDecode, Sample, decoded, no_dumps, why_unreadable
from hubtool.data.transform.spec import BGR, EvalRecipe
from hubtool.errors import UnreadableImages, UsageProblem
from hubtool.network.mindspore import require_mindspore
from hubtool.words import counted, first_line

_MOST_NAMED = 100
"""Images that the message about unreadable ones names."""
_WHITE = 255


def preprocessed(
    samples: Sequence[Sample], recipe: EvalRecipe, batch_size: int, *, dataset: str, rescale: bool = False
) -> Iterator[Batch]:
    """Batches of the samples, in their order, the last one possibly smaller.

    Parameters
    ----------
    dataset
        What messages call the dataset.
    rescale
        Divide by 255 before normalising, as MindCV does it for some datasets: the same but for the last bits.

    Raises
    ------
    UnreadableImages
        Some cannot be decoded: the message names them, `indices` are their places among the samples.
    """
    require_mindspore("read images")
    bad: dict[int, str] = {}
    pipeline = _pipeline(samples, recipe, bad, rescale=rescale).batch(batch_size)
    rows = pipeline.create_tuple_iterator(num_epochs=1, output_numpy=True)
    with no_dumps():
        try:
            for images, labels in rows:
                if bad:
                    break
                yield Batch(images, labels)
        except RuntimeError as error:
            raise UsageProblem(f"{dataset}: mindspore.dataset failed: {first_line(error)}") from error
    if bad:
        raise unreadable_images(samples, recipe, dataset, known=bad)


def unreadable_images(
    samples: Sequence[Sample], recipe: EvalRecipe, dataset: str, known: dict[int, str] | None = None
) -> UnreadableImages:
    """The error that names all images that cannot be decoded.

    Parameters
    ----------
    known
        Reasons by place of the first ones: what comes before the last of them is not looked at again.
    """
    reasons = dict(known or {})
    start = max(reasons, default=-1) + 1
    for place, reason in why_unreadable(islice(samples, start, None), recipe).items():
        reasons[start + place] = reason
    places = sorted(reasons)
    names = [_with_reason(samples[place].name, reasons[place]) for place in places[:_MOST_NAMED]]
    more = f", and {len(places) - len(names):,} more" if len(places) > len(names) else ""
    said = f"{dataset}: {counted(len(places), 'image')} cannot be decoded: {', '.join(names)}{more}"
    if len(places) == 1:
        reason = reasons[places[0]]
        why = " as an image" if reason == NO_IMAGE else f": {reason}"
        said = f"{dataset}/{samples[places[0]].name}: cannot be decoded{why}"
    return UnreadableImages(said, places, hint="mend the data, or leave them out with --skip-unreadable")


def _with_reason(name: str, reason: str) -> str:
    return name if reason == NO_IMAGE else f"{name} ({reason})"


def _pipeline(samples: Sequence[Sample], recipe: EvalRecipe, bad: dict[int, str], *, rescale: bool) -> Any:
    """The recipe's transforms over (image, label) rows; reasons by place of what cannot be decoded go to `bad`.

    Images are decoded and resized before the pipeline sees them: one that fails within it, after another pipeline in
    the same process, is the death of the process in MindSpore 2.8.
    """
    import mindspore.dataset as ds
    import numpy as np

    blank = np.zeros((recipe.image_size, recipe.image_size, 3), dtype=np.uint8)

    class Source:
        """Random access to the images for GeneratorDataset."""

        def __len__(self) -> int:
            return len(samples)

        def __getitem__(self, index: int) -> tuple[Any, Any]:
            sample = samples[index]
            try:
                image = decoded(sample, recipe)
            except CannotDecode as error:
                bad[int(index)], image = str(error), blank
            return image, np.int32(sample.label)

    rows = ds.GeneratorDataset(Source(), ["image", "label"], shuffle=False, python_multiprocessing=False)
    return rows.map(_transforms(recipe, rescale=rescale), input_columns="image")


def _transforms(recipe: EvalRecipe, *, rescale: bool) -> list[Any]:
    """What comes after resizing and cropping."""
    from mindspore.dataset import vision

    return [
        *([vision.ConvertColor(vision.ConvertMode.COLOR_RGB2BGR)] if recipe.channels == BGR else []),
        *(_rescaled(recipe) if rescale else [vision.Normalize(mean=list(recipe.mean), std=list(recipe.std))]),
        vision.HWC2CHW(),
    ]


def _rescaled(recipe: EvalRecipe) -> list[Any]:
    """Values from 0 to 1, then normalised: in MindCV's `transforms_cifar` by channel, in `transforms_mnist` at once."""
    from mindspore.dataset import vision

    means, stds = ([value / _WHITE for value in values] for values in (recipe.mean, recipe.std))
    one_for_all = len(set(means)) == len(set(stds)) == 1
    normalising = (
        vision.Rescale(1 / stds[0], -means[0] / stds[0]) if one_for_all else vision.Normalize(mean=means, std=stds)
    )
    return [vision.Rescale(1 / _WHITE, 0.0), normalising]
