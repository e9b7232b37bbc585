"""What a BiT network consists of, as plain data: no MindSpore needed to name and count parameters."""

from __future__ import annotations

import math
from dataclasses import dataclass

EXPANSION = 4
"""Output channels of a bottleneck, as a multiple of its inner width."""
NORM_GROUPS = 32
NORM_EPSILON = 1e-5
WS_EPSILON = 1e-10
"""Added to the variance, inside the root, when a kernel is standardised."""

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Architecture:
    """A BiT network without its weights.

    Attributes
    ----------
    name
        The model name that cards use.
    units
        Bottleneck blocks in each stage.
    width
        Channels after the stem; 64 times the width factor of the paper.
    input_size
        Height and width of the square input the network was trained on, in pixels.
    """

    name: str
    units: tuple[int, ...]
    width: int
    num_classes: int = 1000
    in_channels: int = 3
    input_size: int = 224

    def parameter_shapes(self) -> dict[str, Shape]:
        """Name and shape of every parameter, in the order in which MindCV writes them."""
        shapes: dict[str, Shape] = {"conv1.weight": (self.width, self.in_channels, 7, 7)}
        channels = self.width
        for stage, units in enumerate(self.units):
            width = self.width * 2**stage
            for unit in range(units):
                block = f"layer{stage + 1}.{unit}"
                shapes |= _block_shapes(block, channels, width, projects=unit == 0)
                channels = width * EXPANSION
        shapes |= {"gn.gamma": (channels,), "gn.beta": (channels,)}
        shapes |= {"classifier.weight": (self.num_classes, channels, 1, 1), "classifier.bias": (self.num_classes,)}
        return shapes

    @property
    def parameter_count(self) -> int:
        """Number of scalars in all parameters together."""
        return sum(math.prod(shape) for shape in self.parameter_shapes().values())


def _block_shapes(block: str, channels: int, width: int, *, projects: bool) -> dict[str, Shape]:
    out = width * EXPANSION
    shapes: dict[str, Shape] = {
        f"{block}.gn1.gamma": (channels,),
        f"{block}.gn1.beta": (channels,),
        f"{block}.conv1.weight": (width, channels, 1, 1),
        f"{block}.gn2.gamma": (width,),
        f"{block}.gn2.beta": (width,),
        f"{block}.conv2.weight": (width, width, 3, 3),
        f"{block}.gn3.gamma": (width,),
        f"{block}.gn3.beta": (width,),
        f"{block}.conv3.weight": (out, width, 1, 1),
    }
    if projects:
        shapes[f"{block}.down_sample.0.weight"] = (out, channels, 1, 1)
    return shapes
