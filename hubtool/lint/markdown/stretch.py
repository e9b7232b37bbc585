"""The parts of a body in which links and tables are looked for."""

from __future__ import annotations

from typing import NamedTuple


class Stretch(NamedTuple):
    """Text between blocks of code; in one of HTML, Markdown means nothing."""

    start: int
    end: int
    html: bool
