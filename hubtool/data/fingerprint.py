"""What tells one copy of a split from another, whatever the machine and the layout it is kept in."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from hubtool.data.samples import Sample
from hubtool.errors import BrokenDataset
from hubtool.progress import SILENT, Progress


@dataclass(frozen=True, slots=True)
class Fingerprint:
    r"""A split in a few numbers. Everything but `layout` is the same for the same images in another layout.

    Attributes
    ----------
    layout
        How the images are kept, in words.
    images
        How many there are.
    names_sha256
        SHA-256 over the sorted lines `<file name>\t<label>\n` in UTF-8, the file name without its folders.
    bytes
        Size of the undecoded images together; None where it is not known without reading them, or one cannot be read.
    contents_sha256
        SHA-256 over the sorted lines `<SHA-256 of the undecoded image>\t<label>\n`; None if not asked for.
    """

    layout: str
    images: int
    names_sha256: str
    bytes: int | None
    contents_sha256: str | None = None

    def to_json(self) -> dict[str, str | int | None]:
        """The fields by their names."""
        return asdict(self)


def fingerprint_of(
    samples: Sequence[Sample],
    labels: Sequence[int],
    *,
    layout: str,
    called: str = "",
    contents: bool = False,
    progress: Progress = SILENT,
) -> Fingerprint:
    """The fingerprint of a split.

    Parameters
    ----------
    called
        What the split is called while its contents are read.

    Raises
    ------
    BrokenDataset
        An image is gone or cannot be read, and `contents` were asked for.
    """
    names = _digest(f"{sample.name.rpartition('/')[2]}\t{label}" for sample, label in zip(samples, labels, strict=True))
    if not contents:
        return Fingerprint(layout, len(samples), names, _total(map(_size, samples)))
    lines, total = [], 0
    task = progress.task(f"hashing {called}", len(samples), "images")
    try:
        for sample, label in zip(samples, labels, strict=True):
            data = _read(sample)
            total += len(data)
            lines.append(f"{hashlib.sha256(data).hexdigest()}\t{label}")
            task.advance(1)
    finally:
        task.finish()
    return Fingerprint(layout, len(samples), names, total, _digest(lines))


def _read(sample: Sample) -> bytes:
    try:
        return sample.read()
    except OSError as error:
        raise BrokenDataset(f"{sample.name}: cannot be read: {error.strerror or error}") from error


def _size(sample: Sample) -> int | None:
    """None also for a missing image: the evaluation reports all such images at once."""
    try:
        return sample.size()
    except OSError:
        return None


def _total(sizes: Iterable[int | None]) -> int | None:
    """The sum of sizes; None when one of them is not known."""
    total = 0
    for size in sizes:
        if size is None:
            return None
        total += size
    return total


def state_of(samples: Iterable[Sample]) -> str:
    """SHA-256 over the versions of the images in their order; one that is gone has the version `gone`."""
    digest = hashlib.sha256()
    for sample in samples:
        try:
            version = sample.version()
        except OSError:  # reported when the image is read
            version = "gone"
        digest.update(version.encode() + b"\n")
    return digest.hexdigest()


def _digest(lines: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for line in sorted(lines):
        digest.update(line.encode("utf-8", "surrogateescape") + b"\n")
    return digest.hexdigest()
