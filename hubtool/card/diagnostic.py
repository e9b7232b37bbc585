"""What can be said about a card, and where."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Severity(str, Enum):
    """How much a diagnostic matters: only errors make `hubtool validate` fail."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of text; lines and columns start at 1, the end column is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int

    @classmethod
    def of_line(cls, line: int, text: str = "") -> Span:
        """The whole of one line."""
        return cls(line, 1, line, len(text) + 1)


@dataclass(frozen=True, slots=True, order=True)
class Diagnostic:
    """One problem of one card.

    Attributes
    ----------
    path
        The card, as the user named it.
    code
        HT and three digits; the first digit is the family: 1 structure, 2 fields, 3 names, 4 assets,
        5 claims, 6 body, 7 catalogue, 8 evidence and links.
    """

    path: str
    span: Span
    code: str
    severity: Severity
    message: str
    fixable: bool = False

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
            "fixable": self.fixable,
        }
