"""MindSpore, imported without its noise, and weights put into its cells."""

from __future__ import annotations

import atexit
import os
from collections.abc import Mapping
from functools import cache
from typing import Any

from hubtool.errors import CheckpointMismatch
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
    """Set every parameter of a cell from the array of its name, as the type that the parameter has.

    Names are those of the parameters themselves; where a parameter lies in the cell does not matter. The arrays have
    to be those of the cell's network: see `hubtool.network.layout.check_layout`.

    Raises
    ------
    CheckpointMismatch
        The type of a parameter cannot hold the values: it is an integer and they are no whole numbers, or it is
        float16 and they are too large.
    """
    from mindspore import Tensor

    for name, parameter in cell.parameters_dict().items():
        parameter.set_data(Tensor(cast(weights[name], str(parameter.dtype).lower(), name)))


def cast(values: Any, dtype: Any, name: str) -> Any:
    """The values of a parameter, an array, as the type that it has.

    Raises
    ------
    CheckpointMismatch
        The type cannot hold them: see `bind`.
    """
    import numpy as np

    if values.dtype == dtype:
        return values
    with np.errstate(over="ignore", invalid="ignore"):
        cast = np.asarray(values).astype(dtype)
        back = cast.astype(values.dtype)
    kept = back == values if np.issubdtype(dtype, np.integer) else np.isfinite(back) == np.isfinite(values)
    if not kept.all():
        raise CheckpointMismatch(
            f"{name}: values that the type of the parameter, {np.dtype(dtype)}, cannot hold",
            hint="the file may be damaged, or belong to another network",
        )
    return cast


@cache
def _silence_cells_at_exit(cell_class: Any) -> None:
    # Cell.__del__ uses module globals that are gone by the time the last cells are collected.
    atexit.register(setattr, cell_class, "__del__", lambda _: None)
