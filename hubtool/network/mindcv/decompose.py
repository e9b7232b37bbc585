"""MindCV's networks in operators that MindSpore's exporter to ONNX knows.

Everything is applied from outside: to a cell that was built to be exported, and to the tables and names by which
MindSpore parses it. What stands in an operator's place is in `hubtool.network.mindcv.exportable`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from hubtool.network.onnx import require_onnx

_ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod)
_STAND_IN, _STOOD_FOR = "Softsign", "Erf"


@contextmanager
def decomposed(cell: Any) -> Iterator[Any]:
    """Make a cell one that `mindspore.export` can write as ONNX, while the context lasts.

    The graph that is exported has to go through `repaired` before it is run.

    Parameters
    ----------
    cell
        A `mindspore.nn.Cell` that was built to be exported: its parts stay changed afterwards.

    Raises
    ------
    ValueError
        The network has an operator that `repaired` would take for another.
    """
    from mindspore import ops

    from hubtool.network.mindcv import exportable

    _replace_parts(cell)
    with _functions_replaced(ops, exportable.FUNCTIONS), _augmented_assignment_as_binary():
        yield cell


def repaired(model: Any) -> Any:
    """An exported `ModelProto`, changed: operators have their own names, constants are not repeated for every image."""
    for node in model.graph.node:
        if node.op_type == _STAND_IN:
            node.op_type = _STOOD_FOR
    _expand_repeated_constants(model.graph)
    return model


def _expand_repeated_constants(graph: Any) -> None:
    """Have constants that are joined to each image (CoaT's zeros) repeated by an operator, not written out.

    The number of images is then found in shapes only. Rows are joined along another axis than the first, so the
    constant has as many as there are images, or some multiple of that.
    """
    onnx = require_onnx("export to ONNX")
    joined = {name for node in graph.node if node.op_type == "Concat" and node.attribute[0].i for name in node.input}
    for tensor in [tensor for tensor in graph.initializer if tensor.name in joined and tensor.dims[0] > 1]:
        array = onnx.numpy_helper.to_array(tensor)
        if (array == array[:1]).all():
            name, row, shape = tensor.name, f"{tensor.name}/row", f"{tensor.name}/shape"
            graph.initializer.remove(tensor)
            graph.initializer.append(onnx.numpy_helper.from_array(array[:1].copy(), row))
            graph.initializer.append(onnx.helper.make_tensor(shape, onnx.TensorProto.INT64, [array.ndim], array.shape))
            graph.node.insert(0, onnx.helper.make_node("Expand", [row, shape], [name], name=name))


def _replace_parts(cell: Any) -> None:
    """Put cells and functions that the exporter knows in the place of those that it does not."""
    from mindspore import nn
    from mindspore.ops import Primitive

    from hubtool.network.mindcv import exportable

    for _, part in list(cell.cells_and_names()):
        if type(part).__name__ == "PositionalEncodingFourier":
            part.__class__ = exportable.FourierPositions
        if type(part) is nn.SequentialCell:
            _wrap_partial_shortcuts(part)
        for name, primitive in [item for item in vars(part).items() if isinstance(item[1], Primitive)]:
            if primitive.name == _STAND_IN:
                raise ValueError(f"{type(part).__name__} has a {_STAND_IN}, which stands for {_STOOD_FOR} in exports")
            function = exportable.exportable(primitive)
            if function is not None:
                delattr(part, name)
                setattr(part, name, function)


def _wrap_partial_shortcuts(sequence: Any) -> None:
    """Have shortcuts that are written into a part of a tensor added from outside; parameters keep their names."""
    from hubtool.network.mindcv import exportable

    for key, part in sequence._cells.items():
        if type(part).__module__ == "mindcv.models.rexnet" and getattr(part, "use_shortcut", False):
            sequence._cells[key] = exportable.PartialShortcut(part)
    sequence.cell_list = list(sequence._cells.values())


@contextmanager
def _functions_replaced(module: Any, functions: Mapping[str, Any]) -> Iterator[None]:
    before = {name: getattr(module, name) for name in functions}
    vars(module).update(functions)
    try:
        yield
    finally:
        vars(module).update(before)


@contextmanager
def _augmented_assignment_as_binary() -> Iterator[None]:
    """Have `x += y` parsed as `x = x + y`.

    MindSpore parses it as an operator that writes into x (InplaceAddExt), which the exporter does not know. Both give
    the same sum to the bit. They differ for whoever holds x under another name too, which no network of MindCV does.
    """
    from mindspore._extends.parse import resources

    table = resources.parse_augassign_object_map
    before = dict(table)
    table.update({kind: resources.parse_object_map[kind] for kind in _ARITHMETIC})
    try:
        yield
    finally:
        table.update(before)
