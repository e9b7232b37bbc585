"""Running all checks over files and folders of cards."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from hubtool.card.diagnostic import Diagnostic, Severity, Span
from hubtool.card.parse import read_card
from hubtool.card.registry import card_files
from hubtool.errors import NotFound


@dataclass(frozen=True, slots=True)
class LintResult:
    """Diagnostics of all cards looked at, by path and place."""

    cards: int
    diagnostics: tuple[Diagnostic, ...]

    def count(self, severity: Severity) -> int:
        """Number of diagnostics of one severity."""
        return sum(d.severity is severity for d in self.diagnostics)

    @property
    def cards_with_errors(self) -> int:
        """Number of cards with at least one error."""
        return len({d.path for d in self.diagnostics if d.severity is Severity.ERROR})

    def to_json(self) -> dict[str, object]:
        """The document of `hubtool validate --format json`."""
        return {
            "cards": self.cards,
            "diagnostics": [d.to_json() for d in self.diagnostics],
            "summary": {
                "errors": self.count(Severity.ERROR),
                "warnings": self.count(Severity.WARNING),
                "infos": self.count(Severity.INFO),
                "cards_with_errors": self.cards_with_errors,
            },
        }


def lint_paths(paths: Sequence[str]) -> LintResult:
    """Check the cards at and below the given paths, each card once.

    Raises
    ------
    NotFound
        A path does not exist, or holds no card.
    """
    cards = 0
    diagnostics: list[Diagnostic] = []
    for path, shown in _named_cards(paths):
        cards += 1
        diagnostics += lint_card(path, shown)
    if cards == 0:
        raise NotFound(f"{', '.join(paths)}: no card below", hint="cards are Markdown files, *.md")
    return LintResult(cards, tuple(diagnostics))


def lint_card(path: Path, shown: str) -> Iterable[Diagnostic]:
    """Diagnostics of one card, in the order of their places."""
    try:
        return read_card(path, shown=shown).diagnostics
    except OSError as error:
        message = f"the file cannot be read: {error.strerror or error}"
        return (Diagnostic(shown, Span(1, 1, 1, 1), "HT101", Severity.ERROR, message),)


def _named_cards(paths: Sequence[str]) -> Iterator[tuple[Path, str]]:
    """Every card with its name for diagnostics: as given on the command line, joined with `/`."""
    seen: set[Path] = set()
    for given in paths:
        root = Path(given)
        if not root.exists():
            raise NotFound(f"{given}: no such file or folder", hint="name a card or a folder of cards")
        for path in card_files(root) if root.is_dir() else [root]:
            if (real := path.resolve()) not in seen:
                seen.add(real)
                yield path, path.as_posix()
