"""The names of MindCV's networks, and other spellings of them that cards and MindCV's own pages use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from hubtool.card.names import name_key

ALIASES: Mapping[str, str] = {
    # What MindCV calls its recipes of these networks, and rows of its tables.
    "mnasnet_0.5": "mnasnet_050",
    "mnasnet_1.0": "mnasnet_100",
    "mnasnet_1.3": "mnasnet_130",
    "mnasnet_1.4": "mnasnet_140",
    "mobilenet_v1_0.5": "mobilenet_v1_050",
    "mobilenet_v1_1.0": "mobilenet_v1_100",
    "mobilenet_v2_1.0": "mobilenet_v2_100",
    "mobilenet_v2_1.4": "mobilenet_v2_140",
    "mobilenet_v3_large": "mobilenet_v3_large_100",
    "mobilenet_v3_small": "mobilenet_v3_small_100",
    "rexnet_x09": "rexnet_09",
    "rexnet_x10": "rexnet_10",
    "rexnet_x13": "rexnet_13",
    "rexnet_x15": "rexnet_15",
    "rexnet_x20": "rexnet_20",
    "shufflenet_v1_0.5": "shufflenet_v1_g3_05",
    "shufflenet_v1_1.0": "shufflenet_v1_g3_10",
    "shufflenet_v2_0.5": "shufflenet_v2_x0_5",
    "shufflenet_v2_1.0": "shufflenet_v2_x1_0",
    "shufflenet_v2_1.5": "shufflenet_v2_x1_5",
    "shufflenet_v2_2.0": "shufflenet_v2_x2_0",
    "xcit_tiny_12_p16": "xcit_tiny_12_p16_224",
    # Rows of the hub's cards; the registry has one XCiT.
    "xcit_tiny": "xcit_tiny_12_p16_224",
    # 224 pixels are what MindCV means where it says no size.
    "mobilenet_v2_1.0_224": "mobilenet_v2_100",
    "mobilenet_v2_1.4_224": "mobilenet_v2_140",
    "mobilenet_v2_075_224": "mobilenet_v2_075",
    "mobilenet_v2_100_224": "mobilenet_v2_100",
    "mobilenet_v2_140_224": "mobilenet_v2_140",
    "vit_b_16": "vit_b_16_224",
    "vit_b_32": "vit_b_32_224",
    "vit_l_16": "vit_l_16_224",
    "vit_l_32": "vit_l_32_224",
}
"""Other names, in lower case, with the registry's. Case and punctuation are no reason for an entry."""


class Names:
    """Finds a name among those of a registry, by what is written and, where that is unambiguous, by how it reads."""

    def __init__(self, names: Iterable[str], aliases: Mapping[str, str] = ALIASES) -> None:
        names = list(names)
        self._exact = frozenset(names)
        self._folded = _unambiguous({name: name.casefold() for name in names})
        self._aliases = {alias: name for alias, name in aliases.items() if name in self._exact}
        self._keys = _unambiguous({name: name_key(name) for name in names})
        self._alias_keys = {name_key(alias): name for alias, name in self._aliases.items()}

    def find(self, name: str) -> str | None:
        """The registry's name for a name: its own, an alias, or the only one that reads the same without punctuation.

        Case counts only where names differ by nothing else. `regnet_x_16gf` and `regnet_x_1_6gf` read the same
        without punctuation: they are found by their exact names only.
        """
        if name in self._exact:
            return name
        folded, key = name.casefold(), name_key(name)
        return self._folded.get(folded) or self._aliases.get(folded) or self._keys.get(key) or self._alias_keys.get(key)


def _unambiguous(written: Mapping[str, str]) -> dict[str, str]:
    """The name by how it is written otherwise, of those that no other one is written like."""
    counts = Counter(written.values())
    return {other: name for name, other in written.items() if counts[other] == 1}
