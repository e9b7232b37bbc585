"""The cards of some folders, and the card that a name stands for."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from hubtool.card.cardfiles import card_files
from hubtool.card.parse import ParsedCard, read_card
from hubtool.card.record import Card, Variant
from hubtool.errors import AmbiguousName, CardError, NotFound
from hubtool.files import with_slashes

_CLOSE_MATCHES = 3


@dataclass(frozen=True, slots=True)
class Match:
    """What a name stands for: a card, or one row of its results table."""

    card: Card
    variant: Variant | None = None


class Catalogue:
    """The cards below one or more folders.

    Parameters
    ----------
    roots
        Folders, in order of preference.
    """

    def __init__(self, roots: Sequence[Path]):
        self.roots = tuple(roots)

    @cached_property
    def parsed(self) -> tuple[ParsedCard, ...]:
        """Every card file, read or not, in the order of the folders and of the paths within.

        A folder that cannot be read stands among them, as a card that cannot be read.

        Raises
        ------
        NotFound
            A root is not a folder.
        """
        return tuple(card for card in self._found if not card.is_linked_folder)

    @property
    def linked_folders(self) -> tuple[Path, ...]:
        """Folders that are links and were not searched. Raises as `parsed` does."""
        linked = (card.path for card in self._found if card.is_linked_folder)
        searched = {root.resolve() for root in self.roots}
        return tuple(path for path in linked if path.resolve() not in searched)

    @cached_property
    def _found(self) -> tuple[ParsedCard, ...]:
        found = []
        for root in self.roots:
            if not root.is_dir():
                raise NotFound(f"{root}: no such folder of cards", hint="name one with --cards or HUBTOOL_CARDS")
            found += [read_card(path, uid=nested_uid(path, root)) for path in card_files(root)]
        return tuple(found)

    @property
    def cards(self) -> tuple[Card, ...]:
        """The cards that could be read."""
        return tuple(parsed.card for parsed in self.parsed if parsed.card is not None)

    def resolve(self, name: str) -> Match:
        """The card, or the row of a results table, that a name stands for.

        Parameters
        ----------
        name
            Path of a card, uid, file stem, model name, or the model name of a row; the first kind that
            fits wins. Of several versions of one card the newest is meant.

        Raises
        ------
        NotFound
            Nothing has that name; the hint lists close ones.
        AmbiguousName
            Several cards have it; the hint lists them.
        CardError
            The card exists but is not valid.
        """
        if name.casefold().endswith(".md"):
            return Match(self._card_at(with_slashes(Path(name))))
        wanted = name.casefold().replace("\\", "/")  # as Windows writes uids, which are paths
        by_kind = (
            [Match(card) for card in self.cards if card.uid.casefold() == wanted],
            [Match(card) for card in self.cards if card.path.stem.casefold() == wanted],
            [Match(card) for card in self.cards if card.model_name.casefold() == wanted],
            [Match(card, row) for card in self.cards for row in card.variants if row.model.casefold() == wanted],
        )
        matches = next((matches for matches in by_kind if matches), [])
        self._refuse_unread(wanted, matches)
        if not matches:
            raise self._unknown(name)
        return self._only(name, _newest(matches))

    def shortest_name(self, card: Card) -> str:
        """The model name where only one card has it, else the uid."""
        return card.model_name if self._model_names[card.model_name.casefold()] == 1 else card.uid

    @cached_property
    def _model_names(self) -> Counter[str]:
        return Counter(card.model_name.casefold() for card in self.cards)

    def _refuse_unread(self, wanted: str, matches: list[Match]) -> None:
        """An invalid card of that name must not be skipped for an older version, nor called unknown."""
        newest = max((version_key(match.card.model_version) for match in matches), default=())
        for parsed in self.parsed:
            if parsed.card is None and wanted in _names_of(parsed):
                version = str((parsed.values or {}).get("model-version", ""))
                if not matches or version_key(version) > newest:
                    raise invalid(parsed)

    def _card_at(self, path: Path) -> Card:
        if not path.is_file():
            raise NotFound(f"{path}: no such card", hint="hubtool list shows all cards")
        root = next((root for root in self.roots if path.resolve().is_relative_to(root.resolve())), None)
        return usable(read_card(path, uid=nested_uid(path.resolve(), root.resolve()) if root else None))

    def _only(self, name: str, matches: list[Match]) -> Match:
        if len(matches) > 1:
            candidates = ", ".join(match.card.uid for match in matches)
            raise AmbiguousName(f"{name} is the name of {len(matches)} cards", hint=f"name one of {candidates}")
        return matches[0]

    def _unknown(self, name: str) -> NotFound:
        names = {card.model_name for card in self.cards} | {card.path.stem for card in self.cards}
        names |= {row.model for card in self.cards for row in card.variants}
        lower = {known.casefold(): known for known in names}
        close = difflib.get_close_matches(name.casefold(), lower, _CLOSE_MATCHES)
        where = ", ".join(str(root) for root in self.roots)
        hint = f"did you mean {' or '.join(lower[match] for match in close)}?" if close else "hubtool list shows all"
        return NotFound(f"no card is called {name} in {where}", hint=hint)


def usable(parsed: ParsedCard) -> Card:
    """The record of a parsed card.

    Raises
    ------
    CardError
        There is none; the message tells the first reason and its place.
    """
    if parsed.card is None:
        raise invalid(parsed)
    return parsed.card


def invalid(parsed: ParsedCard) -> CardError:
    """The error to raise for a card that yielded no record."""
    first = next(problem for problem in parsed.problems if problem.fatal)
    place = f"{parsed.shown}:{first.span.line}:{first.span.column}"
    return CardError(f"{place}: {first.message}", hint=f"hubtool validate {parsed.shown} shows all that is wrong")


def _names_of(parsed: ParsedCard) -> set[str]:
    """What a card without a record could be called: its file's stem, and the model name if that can be read."""
    return {parsed.path.stem.casefold(), str((parsed.values or {}).get("model-name", "")).casefold()}


def nested_uid(path: Path, root: Path) -> str | None:
    """The uid that the hub's folders give (owner/version/stem); None for a card outside such folders."""
    parts = path.parts[len(root.parts) :]
    return "/".join((*parts[:-1], path.stem)) if len(parts) > 1 else None


def _newest(matches: list[Match]) -> list[Match]:
    """One match for each card: versions of a card differ in the version folder of their uid and in nothing else."""
    newest: dict[str, Match] = {}
    for match in matches:
        card = match.card
        key = versionless(card.uid)
        best = newest.get(key)
        if best is None or version_key(card.model_version) > version_key(best.card.model_version):
            newest[key] = match
    return list(newest.values())


def versionless(uid: str) -> str:
    """What the versions of one card share of their uids: all but the folder before the stem, case aside."""
    owner, _, stem = uid.casefold().rpartition("/")
    return f"{owner.rpartition('/')[0]}/{stem}"


def version_key(version: str) -> tuple[int, ...]:
    """Sorts 1.10 after 1.9."""
    return tuple(int(part) for part in re.findall(r"\d+", version))
