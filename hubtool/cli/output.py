"""Results on stdout, and nothing else there."""

from __future__ import annotations

import codecs
import io
import json
import sys
from typing import Any

import click

from hubtool.card.catalogue import Catalogue

_WIDTH_IN_A_PIPE = 10_000  # the reader of a pipe wraps lines, or searches whole ones


def print_json(document: object) -> None:
    """One JSON document on stdout; in ASCII if that is no UTF-8, or if characters could act on a terminal."""
    text = json.dumps(document, indent=2, ensure_ascii=False)
    if not (_is_utf8(sys.stdout) and text.replace("\n", "").isprintable()):
        text = json.dumps(document, indent=2)
    click.echo(text)


def write_for_programs() -> None:
    """From now on, write to stdout in UTF-8 and with LF, whatever the system does by default."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors=sys.stdout.errors, newline="\n")


def _is_utf8(stream: Any) -> bool:
    try:
        return codecs.lookup(stream.encoding or "ascii").name == "utf-8"
    except (AttributeError, LookupError):
        return False


def print_rich(*renderables: Any) -> None:
    """Tables and styled text: in colour on a terminal, plain in a pipe (NO_COLOR is honoured)."""
    from rich.console import Console

    console = Console(width=None if sys.stdout.isatty() else _WIDTH_IN_A_PIPE, highlight=False)
    for renderable in renderables:
        console.print(renderable)


def say_linked_folders(catalogue: Catalogue) -> None:
    """On stderr, the folders whose cards a search did not find because they are links."""
    for folder in catalogue.linked_folders:
        click.echo(f"{folder}: links to folders are not followed: name it with --cards to include its cards", err=True)
