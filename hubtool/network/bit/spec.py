"""The BiT networks as plain data: no MindSpore is needed to name and count their parameters."""

from __future__ import annotations

import math
from dataclasses import dataclass

from hubtool.network.spec import ModelSpec, Shape

FAMILY = "bit"
EXPANSION = 4
"""Output channels of a bottleneck, as a multiple of its inner width."""
NORM_GROUPS = 32
NORM_EPSILON = 1e-5
WS_EPSILON = 1e-10
"""Added to the variance, inside the root, when a kernel is standardised."""
HEAD = "classifier"
"""Name of the head, whose kernel is not standardised."""


@dataclass(frozen=True, slots=True)
class BitOptions:
    """What tells one BiT from another.

    Attributes
    ----------
    units
        Bottleneck blocks in each stage.
    width
        Channels after the stem; 64 times the width factor of the paper.
    """

    units: tuple[int, ...]
    width: int


def bit_spec(
    name: str,
    *,
    units: tuple[int, ...],
    width: int,
    num_classes: int = 1000,
    in_channels: int = 3,
    input_size: int = 224,
) -> ModelSpec:
    """The spec of a BiT network."""
    options = BitOptions(units, width)
    shapes = _shapes(options, num_classes, in_channels)
    count = sum(math.prod(shape) for shape in shapes.values())
    return ModelSpec(name, FAMILY, num_classes, in_channels, input_size, count, options)


def resized(spec: ModelSpec, num_classes: int) -> ModelSpec:
    """The spec with a head of so many outputs."""
    options = options_of(spec)
    return bit_spec(
        spec.name,
        units=options.units,
        width=options.width,
        num_classes=num_classes,
        in_channels=spec.in_channels,
        input_size=spec.input_size,
    )


def options_of(spec: ModelSpec) -> BitOptions:
    """What the spec of a BiT network says beside what all specs say. Raises TypeError for one of another family."""
    if not isinstance(spec.options, BitOptions):
        raise TypeError(f"{spec.name} is no BiT network")
    return spec.options


def parameter_shapes(spec: ModelSpec) -> dict[str, Shape]:
    """Name and shape of every parameter, in the order in which MindCV writes them."""
    return _shapes(options_of(spec), spec.num_classes, spec.in_channels)


def standardised_kernels(spec: ModelSpec) -> frozenset[str]:
    """Names of the convolution kernels, (out, in, kh, kw), that are standardised: all but the head's."""
    shapes = parameter_shapes(spec)
    return frozenset(name for name, shape in shapes.items() if len(shape) == 4 and name != f"{HEAD}.weight")


def _shapes(options: BitOptions, num_classes: int, in_channels: int) -> dict[str, Shape]:
    shapes: dict[str, Shape] = {"conv1.weight": (options.width, in_channels, 7, 7)}
    channels = options.width
    for stage, units in enumerate(options.units):
        width = options.width * 2**stage
        for unit in range(units):
            shapes |= _block_shapes(f"layer{stage + 1}.{unit}", channels, width, projects=unit == 0)
            channels = width * EXPANSION
    shapes |= {"gn.gamma": (channels,), "gn.beta": (channels,)}
    shapes |= {f"{HEAD}.weight": (num_classes, channels, 1, 1), f"{HEAD}.bias": (num_classes,)}
    return shapes


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


KNOWN = (
    bit_spec("bit_resnet50", units=(3, 4, 6, 3), width=64),
    bit_spec("bit_resnet101", units=(3, 4, 23, 3), width=64),
    bit_spec("bit_resnet50x3", units=(3, 4, 6, 3), width=3 * 64),
    bit_spec("bit_digits", units=(1, 1, 1), width=32, num_classes=10, in_channels=1, input_size=32),
)
