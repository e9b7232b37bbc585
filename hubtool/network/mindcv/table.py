"""What the generated table says of MindCV's networks; reading it takes neither MindCV nor MindSpore.

Two files, both written by `hubtool.network.mindcv.generate`: `models.json` has a short entry a network and is read
whole; `tensors.zip` has a text of all tensors a network, of which one is read when it is asked for.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from hubtool.errors import EnvironmentProblem
from hubtool.network.spec import Shape

MODELS = Path(__file__).with_name("models.json")
TENSORS = Path(__file__).with_name("tensors.zip")
FROZEN = "frozen"
"""Ends the line of a tensor that training by gradients does not change."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """A parameter of a network.

    Attributes
    ----------
    dtype
        As numpy calls it.
    trained
        Whether training by gradients changes it.
    """

    name: str
    dtype: str
    shape: Shape
    trained: bool


@cache
def entries() -> Mapping[str, Mapping[str, Any]]:
    """The entry of each network, by its name in MindCV's registry; docs/networks.md says what the keys mean."""
    networks: Mapping[str, Mapping[str, Any]] = _document()["networks"]
    return networks


@cache
def made_with() -> Mapping[str, str]:
    """The versions of the packages that the table was made with, by their names."""
    versions: Mapping[str, str] = _document()["versions"]
    return versions


@lru_cache(maxsize=16)  # a file of weights is compared with a network several times
def tensors(name: str) -> tuple[Tensor, ...]:
    """The parameters of a network, in the order in which checkpoints hold them.

    Raises
    ------
    EnvironmentProblem
        The two files of the table do not belong together.
    """
    text = _archive().read(name)
    if digest(text) != entries()[name]["digest"]:
        raise EnvironmentProblem(
            f"{TENSORS}: the tensors of {name} are not those that {MODELS.name} describes",
            hint="pip install --force-reinstall hubtool",
        )
    return parsed(text)


def written(parameters: Iterable[Tensor]) -> bytes:
    """The text of parameters, a line each: `conv1.weight float32 64x3x7x7`, and `frozen` where it is."""
    return "".join(
        f"{one.name} {one.dtype} {'x'.join(map(str, one.shape))}{'' if one.trained else f' {FROZEN}'}\n"
        for one in parameters
    ).encode()


def parsed(text: bytes) -> tuple[Tensor, ...]:
    """The parameters of a text that `written` made."""
    found = []
    for line in text.decode().splitlines():
        name, dtype, shape, *frozen = line.split(" ")
        found.append(Tensor(name, dtype, tuple(map(int, shape.split("x"))) if shape else (), not frozen))
    return tuple(found)


def digest(text: bytes) -> str:
    """SHA-256 of such a text: two networks with the same one have the same parameters."""
    return hashlib.sha256(text).hexdigest()


@cache
def _archive() -> zipfile.ZipFile:
    """In memory: reading the list of its members takes longer than reading one of them."""
    return zipfile.ZipFile(io.BytesIO(TENSORS.read_bytes()))


def _document() -> Any:
    return json.loads(MODELS.read_text(encoding="utf-8"))
