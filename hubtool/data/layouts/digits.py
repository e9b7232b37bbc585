"""scikit-learn's handwritten digits: 1,797 real 8x8 grey images that come with the package.

Source: E. Alpaydin, C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning Repository,
https://doi.org/10.24432/C50P49. The split follows the order of the file, unshuffled.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from hubtool.card.datasets import DIGITS
from hubtool.data.fingerprint import Fingerprint, fingerprint_of, state_of
from hubtool.data.samples import GREYS, PixelSample
from hubtool.data.split import Batch
from hubtool.extras import require
from hubtool.progress import SILENT, Progress

TRAIN_IMAGES = 1437
"""The first 1,437 images are the training split, the last 360 the test split."""
_FILE = "datasets/data/digits.csv.gz"
_MAX_GREY = 16
_SIDE = 8


class Digits:
    """One split of the digits as (N, 1, size, size) float32 images from -1 (paper) to 1 (ink).

    Parameters
    ----------
    split
        `train` or `test`.
    size
        Height and width in pixels that the 8x8 originals are enlarged to, bilinearly.

    Raises
    ------
    MissingExtra
        scikit-learn is not installed.
    """

    num_classes = DIGITS.num_classes
    left_out: Sequence[str] = ()
    clutter: Sequence[str] = ()

    def __init__(self, split: str, size: int):
        originals, labels = _all_digits()
        part = slice(TRAIN_IMAGES) if split == "train" else slice(TRAIN_IMAGES, None)
        numbers = range(len(labels))[part]
        self.name = f"digits ({split} split)"
        self._originals = originals[part]
        self.images = _enlarged(self._originals, size)
        self.labels = labels[part]
        self.names = [f"digits/{number:07}" for number in numbers]

    def __len__(self) -> int:
        """Number of images in the split."""
        return len(self.labels)

    def batches(self, indices: Sequence[int], batch_size: int) -> Iterator[Batch]:
        """The images at `indices`, in that order."""
        for start in range(0, len(indices), batch_size):
            chosen = list(indices[start : start + batch_size])
            yield Batch(self.images[chosen], self.labels[chosen])

    def unreadable(self, indices: Sequence[int]) -> dict[int, str]:
        """None: nothing has to be decoded."""
        del indices
        return {}

    def fingerprint(self, *, contents: bool = False, progress: Progress = SILENT) -> Fingerprint:
        """What tells this split from another one; the images as 8x8 bytes from 0 to 16."""
        samples = self._samples
        labels = [sample.label for sample in samples]
        layout = "scikit-learn's handwritten digits"
        return fingerprint_of(samples, labels, layout=layout, called=self.name, contents=contents, progress=progress)

    def state(self) -> str:
        """Another SHA-256 once an image of the installed package is another one."""
        return state_of(self._samples)

    @property
    def _samples(self) -> list[PixelSample]:
        return [
            PixelSample(name, int(label), image.tobytes(), _SIDE, GREYS)
            for name, label, image in zip(self.names, self.labels, self._originals, strict=True)
        ]


def _all_digits() -> tuple[Any, Any]:
    """Images (1797, 8, 8) uint8 from 0 to 16 and labels (1797,) int32.

    From the file that scikit-learn's loader reads: to import the loader takes ten times as long as to read it.
    """
    np = require("numpy", extra="eval", purpose="read images")
    package = find_spec("sklearn")
    places = (package.submodule_search_locations if package else None) or []
    file = next((path for place in places if (path := Path(place, _FILE)).is_file()), None)
    if file is not None:
        table = np.loadtxt(file, delimiter=",")
    else:
        loader = require("sklearn.datasets", extra="demo", purpose="read the handwritten digits")
        table = np.column_stack(loader.load_digits(return_X_y=True))
    return table[:, :-1].astype("uint8").reshape(-1, _SIDE, _SIDE), table[:, -1].astype("int32")


def _enlarged(images: Any, size: int) -> Any:
    """Bilinear enlargement with pixel centres at half-integers, edges repeated; (N, 8, 8) -> (N, 1, size, size)."""
    np = require("numpy", extra="eval", purpose="read images")
    centres = np.clip((np.arange(size) + 0.5) * _SIDE / size - 0.5, 0, _SIDE - 1)
    low = np.minimum(centres.astype("int64"), _SIDE - 2)
    weights = np.zeros((size, _SIDE))
    weights[np.arange(size), low] = 1 - (centres - low)
    weights[np.arange(size), low + 1] = centres - low
    scaled = images / _MAX_GREY * 2 - 1
    return (weights @ scaled @ weights.T)[:, None].astype("float32")
