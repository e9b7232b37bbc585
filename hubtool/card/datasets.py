"""How many images the splits have that published figures are about."""

from __future__ import annotations

from dataclasses import dataclass

from hubtool.card.names import name_key
from hubtool.words import counted


@dataclass(frozen=True, slots=True)
class KnownSplit:
    """A split of a dataset that everyone has in the same form.

    Attributes
    ----------
    called
        As in `the ImageNet-1k validation split`.
    images
        How many it has.
    """

    called: str
    images: int

    def note(self, images: int) -> str:
        """What has to be said of so many images under the name of this split; empty when it is that many."""
        if images == self.images:
            return ""
        return f"the {self.called} has {counted(self.images, 'image')}"


_IMAGENET = KnownSplit("ImageNet-1k validation split", 50_000)
_KNOWN = {
    **dict.fromkeys(("imagenet", "imagenet1k", "imagenet2012", "ilsvrc2012"), _IMAGENET),
    "cifar10": KnownSplit("CIFAR-10 test split", 10_000),
    "cifar100": KnownSplit("CIFAR-100 test split", 10_000),
    "mnist": KnownSplit("MNIST test split", 10_000),
    "fashionmnist": KnownSplit("Fashion-MNIST test split", 10_000),
    "digits": KnownSplit("digits' test split", 360),
}
"""By key of the dataset's name, see `hubtool.card.names.name_key`."""


def known_split(dataset: str | None) -> KnownSplit | None:
    """The split that figures on a dataset are about, as the card names it; None where its size is not known."""
    return _KNOWN.get(name_key(dataset or ""))
