"""What every engine offers: a backend opens a session, a session answers images with logits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

from hubtool.network.spec import Model

FLOAT32 = "float32"
BFLOAT16 = "bfloat16"
PRECISIONS = {"f32": FLOAT32, "bf16": BFLOAT16}
"""What a network can be asked to compute in, by the names that users give."""
CPU = "CPU"


@dataclass(frozen=True, slots=True)
class Execution:
    """How a network is to run.

    Attributes
    ----------
    precision
        Type that it computes in: `FLOAT32` or `BFLOAT16`.
    device
        As the engine calls it, in any case, such as `GPU` or `Ascend`; empty for the engine's usual one.
    """

    precision: str = FLOAT32
    device: str = ""


@dataclass(frozen=True, slots=True)
class Identity:
    """What answered, as far as answers may depend on it.

    Attributes
    ----------
    name, version
        Of the library, as `mindspore` and `2.8.0`.
    precision
        Type that the network computes in as it is executed, as `float32`.
    device
        What it ran on, the same on one machine every time, as `CPU AMD EPYC (x86_64)` or `Ascend`.
    options
        What else was chosen, as (name, value) pairs in the order of their names.
    """

    name: str
    version: str
    precision: str
    device: str
    options: tuple[tuple[str, str], ...] = ()

    @property
    def library(self) -> str:
        """Name and version, as `mindspore 2.8.0`."""
        return f"{self.name} {self.version}"


@dataclass(frozen=True, slots=True)
class Workload:
    """What a session is opened for: an engine may prepare more where more is to come.

    Attributes
    ----------
    images
        How many there will be at most.
    side
        Height and width of each, in pixels.
    batch_size
        Images that come at once; the last batch may be smaller.
    compiled_models
        Folder that keeps compiled models for the next time; None to keep none.
    exact
        Another engine is going to be compared with this one: of several forms, run the one that keeps most digits.
    """

    images: int
    side: int
    batch_size: int
    compiled_models: Path | None = None
    exact: bool = False

    @property
    def largest_batch(self) -> int:
        """Images that come at once at most."""
        return min(self.batch_size, self.images)


class Session(Protocol):
    """One network, ready to answer; a context manager that closes it."""

    @property
    def identity(self) -> Identity:
        """What answers."""

    def logits(self, images: Any) -> Any:
        """Images (N, C, H, W) float32 -> logits (N, num_classes) float32, both numpy arrays."""

    def close(self) -> None:
        """Release what the session holds; it cannot be used afterwards."""

    def __enter__(self) -> Session:
        """The session."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""


class Backend(Protocol):
    """A library that runs networks."""

    @property
    def name(self) -> str:
        """As users and results call it."""

    def devices(self) -> Mapping[str, Sequence[str]]:
        """The devices of this machine that it finds, each with the precisions it computes in; loads the library.

        Raises
        ------
        MissingExtra
            The library is not installed.
        EnvironmentProblem
            It is installed and does not load.
        """

    def why_not(self, model: Model, execution: Execution) -> str:
        """Why it cannot run a network in this way, in one sentence with what to do; empty when it can.

        Raises
        ------
        EnvironmentProblem
            The library is installed and does not load.
        """

    def open(self, model: Model, execution: Execution, workload: Workload) -> Session:
        """A session for a network.

        Raises
        ------
        MissingExtra
            The library is not installed.
        HubtoolError
            The checkpoint cannot be read, or the device cannot be used.
        """
