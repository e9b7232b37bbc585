"""What every engine offers."""

from __future__ import annotations

from typing import Any, Protocol


class Engine(Protocol):
    """Runs one network."""

    @property
    def name(self) -> str:
        """The library and its version, as `mindspore 2.8.0`."""

    @property
    def precision(self) -> str:
        """Type the network computes in, as `float32`."""

    @property
    def device(self) -> str:
        """What it runs on, the same on one machine every time, as `CPU AMD EPYC (x86_64)` or `Ascend`."""

    def logits(self, images: Any) -> Any:
        """Images (N, C, H, W) float32 -> logits (N, classes) float32, both numpy arrays."""
