"""Keys of a card's front matter that the hub does not define, and the fields that they resemble."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache, lru_cache

from hubtool.card.names import name_key
from hubtool.card.parse import ParsedCard
from hubtool.card.schema import card_schema
from hubtool.lint.vocabulary import KEY_ALIASES, OPTIONAL_KEYS, closest

KeyPath = tuple[str | int, ...]


def strange_keys(card: ParsedCard) -> Iterator[KeyPath]:
    """Paths of the keys of a card and of its asset entries that are no field."""
    if card.values is None:
        return
    known, known_in_asset = _known_keys()
    yield from ((key,) for key in card.values if key not in known and not key.endswith("-repo-link"))
    assets = card.values.get("asset")
    for index, entry in enumerate(assets if isinstance(assets, list) else ()):
        if isinstance(entry, dict):
            yield from (("asset", index, key) for key in entry if key not in known_in_asset)


def misspelt_keys(card: ParsedCard) -> dict[KeyPath, str]:
    """Fields that strange keys probably mean: one that the card lacks, or one of just the same letters and digits."""
    found = {}
    for path in strange_keys(card):
        key = str(path[-1])
        meant = _meant(key, in_asset=len(path) > 1)
        if meant is not None and (meant not in _siblings(card, path) or name_key(meant) == name_key(key)):
            found[path] = meant
    return found


def can_be_renamed(card: ParsedCard, path: KeyPath, misspelt: Mapping[KeyPath, str]) -> bool:
    """Whether a misspelt key means the same field for certain, and is the only one of its mapping that does."""
    meant = misspelt[path]
    rivals = [other for other, field in misspelt.items() if field == meant and other[:-1] == path[:-1]]
    return len(rivals) == 1 and name_key(str(path[-1])) == name_key(meant) and meant not in _siblings(card, path)


def _siblings(card: ParsedCard, path: KeyPath) -> Mapping[str, object]:
    values = card.values or {}
    siblings: Mapping[str, object] = values["asset"][path[1]] if len(path) > 1 else values
    return siblings


@cache
def _known_keys() -> tuple[frozenset[str], frozenset[str]]:
    """The keys of a card, and those of an entry of its asset list."""
    schema = card_schema()
    return frozenset(schema["properties"]) | OPTIONAL_KEYS, frozenset(schema["$defs"]["asset"]["properties"])


@lru_cache(maxsize=1024)
def _meant(key: str, *, in_asset: bool) -> str | None:
    known = _known_keys()[in_asset]
    plain = name_key(key)
    same = next((candidate for candidate in sorted(known) if name_key(candidate) == plain), None)
    if same is not None:
        return same
    alias = KEY_ALIASES.get(plain)
    return alias if alias in known else closest(key.casefold(), known)
