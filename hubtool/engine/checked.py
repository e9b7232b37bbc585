"""A session for programs: what is given to it is checked first."""

from __future__ import annotations

from typing import Any

from hubtool.engine.protocol import Identity, Session
from hubtool.engine.session import Closing
from hubtool.errors import UsageProblem
from hubtool.extras import require
from hubtool.network.spec import ModelSpec


class CheckedSession(Closing):
    """A session that refuses what its network does not take; a `Session`.

    Parameters
    ----------
    session
        What answers; it is closed with this one.
    side
        Height and width of the images that it was opened for, in pixels.
    """

    def __init__(self, session: Session, spec: ModelSpec, side: int):
        self._session: Session | None = session
        self._identity = session.identity
        self._name, self._classes = spec.name, spec.num_classes
        self._image = (spec.in_channels, side, side)

    @property
    def identity(self) -> Identity:
        """What answers."""
        return self._identity

    def logits(self, images: Any) -> Any:
        """Images (N, C, H, W) -> logits (N, num_classes) float32, both numpy arrays; other types become float32.

        Raises
        ------
        UsageProblem
            The images have another shape than the network takes.
        ValueError
            The session is closed.
        """
        if self._session is None:
            raise ValueError("the session is closed")
        np = require("numpy", extra="eval", purpose="run a network")
        images = np.ascontiguousarray(images, "float32")
        if images.shape[1:] != self._image:
            takes = ", ".join(["N", *map(str, self._image)])
            raise UsageProblem(f"{self._name} takes images of the shape ({takes}), not {images.shape}")
        if not len(images):
            return np.empty((0, self._classes), "float32")
        return self._session.logits(images)

    def close(self) -> None:
        """Release the network and its weights; closing it again does nothing."""
        if self._session is not None:
            self._session.close()
            self._session = None
