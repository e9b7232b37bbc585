"""The names of MindCV's networks, and other spellings of them that cards and MindCV's own pages use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from hubtool.card.names import name_key

_REXNET_WIDTHS = ("09", "10", "13", "15", "20")
_VIT_SIZES = ("b", "l")
_VIT_PATCHES = ("16", "32")


def _aliases() -> dict[str, str]:
    """Other names, in lower case, with the registry's."""
    aliases = {"xcit_tiny": "xcit_tiny_12_p16_224", "xcit_tiny_12_p16": "xcit_tiny_12_p16_224"}
    for width in _REXNET_WIDTHS:
        aliases[f"rexnet_x{width}"] = f"rexnet_{width}"
    for size in _VIT_SIZES:
        for patch in _VIT_PATCHES:
            # Without a size, MindCV's pages mean 224.
            aliases[f"vit_{size}{patch}"] = aliases[f"vit_{size}_{patch}"] = f"vit_{size}_{patch}_224"
    return aliases


ALIASES: Mapping[str, str] = _aliases()


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
