"""Results on stdout, and nothing else there."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

_WIDTH_IN_A_PIPE = 10_000  # the reader of a pipe wraps lines, or searches whole ones


def print_json(document: object) -> None:
    """One JSON document on stdout; in ASCII if it has characters that could act on a terminal."""
    text = json.dumps(document, indent=2, ensure_ascii=False)
    if not text.replace("\n", "").isprintable():
        text = json.dumps(document, indent=2)
    click.echo(text)


def print_rich(*renderables: Any) -> None:
    """Tables and styled text: in colour on a terminal, plain in a pipe (NO_COLOR is honoured)."""
    from rich.console import Console

    console = Console(width=None if sys.stdout.isatty() else _WIDTH_IN_A_PIPE, highlight=False)
    for renderable in renderables:
        console.print(renderable)
