"""MindSpore, imported without its noise, and weights put into its cells."""

from __future__ import annotations

import atexit
import os
from collections.abc import Mapping
from functools import cache
from typing import Any

from hubtool.extras import require

_LOG_NEXT_TO_NOTHING = "4"  # failures are also raised as errors


def require_mindspore(purpose: str) -> Any:
    """Import MindSpore without the noise it makes; see `hubtool.extras.require` for what is raised.

    Its log is silenced unless the user set GLOG_v, and its cells no longer write an "Exception ignored"
    for each of them when the interpreter ends.
    """
    os.environ.setdefault("GLOG_v", _LOG_NEXT_TO_NOTHING)
    module = require("mindspore", extra="mindspore", purpose=purpose)
    _silence_cells_at_exit(module.nn.Cell)
    return module


def bind(cell: Any, weights: Mapping[str, Any]) -> None:
    """Set every parameter of a cell from the array of its name, as float32.

    The arrays have to be those of the cell's network: see `hubtool.network.layout.check_layout`.
    """
    from mindspore import Tensor

    for parameter in cell.get_parameters():
        parameter.set_data(Tensor(weights[parameter.name].astype("float32")))


@cache
def _silence_cells_at_exit(cell_class: Any) -> None:
    # Cell.__del__ uses module globals that are gone by the time the last cells are collected.
    atexit.register(setattr, cell_class, "__del__", lambda _: None)
