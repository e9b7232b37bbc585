"""The development kit of ILSVRC2012 as it is downloaded: its ground truth and meta.mat, read without unpacking it."""

from __future__ import annotations

import tarfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from hubtool.errors import BrokenDataset

KIT_ARCHIVES = ("ILSVRC2012_devkit_t12.tar.gz", "ILSVRC2012_devkit_t12.tar", "ILSVRC2012_devkit_t12.tgz")
GROUND_TRUTH = "ILSVRC2012_validation_ground_truth.txt"
META = "meta.mat"
_MAX_BYTES = 16 << 20
_MAX_MEMBERS = 1000


@dataclass(frozen=True, slots=True)
class DevelopmentKit:
    """What labels take of the kit.

    Attributes
    ----------
    ground_truth
        One ILSVRC id a line, for the images of the validation split in their order.
    meta
        MATLAB's file that says which synset an id is.
    """

    ground_truth: bytes
    meta: bytes


def read_kit(path: Path) -> DevelopmentKit:
    """The two files of a packed kit.

    Raises
    ------
    BrokenDataset
        It is damaged, or one of them is missing or larger than 16 MiB.
    """
    found: dict[str, bytes] = {}
    try:
        with tarfile.open(path) as archive:
            for count, member in enumerate(archive):
                name = PurePosixPath(member.name).name
                if name in {GROUND_TRUTH, META} and member.isfile() and member.size <= _MAX_BYTES:
                    stream = archive.extractfile(member)
                    found[name] = stream.read() if stream else b""
                if len(found) == 2 or count > _MAX_MEMBERS:
                    break
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        raise BrokenDataset(f"{path}: damaged: {error}", hint="download it again") from error
    missing = [name for name in (GROUND_TRUTH, META) if name not in found]
    if missing:
        raise BrokenDataset(f"{path}: no {missing[0]} in it", hint="download the development kit again")
    return DevelopmentKit(found[GROUND_TRUTH], found[META])
