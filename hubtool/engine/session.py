"""What the sessions of all engines have in common."""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import Any, TypeVar

from hubtool.extras import require

S = TypeVar("S", bound="Closing")


class Closing:
    """A context manager that closes itself."""

    def close(self) -> None:
        """Release what is held."""
        raise NotImplementedError

    def __enter__(self: S) -> S:
        """The session."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()


def chunks(images: Any, size: int) -> Iterator[tuple[slice, Any]]:
    """Images (N, C, H, W) in parts of exactly so many, each with its place; zeros fill up the last one."""
    np = require("numpy", extra="eval", purpose="run a network")
    for start in range(0, len(images), size):
        part = images[start : start + size]
        place = slice(start, start + len(part))
        if len(part) < size:
            part = np.concatenate([part, np.zeros((size - len(part), *images.shape[1:]), images.dtype)])
        yield place, part
