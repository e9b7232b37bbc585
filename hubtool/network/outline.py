"""What takes long to make of a graph: who makes it hands it over as bytes, engines keep it for the next time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from hubtool.errors import EnvironmentProblem


class NoGraph(EnvironmentProblem):
    """A network has no graph, and will have none with these versions of the libraries."""


class Outlines(Protocol):
    """Keeps outlines of graphs: bytes that hold no weights, and are small."""

    def outline(self, inputs: Mapping[str, object], make: Callable[[], bytes]) -> bytes:
        """What `make` gives, or gave when it was last called for these inputs.

        Parameters
        ----------
        inputs
            All that the outline depends on beside hubtool, as values that JSON knows.

        Raises
        ------
        NoGraph
            The one that `make` raises, or raised then.
        HubtoolError
            Any other that `make` raises; it is not kept.
        """
