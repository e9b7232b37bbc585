"""The networks hubtool can build, by the names that cards use."""

from __future__ import annotations

from hubtool.card.names import name_key
from hubtool.network.bit.spec import Architecture

ARCHITECTURES = {
    architecture.name: architecture
    for architecture in (
        Architecture("bit_resnet50", units=(3, 4, 6, 3), width=64),
        Architecture("bit_resnet101", units=(3, 4, 23, 3), width=64),
        Architecture("bit_resnet50x3", units=(3, 4, 6, 3), width=3 * 64),
        Architecture("bit_digits", units=(1, 1, 1), width=32, num_classes=10, in_channels=1, input_size=32),
    )
}


def find_architecture(name: str) -> Architecture | None:
    """The architecture of that name, case and punctuation aside (`BiT_resnet50`); None if unknown."""
    return _BY_KEY.get(name_key(name))


_BY_KEY = {name_key(name): architecture for name, architecture in ARCHITECTURES.items()}


def parameter_counts() -> dict[str, int]:
    """Number of parameters of each network, by its name in lower case without punctuation."""
    return {key: architecture.parameter_count for key, architecture in _BY_KEY.items()}
