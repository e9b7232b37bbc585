"""The files of a cache as a table."""

from __future__ import annotations

import time
from collections.abc import Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from hubtool.asset.inventory import Kept
from hubtool.lint.formats.characters import visible
from hubtool.report.units import age, size


def cache_table(files: Sequence[Kept]) -> Table:
    """One line per file: name, size, first digits of the digest, last use, source."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    table.add_column("name", overflow="fold")
    table.add_column("size", justify="right", no_wrap=True)
    table.add_column("sha256", no_wrap=True)
    table.add_column("last used", no_wrap=True)
    table.add_column("source", overflow="fold")
    now = time.time()
    for file in files:
        cells = (file.name, size(file.size), file.sha256[:12], age(now - file.used), file.source)
        table.add_row(*(Text(visible(cell)) for cell in cells))
    return table
