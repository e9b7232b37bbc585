"""Under what conditions figures were measured: the data, how much of it, and the engine.

Evidence of every version is read. What an older version did not write is empty, or None.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from hubtool.evidence.reading import NONE, NUMBER, optional, value


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
    passed_over
        Number of hidden and system files and folders that were passed over.
    """

    name: str
    images: int
    known_split_images: int | None
    layout: str = ""
    names_sha256: str = ""
    bytes: int | None = None
    contents_sha256: str | None = None
    left_out: tuple[str, ...] = ()
    passed_over: int = 0

    def to_json(self) -> dict[str, object]:
        """The fields by their names; `passed_over` only where there is any."""
        return {
            "name": self.name,
            "layout": self.layout,
            "images": self.images,
            "names_sha256": self.names_sha256,
            "bytes": self.bytes,
            "contents_sha256": self.contents_sha256,
            "left_out": list(self.left_out),
            **({"passed_over": self.passed_over} if self.passed_over else {}),
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
class Parity:
    """How one engine's logits differed from another's on the first images of an evaluation.

    Attributes
    ----------
    reference
        The other engine with its version, and its precision: `mindspore 2.8.0 float32`.
    images
        Number of images compared.
    same_top1, same_top5
        Number of images with the same best class, and with the same five best classes in the same order.
    max_abs_difference
        The largest difference of two logits; infinite where one is not finite.
    bound
        What is accepted of it for float32.
    changed
        Names of the images with another best class.
    """

    reference: str
    images: int
    same_top1: int
    same_top5: int
    max_abs_difference: float
    bound: float
    changed: tuple[str, ...] = ()

    @property
    def is_equal(self) -> bool:
        """Whether the logits are the same up to the order of floating-point sums.

        Classes can then have changed places only where their logits are closer to each other than twice the bound.
        """
        return self.max_abs_difference <= self.bound

    @property
    def sentence(self) -> str:
        """What was found: `its logits equal those of mindspore 2.8.0 float32 within 4e-06 on the first 64 images`."""
        where = "on the first image" if self.images == 1 else f"on the first {self.images:,} images"
        if not math.isfinite(self.max_abs_difference):
            return f"some of its logits are not finite {where}, those of {self.reference} are"
        by = f"{self.max_abs_difference:.2g}"
        if self.is_equal:
            said = f"its logits equal those of {self.reference} within {by} {where}"
        else:
            said = (
                f"its logits differ from those of {self.reference} by up to {by} {where} (accepted: {self.bound:.2g})"
            )
        if self.same_top5 == self.images:
            return said
        return f"{said}; {self.same_top1:,} have the same best class, {self.same_top5:,} the same five best in order"

    def to_json(self) -> dict[str, object]:
        """The fields by their names."""
        return {
            "reference": self.reference,
            "images": self.images,
            "same_top1": self.same_top1,
            "same_top5": self.same_top5,
            "max_abs_difference": self.max_abs_difference if math.isfinite(self.max_abs_difference) else None,
            "bound": self.bound,
            "changed": list(self.changed),
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
    parity
        How it compared with another engine; None for the reference itself, and where there was none.
    notes
        What else a reader has to know: engines that were refused and why, that there was no reference.
    """

    name: str
    precision: str
    device: str
    parity: Parity | None = None
    notes: tuple[str, ...] = ()

    @property
    def called(self) -> str:
        """As in `openvino 2026.4.1, float32, CPU AMD EPYC (x86_64)`."""
        return ", ".join(filter(None, (self.name, self.precision, self.device)))

    @property
    def is_exact(self) -> bool:
        """Whether it computed in the precision of published figures, as far as is said."""
        return self.precision in {"", "float32"}

    def to_json(self) -> dict[str, object]:
        """The fields by their names; `parity` only where there was a comparison, `notes` only where there are any."""
        parity = {"parity": self.parity.to_json()} if self.parity else {}
        notes = {"notes": list(self.notes)} if self.notes else {}
        return {"name": self.name, "precision": self.precision, "device": self.device, **parity, **notes}


def read_data(document: Any, place: str) -> EvaluatedData:
    """The dataset that stands at a place of a JSON document. Raises BadStatement."""
    return EvaluatedData(
        name=optional(document, f"{place}.name", "", str),
        images=value(document, f"{place}.images", int),
        known_split_images=value(document, f"{place}.known_split_images", int, NONE),
        layout=optional(document, f"{place}.layout", "", str),
        names_sha256=optional(document, f"{place}.names_sha256", "", str),
        bytes=optional(document, f"{place}.bytes", None, int, NONE),
        contents_sha256=optional(document, f"{place}.contents_sha256", None, str, NONE),
        left_out=list_of_texts(document, f"{place}.left_out"),
        passed_over=optional(document, f"{place}.passed_over", 0, int),
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
        parity=_read_parity(document, f"{place}.parity"),
        notes=list_of_texts(document, f"{place}.notes"),
    )


def _read_parity(document: Any, place: str) -> Parity | None:
    if optional(document, place, None, dict, NONE) is None:
        return None
    difference = value(document, f"{place}.max_abs_difference", *NUMBER, NONE)
    return Parity(
        reference=value(document, f"{place}.reference", str),
        images=value(document, f"{place}.images", int),
        same_top1=value(document, f"{place}.same_top1", int),
        same_top5=value(document, f"{place}.same_top5", int),
        max_abs_difference=math.inf if difference is None else difference,
        bound=value(document, f"{place}.bound", *NUMBER),
        changed=list_of_texts(document, f"{place}.changed"),
    )


def list_of_texts(document: Any, place: str) -> tuple[str, ...]:
    """The texts in a list at a place of a JSON document; none where there is no list. Raises BadStatement."""
    texts = optional(document, place, [], list)
    return tuple(value(document, f"{place}.{number}", str) for number in range(len(texts)))
