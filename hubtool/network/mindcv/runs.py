"""Finds out which of MindCV's networks run: `python -m hubtool.network.mindcv.runs`, with the extra `zoo`.

Each is built with zeros and given one image of the size in the table, and if that works a larger one. Writes
`runs.csv`, which `hubtool.network.mindcv.generate` reads. The smallest networks come first; those with
most parameters are not tried.
"""

from __future__ import annotations

import csv
import gc
import logging
import re
import sys
from collections.abc import Mapping
from typing import Any

from hubtool.network.mindcv.generate import RUNS
from hubtool.network.mindcv.remedies import create, without_values
from hubtool.network.mindcv.table import entries
from hubtool.network.mindspore import require_mindspore
from hubtool.words import first_line

_MOST_PARAMETERS = 50_000_000
_DEVICE = "CPU"
_MISSING_OPERATOR = re.compile(r"Unsupported op \[(\w+)\]")
_LARGER = 64  # pixels a side; all strides divide it

_log = logging.getLogger(__name__)


def main() -> None:
    """Write the file beside this script."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(message)s")
    counts = {name: entry["parameters"] for name, entry in entries().items() if "parameters" in entry}
    names = sorted((name for name, count in counts.items() if count < _MOST_PARAMETERS), key=lambda name: counts[name])
    with RUNS.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["network", "reason", "other_sizes"])
        for name in names:
            row = tried(name)
            _log.info("%s %s", name, row)
            rows.writerow([name, *row])
            file.flush()  # a crash of MindSpore keeps what was found


def tried(name: str) -> tuple[str, str]:
    """Why a network cannot be run, empty where it can; and `yes` where it runs on larger images, too."""
    entry = entries()[name]
    with without_values():
        cell = create(name, entry["classes"])
    cell.set_train(False)
    try:
        reason = _why_not(cell, entry, entry["size"])
        other = "" if reason else "no" if _why_not(cell, entry, entry["size"] + _LARGER) else "yes"
    finally:
        del cell
        gc.collect()
    return reason, other


def _why_not(cell: Any, entry: Mapping[str, Any], size: int) -> str:
    mindspore = require_mindspore("run networks")
    images = mindspore.ops.zeros((1, entry["channels"], size, size), mindspore.float32)
    try:
        found = tuple(cell(images).shape)
    except Exception as error:  # whatever a cell raises is the reason
        return f"MindSpore {mindspore.__version__} cannot run it on {_DEVICE}: {_said(error)}"
    wanted = (1, entry["classes"])
    return "" if found == wanted else f"it gives an array of the shape {found} instead of {wanted}"


def _said(error: Exception) -> str:
    missing = _MISSING_OPERATOR.search(str(error))
    return f"no operator {missing[1]}" if missing else f"{type(error).__name__}: {first_line(error)}"


if __name__ == "__main__":
    main()
