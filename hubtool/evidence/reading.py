"""Values out of JSON that somebody else wrote: of the right type, finite, or refused."""

from __future__ import annotations

from typing import Any

from hubtool.card.span import Span

NUMBER = (int, float)
NONE = type(None)
LARGEST_NUMBER = 2.0**53
"""Every whole number below it is exact as a float; no count of images comes near."""
_START = Span(1, 1, 1, 1)
_MISSING = object()


class BadStatement(ValueError):
    """A file that is no evidence; the message says why, `span` where."""

    def __init__(self, message: str, span: Span = _START):
        super().__init__(message)
        self.span = span


def value(document: Any, place: str, *types: type) -> Any:
    """What stands at a place.

    Parameters
    ----------
    place
        Keys and indices with dots between them, such as `predicate.claims.0.metric`.
    types
        What it may be. True and False are no numbers here.

    Raises
    ------
    BadStatement
        Nothing stands there, or something of another type, or a number that is not finite or is 2**53 or more.
    """
    found = _find(document, place)
    if found is _MISSING:
        raise BadStatement(f"no evidence: {place} is missing")
    return _checked(found, place, types, LARGEST_NUMBER)


def optional(document: Any, place: str, default: Any, *types: type, below: float = LARGEST_NUMBER) -> Any:
    """What stands at a place, or the default where nothing does: not every version wrote all of it.

    Raises
    ------
    BadStatement
        It is of another type, or a number that is not finite or not below a limit.
    """
    found = _find(document, place)
    return default if found is _MISSING else _checked(found, place, types, below)


def texts(document: Any, place: str) -> dict[str, str]:
    """The mapping from text to text that stands at a place; empty where nothing does.

    Raises
    ------
    BadStatement
        It is no mapping, or holds something else than text.
    """
    found: dict[str, str] = optional(document, place, {}, dict)
    for key, text in found.items():
        _checked(text, f"{place}.{key}", (str,), LARGEST_NUMBER)
    return found


def _find(document: Any, place: str) -> Any:
    found = document
    for key in place.split("."):
        try:
            found = found[int(key) if isinstance(found, list) else key]
        except (KeyError, IndexError):
            return _MISSING
        except (TypeError, ValueError):  # neither a mapping nor a list
            raise BadStatement(f"no evidence: {place} is missing") from None
    return found


def _checked(found: Any, place: str, types: tuple[type, ...], below: float) -> Any:
    if type(found) not in types or (type(found) in NUMBER and not abs(found) < below):
        raise BadStatement(f"no evidence: {place} is not what it should be")
    return found
