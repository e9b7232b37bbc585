"""Under what conditions figures were measured: the data, how much of it, and the engine.

Evidence of every version is read. What an older version did not write is empty, or None.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from hubtool.evidence.reading import NONE, optional, value


@dataclass(frozen=True, slots=True)
class EvaluatedData:
    """The dataset as it was given.

    Attributes
    ----------
    name
        As the card names it.
    images
        Number of images in the split.
    known_split_images
        Number of images in the split that figures on the dataset are about; None where that is not known.
    layout, names_sha256, bytes, contents_sha256
        What tells it from other copies: the dataset's fingerprint. `bytes` is the size of the undecoded
        images; None, as `contents_sha256`, where it was not determined.
    left_out
        Files among the images whose kind cannot be decoded.
    """

    name: str
    images: int
    known_split_images: int | None
    layout: str = ""
    names_sha256: str = ""
    bytes: int | None = None
    contents_sha256: str | None = None
    left_out: tuple[str, ...] = ()

    def to_json(self) -> dict[str, object]:
        """The fields by their names."""
        return {
            "name": self.name,
            "layout": self.layout,
            "images": self.images,
            "names_sha256": self.names_sha256,
            "bytes": self.bytes,
            "contents_sha256": self.contents_sha256,
            "left_out": list(self.left_out),
            "known_split_images": self.known_split_images,
        }


@dataclass(frozen=True, slots=True)
class EvaluatedPart:
    """How much of a split was evaluated, and in which order.

    Attributes
    ----------
    limit
        At most so many images, drawn at random; None for the whole split.
    seed
        Of that draw.
    early_stop
        Whether the evaluation ended once the verdicts were settled.
    batch_size
        Number of images that went through the network at once; None where it was not written.
    skipped
        Number of images that could not be decoded.
    """

    limit: int | None
    seed: int
    early_stop: bool
    batch_size: int | None
    skipped: int

    def to_json(self) -> dict[str, object]:
        """The fields by their names."""
        return {
            "limit": self.limit,
            "seed": self.seed,
            "early_stop": self.early_stop,
            "batch_size": self.batch_size,
            "skipped": self.skipped,
        }


@dataclass(frozen=True, slots=True)
class EngineUsed:
    """What computed the answers.

    Attributes
    ----------
    name
        With its version: `mindspore 2.8.0`.
    precision
        Of the numbers it computed with: `float32`.
    device
        What it ran on, as `CPU AMD EPYC (x86_64)`.
    """

    name: str
    precision: str
    device: str

    def to_json(self) -> dict[str, object]:
        """The fields by their names."""
        return {"name": self.name, "precision": self.precision, "device": self.device}


def read_data(document: Any, place: str) -> EvaluatedData:
    """The dataset that stands at a place of a JSON document. Raises BadStatement."""
    left_out = optional(document, f"{place}.left_out", [], list)
    return EvaluatedData(
        name=optional(document, f"{place}.name", "", str),
        images=value(document, f"{place}.images", int),
        known_split_images=value(document, f"{place}.known_split_images", int, NONE),
        layout=optional(document, f"{place}.layout", "", str),
        names_sha256=optional(document, f"{place}.names_sha256", "", str),
        bytes=optional(document, f"{place}.bytes", None, int, NONE),
        contents_sha256=optional(document, f"{place}.contents_sha256", None, str, NONE),
        left_out=tuple(value(document, f"{place}.left_out.{number}", str) for number in range(len(left_out))),
    )


def read_part(document: Any, place: str) -> EvaluatedPart:
    """How much was evaluated, at a place of a JSON document. Raises BadStatement."""
    return EvaluatedPart(
        limit=optional(document, f"{place}.limit", None, int, NONE),
        seed=optional(document, f"{place}.seed", 0, int, below=math.inf),  # any whole number can be one
        early_stop=optional(document, f"{place}.early_stop", False, bool),
        batch_size=optional(document, f"{place}.batch_size", None, int, NONE),
        skipped=optional(document, f"{place}.skipped", 0, int),
    )


def read_engine(document: Any, place: str) -> EngineUsed:
    """The engine that stands at a place of a JSON document. Raises BadStatement."""
    return EngineUsed(
        name=optional(document, f"{place}.name", "", str),
        precision=optional(document, f"{place}.precision", "", str),
        device=optional(document, f"{place}.device", "", str),
    )
