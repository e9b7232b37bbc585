"""What computed the answers, and why it may be believed, as names and values."""

from __future__ import annotations

from collections.abc import Iterator

from hubtool.evidence.conditions import EngineUsed
from hubtool.words import some_of

_NAMED = 20
"""Images with another best class that are named; JSON has them all."""


def engine_facts(used: EngineUsed) -> Iterator[tuple[str, str]]:
    """The engine, how it compared with another one, the images it answers differently, and what else to know."""
    yield "engine", used.called
    if used.parity is not None:
        yield "compared", used.parity.sentence
        if used.parity.changed:
            yield "other best class", some_of(used.parity.changed, _NAMED)
    for note in used.notes:
        yield "note", note
