"""Undecoded images to what a network takes, by a recipe and a pool of decoding threads."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import chain, islice
from typing import Any

from hubtool.data.samples import Sample
from hubtool.data.split import Batch
from hubtool.data.threads import in_order, usable_cores
from hubtool.data.transform.decode import decoded
from hubtool.data.transform.normalise import normalised
from hubtool.data.transform.refusal import NO_IMAGE, CannotDecode
from hubtool.data.transform.spec import EvalRecipe, Geometry, Normalisation
from hubtool.errors import UnreadableImages
from hubtool.extras import require
from hubtool.words import counted

_MOST_NAMED = 100
"""Images that the message about unreadable ones names."""
_BATCHES_AHEAD = 2
AT_ONCE = 8
"""Images that a thread decodes before it looks for more: handing over single ones costs a tenth of the speed."""


def preprocessed(
    samples: Sequence[Sample],
    recipe: EvalRecipe,
    batch_size: int,
    *,
    dataset: str,
    rescale: bool = False,
    threads: int | None = None,
) -> Iterator[Batch]:
    """Batches of the samples, in their order, the last one possibly smaller.

    Memory holds at most four batches: the one that was handed out, and those that the threads are at.

    Parameters
    ----------
    dataset
        What messages call the dataset.
    rescale
        As `Normalisation` has it.
    threads
        That decode; None for as many as this process has cores.

    Raises
    ------
    UnreadableImages
        Some cannot be decoded: the message names them, `indices` are their places among the samples.
    MissingExtra
        OpenCV, Pillow or numpy is not installed.
    """
    np = require("numpy", extra="eval", purpose="read images")
    geometry, normalisation = recipe.geometry, recipe.normalisation(rescale=rescale)
    begun: deque[Batch] = deque()

    def runs() -> Iterator[tuple[Sequence[Sample], Any]]:
        """Some samples at a time, with their places in a batch."""
        for start in range(0, len(samples), batch_size):
            chosen = samples[start : start + batch_size]
            images = np.empty((len(chosen), len(recipe.mean), geometry.size, geometry.size), np.float32)
            begun.append(Batch(images, np.array([sample.label for sample in chosen], np.int32)))
            for first in range(0, len(chosen), AT_ONCE):
                yield chosen[first : first + AT_ONCE], images[first : first + AT_ONCE]

    def fill(run: tuple[Sequence[Sample], Any]) -> list[CannotDecode | None]:
        return [_filled(sample, image, geometry, normalisation) for sample, image in zip(*run, strict=True)]

    threads = threads or usable_cores()
    runs_a_batch = -(-batch_size // AT_ONCE)
    ahead = max(_BATCHES_AHEAD * runs_a_batch, threads)
    with closing(in_order(fill, runs(), threads=threads, ahead=ahead)) as outcomes:
        for start in range(0, len(samples), batch_size):
            count = min(batch_size, len(samples) - start)
            errors = chain.from_iterable(islice(outcomes, -(-count // AT_ONCE)))
            bad = {start + n: str(error) for n, error in enumerate(errors) if error is not None}
            if bad:
                raise unreadable_images(samples, geometry, dataset, known=bad)
            yield begun.popleft()


def _filled(sample: Sample, image: Any, geometry: Geometry, normalisation: Normalisation) -> CannotDecode | None:
    """Write a sample to its place in a batch; returned is why that cannot be done."""
    try:
        normalised(decoded(sample, geometry), normalisation, out=image)
    except CannotDecode as error:
        return error
    return None


def why_unreadable(samples: Sequence[Sample], geometry: Geometry, threads: int | None = None) -> dict[int, str]:
    """Reason by place of the samples that cannot be decoded; it decodes every one."""

    def reason(sample: Sample) -> str | None:
        try:
            decoded(sample, geometry)
        except CannotDecode as error:
            return str(error)
        return None

    threads = min(threads or usable_cores(), len(samples))
    with closing(in_order(reason, samples, threads=threads, ahead=2 * threads)) as reasons:
        return {place: reason for place, reason in enumerate(reasons) if reason is not None}


def unreadable_images(
    samples: Sequence[Sample], geometry: Geometry, dataset: str, known: dict[int, str] | None = None
) -> UnreadableImages:
    """The error that names all images that cannot be decoded.

    Parameters
    ----------
    known
        Reasons by place of the first ones: what comes before the last of them is not looked at again.
    """
    reasons = dict(known or {})
    start = max(reasons, default=-1) + 1
    for place, reason in why_unreadable(samples[start:], geometry).items():
        reasons[start + place] = reason
    places = sorted(reasons)
    names = [_with_reason(samples[place].name, reasons[place]) for place in places[:_MOST_NAMED]]
    more = f", and {len(places) - len(names):,} more" if len(places) > len(names) else ""
    said = f"{dataset}: {counted(len(places), 'image')} cannot be decoded: {', '.join(names)}{more}"
    if len(places) == 1:
        reason = reasons[places[0]]
        why = " as an image" if reason == NO_IMAGE else f": {reason}"
        said = f"{dataset}/{samples[places[0]].name}: cannot be decoded{why}"
    return UnreadableImages(said, places, hint="fix the data, or skip them with --skip-unreadable")


def _with_reason(name: str, reason: str) -> str:
    return name if reason == NO_IMAGE else f"{name} ({reason})"
