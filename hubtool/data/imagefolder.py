"""A folder with one folder of images a class, read as MindCV reads it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from pathlib import Path

from hubtool.data.dataset import Batch
from hubtool.data.preprocess import preprocessed
from hubtool.data.recipe import EvalRecipe
from hubtool.errors import NotFound, UsageProblem

_EXTENSIONS = {".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff"}


@dataclass(frozen=True, slots=True)
class _File:
    """An image of a class folder."""

    path: Path
    name: str
    label: int

    def read(self) -> bytes:
        return self.path.read_bytes()


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
            _File(path, f"{folder}/{path.name}", labels[folder])
            for folder in folders
            for path in sorted((self.root / folder).iterdir())
            if path.suffix.lower() in _EXTENSIONS
        ]
        if not self.samples:
            raise NotFound(f"{self.root}: no image in its class folders", hint="expected val/<class>/<image>.JPEG")

    def __len__(self) -> int:
        """Number of images in the split."""
        return len(self.samples)

    def with_recipe(self, recipe: EvalRecipe) -> ImageFolder:
        """The same images, prepared by another recipe."""
        other = copy(self)
        other.recipe = recipe
        return other

    def batches(self, indices: Sequence[int], batch_size: int) -> Iterator[Batch]:
        """The images at `indices`, in that order. Raises NotFound for an image that cannot be decoded."""
        chosen = [self.samples[index] for index in indices]
        return preprocessed(chosen, self.recipe, batch_size, dataset=self.name)


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
