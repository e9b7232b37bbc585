"""Kernels of group convolutions that a file keeps group by group.

MindCV 0.5 builds some group convolutions from one convolution for each group. What is `X.weight` in a grouped
convolution is `X.convs.0.weight`, `X.convs.1.weight` and so on there. A grouped convolution has the kernels of its
groups one after the other along the first axis, (out, in / groups, kh, kw), so they only have to be joined.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from hubtool.checkpoint.leftovers import affixes
from hubtool.checkpoint.tensors import TensorInfo, printable
from hubtool.words import counted

_MARK = ".convs."
_PIECE = re.compile(r"(.+)\.convs\.(0|[1-9]\d{0,5})(\..+)", re.DOTALL)
Tensors = Mapping[str, TensorInfo]


@dataclass(frozen=True, slots=True)
class Joined:
    """The tensors of a file, with one in the place of the pieces of a kernel.

    Attributes
    ----------
    tensors
        In the order of the file; a joined tensor is where its first piece was, and its extents are those of the pieces.
    pieces
        The tensors in the file for each that was joined, in the order of the groups.
    problems
        Why pieces were left as they are, in sentences.
    """

    tensors: Tensors
    pieces: Mapping[str, tuple[str, ...]]
    problems: tuple[str, ...]

    def called(self, name: str) -> str:
        """A tensor as a message has to name it: a joined one by the pieces that are in the file."""
        pieces = self.pieces.get(name, (name,))
        return " to ".join(printable(piece) for piece in dict.fromkeys((pieces[0], pieces[-1])))

    def notes(self, names: Iterable[str]) -> Iterator[str]:
        """Which of these tensors were joined, in a sentence; none where none was."""
        kernels = [name for name in names if name in self.pieces]
        if kernels:
            example = self.called(max(kernels, key=lambda name: len(self.pieces[name])))
            said = f"{counted(len(kernels), 'kernel')} of group convolutions {'is' if len(kernels) == 1 else 'are'}"
            yield f"{said} kept group by group and joined, as in {example}"


def joined(tensors: Tensors, parameters: Collection[str]) -> Joined:
    """Put one tensor in the place of the pieces of each kernel that a network has in one; reads no values.

    Parameters
    ----------
    parameters
        Names in the network. Whatever else has a name of this form is left as it is.
    """
    found: dict[str, dict[int, str]] = {}
    for name in tensors:
        if _MARK in name and (whole := _whole(name, parameters)):
            found.setdefault(whole[0], {})[whole[1]] = name
    if not found:
        return Joined(tensors, {}, ())
    problems = {name: _problem(name, pieces, tensors) for name, pieces in found.items()}
    ready = {
        name: tuple(called for _, called in sorted(pieces.items()))
        for name, pieces in found.items()
        if not problems[name]
    }
    return Joined(_replaced(tensors, ready), ready, tuple(filter(None, problems.values())))


def _whole(name: str, parameters: Collection[str]) -> tuple[str, int] | None:
    """The tensor that one is a piece of, and the number of its group; None for one that is no piece."""
    match = _PIECE.fullmatch(name)
    if match is None or _is_parameter(name, parameters):
        return None
    whole = match[1] + match[3]
    return (whole, int(match[2])) if _is_parameter(whole, parameters) else None


def _is_parameter(name: str, parameters: Collection[str]) -> bool:
    return next(affixes(name, parameters.__contains__), None) is not None


def _problem(name: str, pieces: Mapping[int, str], tensors: Tensors) -> str:
    """Why pieces cannot be joined; empty where they can."""
    first = pieces[min(pieces)]
    if name in tensors:
        return f"{printable(name)} is there in one piece and also group by group, as {printable(first)}"
    gap = next((number for number in range(len(pieces)) if number not in pieces), None)
    if gap is not None:
        return f"group {gap} of {printable(name)} is missing beside {printable(first)}"
    for piece in pieces.values():
        kinds = [(tensors[called].shape, tensors[called].dtype) for called in (first, piece)]
        if kinds[0] != kinds[1] or not kinds[0][0]:
            said = " and ".join(
                f"{printable(called)} {shape} {dtype}"
                for called, (shape, dtype) in zip((first, piece), kinds, strict=True)
            )
            return f"groups of {printable(name)} do not go together: {said}"
    return ""


def _replaced(tensors: Tensors, ready: Mapping[str, tuple[str, ...]]) -> dict[str, TensorInfo]:
    firsts = {pieces[0]: name for name, pieces in ready.items()}
    others = {piece for pieces in ready.values() for piece in pieces[1:]}
    replaced = {}
    for name, tensor in tensors.items():
        if name in firsts:
            whole = firsts[name]
            replaced[whole] = _one([tensors[piece] for piece in ready[whole]], whole)
        elif name not in others:
            replaced[name] = tensor
    return replaced


def _one(pieces: list[TensorInfo], name: str) -> TensorInfo:
    first = pieces[0]
    shape = (len(pieces) * first.shape[0], *first.shape[1:])
    return TensorInfo(name, first.dtype, shape, tuple(extent for piece in pieces for extent in piece.extents))
