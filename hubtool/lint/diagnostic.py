"""What can be said about a card, where, and how to fix it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from hubtool.card.span import Span


class Severity(str, Enum):
    """How much a diagnostic matters: only errors make `hubtool validate` fail."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Edit:
    """A replacement of a stretch of a card's text that fixes a problem.

    Attributes
    ----------
    start, end
        Offsets in characters from the start of the decoded text; equal for an insertion.
    safe
        Whether the card means the same afterwards; `--fix` applies only such edits.
    """

    start: int
    end: int
    text: str
    safe: bool = True


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One problem of one card.

    Attributes
    ----------
    path
        The card, as the user named it.
    code
        HT and three digits; the first digit is the family: 1 structure, 2 fields, 3 names, 4 assets,
        5 claims, 6 body, 7 catalogue, 8 evidence and links, 9 the linter's own controls.
    edit
        What `--fix` would do; None when a person has to decide.
    """

    path: str
    span: Span
    code: str
    severity: Severity
    message: str
    edit: Edit | None = None

    def to_json(self) -> dict[str, object]:
        """The diagnostic as `hubtool validate --format json` prints it."""
        return {
            "path": self.path,
            "line": self.span.line,
            "column": self.span.column,
            "end_line": self.span.end_line,
            "end_column": self.span.end_column,
            "code": self.code,
            "severity": self.severity.value,
            "message": self.message,
            "fixable": self.edit is not None,
        }
