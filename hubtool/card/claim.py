"""One published number, and what it is about."""

from __future__ import annotations

from dataclasses import dataclass

from hubtool.card.datasets import KnownDataset, dataset_named
from hubtool.card.metrics import Metric


@dataclass(frozen=True, slots=True)
class Claim:
    """A figure that a card publishes.

    Attributes
    ----------
    metric
        The figure as it was read.
    dataset
        What it was measured on, as the card names it; None where the card does not say.
    """

    metric: Metric
    dataset: str | None

    @property
    def name(self) -> str:
        """Normalised name of the figure, such as `top1`; empty for a number with only a unit."""
        return self.metric.name

    @property
    def value(self) -> float:
        """The number, in `unit`."""
        return self.metric.value

    @property
    def unit(self) -> str:
        """`%` for accuracies in percent, another unit as written, or empty."""
        return self.metric.unit

    @property
    def called(self) -> str:
        """The name, or the text of the figure where it has none."""
        return self.metric.name or self.metric.written

    @property
    def split(self) -> KnownDataset | None:
        """The split of the dataset that published figures are about; None where that is not known."""
        return dataset_named(self.dataset)
