"""The contents of a file of weights as text: plain lines, since there may be a hundred thousand of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from hubtool.checkpoint.inspect import Inspection
from hubtool.checkpoint.statistics import Statistics
from hubtool.checkpoint.tensors import printable
from hubtool.lint.formats.characters import visible
from hubtool.words import counted, some_of

_WIDEST_CELL = 60  # a longer one moves the rest of its line instead of all lines
_HEAD: tuple[str, ...] = ("name", "shape", "dtype", "count")
_STATISTICS_HEAD = ("min", "max", "mean", "std", "")  # the last one tells of NaN and infinity
_LEFT_ALIGNED = frozenset({0, 1, 2, len(_HEAD) + len(_STATISTICS_HEAD) - 1})


def weights_view(inspection: Inspection) -> Iterator[str]:
    """One line per tensor, then texts and metadata, then the totals; names are shown without control characters."""
    weights = inspection.weights
    crc = ", its CRC-32 agrees" if inspection.crc_checked else ""
    yield f"{visible(str(weights.path))}  {weights.called}, {weights.size:,} bytes{crc}"
    yield ""
    yield from _table(inspection)
    yield ""
    for name, text in (*weights.texts.items(), *weights.metadata.items()):
        yield f"{visible(name)}: {printable(text)}"
    values = sum(tensor.count for tensor in inspection.tensors)
    by_type = ", ".join(f"{count:,} {dtype}" for dtype, count in inspection.dtypes.most_common())
    yield f"{counted(len(inspection.tensors), 'tensor')}, {counted(values, 'value')}: {by_type}"
    if inspection.networks:
        named = [f"{name} ({counted(outputs, 'output')})" for name, outputs in inspection.networks.items()]
        yield f"note: the names and shapes are those of {some_of(named)}"
    for note in inspection.notes:
        yield f"note: {note}"
    if said := _not_finite(inspection.statistics.values()):
        yield f"not finite: {said}"


def _table(inspection: Inspection) -> Iterator[str]:
    rows = [_HEAD]
    if inspection.statistics:
        rows[0] += _STATISTICS_HEAD
    for tensor in inspection.tensors:
        figures = _figures(inspection.statistics[tensor.name]) if inspection.statistics else ()
        rows.append((visible(tensor.name), str(tensor.shape), tensor.dtype, f"{tensor.count:,}", *figures))
    widths = [min(_WIDEST_CELL, max(map(len, column))) for column in zip(*rows, strict=True)]
    for row in rows:
        yield _line(row, widths)


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = (
        cell.ljust(width) if number in _LEFT_ALIGNED else cell.rjust(width)
        for number, (cell, width) in enumerate(zip(row, widths, strict=True))
    )
    return "  ".join(cells).rstrip()


def _figures(found: Statistics | None) -> tuple[str, ...]:
    if found is None:
        return ("",) * len(_STATISTICS_HEAD)
    figures = (found.minimum, found.maximum, found.mean, found.std)
    return (*("" if figure is None else f"{figure:.5g}" for figure in figures), _not_finite([found]))


def _not_finite(found: Iterable[Statistics | None]) -> str:
    there = [statistics for statistics in found if statistics is not None]
    nan, inf = sum(statistics.nan for statistics in there), sum(statistics.inf for statistics in there)
    return ", ".join([f"{nan:,} NaN"] * bool(nan) + [f"{inf:,} infinite"] * bool(inf))
