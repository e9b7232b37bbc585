"""A dataset of undecoded images and the recipe that prepares them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

from hubtool.data.fingerprint import Fingerprint, fingerprint_of, state_of
from hubtool.data.layout import Split
from hubtool.data.loader import preprocessed, unreadable_images, why_unreadable
from hubtool.data.samples import Sample
from hubtool.data.split import Batch
from hubtool.data.transform.spec import EvalRecipe
from hubtool.errors import UnreadableImages, UsageProblem
from hubtool.progress import SILENT, Progress


class SampleDataset:
    """A split whose images are decoded and preprocessed by a recipe.

    Parameters
    ----------
    num_classes
        Classes the network tells apart.
    rescale
        Divide pixels by 255 before normalising, as MindCV does it for some datasets.

    Raises
    ------
    UsageProblem
        The recipe normalises another number of channels than the images have.
    """

    def __init__(self, split: Split, num_classes: int, recipe: EvalRecipe, *, rescale: bool = False):
        if not len(recipe.mean) == len(recipe.std) == split.channels:
            raise UsageProblem(
                f"{split.root}: the images have {split.channels} channels, the recipe normalises {len(recipe.mean)}"
            )
        self.split = split
        self.samples = split.samples
        self.root = split.root
        self.layout = split.layout
        self.left_out = split.left_out
        self.clutter = split.clutter
        self.name = str(split.root)
        self.num_classes = num_classes
        self.recipe = recipe
        self.rescale = rescale

    def with_recipe(self, recipe: EvalRecipe) -> SampleDataset:
        """The same images, preprocessed differently."""
        return SampleDataset(self.split, self.num_classes, recipe, rescale=self.rescale)

    @cached_property
    def names(self) -> Sequence[str]:
        """Path of each image from the root."""
        return [sample.name for sample in self.samples]

    @cached_property
    def labels(self) -> Sequence[int]:
        """The class of each image."""
        return [sample.label for sample in self.samples]

    def __len__(self) -> int:
        """Number of images in the split."""
        return len(self.samples)

    def batches(self, indices: Sequence[int], batch_size: int) -> Iterator[Batch]:
        """The images at `indices`, in that order. Raises UnreadableImages, at once if a file is not there."""
        chosen = [self.samples[index] for index in indices]
        try:
            if any(map(_is_gone, chosen)):
                raise unreadable_images(chosen, self.recipe.geometry, self.name)
            yield from preprocessed(chosen, self.recipe, batch_size, dataset=self.name, rescale=self.rescale)
        except UnreadableImages as error:
            error.indices = tuple(indices[place] for place in error.indices)
            raise

    def unreadable(self, indices: Sequence[int]) -> dict[int, str]:
        """Why images at `indices` cannot be decoded, by index."""
        reasons = why_unreadable([self.samples[index] for index in indices], self.recipe.geometry)
        return {indices[place]: reason for place, reason in reasons.items()}

    def fingerprint(self, *, contents: bool = False, progress: Progress = SILENT) -> Fingerprint:
        """What tells this split from another one. Raises BrokenDataset for what cannot be read, with `contents`."""
        return fingerprint_of(
            self.samples, self.labels, layout=self.layout, called=self.name, contents=contents, progress=progress
        )

    def state(self) -> str:
        """Another SHA-256 once an image may have changed."""
        return state_of(self.samples)


def _is_gone(sample: Sample) -> bool:
    try:
        sample.size()
    except OSError:
        return True
    return False
