"""Which files below a folder are cards."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from hubtool.card.parse import read_card

_SUFFIX = ".md"
_DOCUMENTATION = re.compile(
    r"readme(?:[-_. ].*)?"
    r"|(?:index|changelog|changes|history|news|releases?|release[-_ ]?notes?|security|contributing|contributors"
    r"|code[-_ ]?of[-_ ]?conduct|licen[cs]e|copying|notice|authors|maintainers|codeowners|owners|support|governance"
    r"|roadmap|install(?:ation)?|faq|todo|citation|acknowledge?ments?|get(?:ting)?[-_ ]?started|quick[-_ ]?start"
    r"|tutorials?|usage|howto|overview|summary|model[-_ ]?zoo|upgrad(?:e|ing)|migrat(?:ion|ing)|development"
    r"|troubleshooting|disclaimer|_sidebar|_navbar|third[-_ ]?party[-_ ]?\w*"
    r"|(?:pull[-_ ]?request|issue)[-_ ]?template)"
    r"(?:[-_. ](?:cn|zh|en|us|uk|jp|ja|kr|ko|fr|de|es|ru|pt|br|it|tw|hk|hans|hant|chinese|english|eng|chs|cht))*"
)
_NO_CARDS_INSIDE = frozenset(
    {"$recycle.bin", "system volume information", "lost+found", "@eadir", "__macosx", "node_modules", "__pycache__"}
)


def card_files(root: Path) -> Iterator[Path]:
    """Files below a folder that are meant to be cards, sorted; hidden folders and those of systems are skipped.

    A README, CONTRIBUTING or similar file counts only if it has a front matter: on some hubs the card is the README.
    A folder that cannot be read, or is a link to a folder elsewhere, comes in place of its cards: reading it as a
    card tells why there are none.
    """
    unreadable: list[Path] = []
    for folder, folders, files in os.walk(root, onerror=lambda error: unreadable.append(Path(error.filename))):
        yield from unreadable
        unreadable.clear()
        folders[:] = sorted(name for name in folders if not _is_skipped(name))
        for name in folders:
            path = Path(folder, name)
            if path.is_symlink() and not _is_searched_anyway(path, root):
                yield path
        for name in sorted(files):
            stem, suffix = os.path.splitext(name)  # noqa: PTH122 (a Path a name takes as long as the whole walk)
            if suffix.casefold() != _SUFFIX or name.startswith("."):
                continue
            path = Path(folder, name)
            if not _DOCUMENTATION.fullmatch(stem.casefold()) or _has_block(path):
                yield path
    yield from unreadable


def _is_skipped(name: str) -> bool:
    return name.startswith(".") or name.casefold() in _NO_CARDS_INSIDE


def _is_searched_anyway(link: Path, root: Path) -> bool:
    """Whether a link leads to a folder below the root, as `latest` to `2.5`."""
    return link.resolve().is_relative_to(root.resolve())


def _has_block(path: Path) -> bool:
    return read_card(path).outline is not None
