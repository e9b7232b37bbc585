"""Which file beside images holds their labels."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from hubtool.data.clutter import is_clutter_file
from hubtool.data.readers.delimited import mentions
from hubtool.data.readers.devkit import GROUND_TRUTH, KIT_ARCHIVES
from hubtool.data.readers.texts import MAX_TEXT_BYTES, lines_of, text_of
from hubtool.data.splitnames import TRAINING, split_in
from hubtool.errors import BrokenDataset, UsageProblem

SYNSETS_IN_ORDER = "imagenet_2012_validation_synset_labels.txt"
LABEL_FILES = (
    "labels.csv", "val.csv", "val_map.txt", "val.txt", "LOC_val_solution.csv", SYNSETS_IN_ORDER, GROUND_TRUTH,
)  # fmt: skip
"""What a file of labels may be called when it is looked for; others are found by the images that they name."""
_SUFFIXES = (".csv", ".tsv", ".txt")
_BELOW = (Path(), Path("ILSVRC2012_devkit_t12", "data"), Path("meta"))
_MOST_FILES = 50
_ANSWERS = re.compile("submission|predictions?(?![a-z])|(?<![a-z])preds?(?![a-z])", re.IGNORECASE)


def find_label_file(folders: Iterable[Path], images: Sequence[str] = ()) -> Path | None:
    """The only file of labels in some folders, or in a development kit in them; None if there is none.

    First come files of the usual names, then a development kit that is not unpacked, then tables of any name that name
    the images.

    Parameters
    ----------
    images
        Names of images that the file has to be about, without folders.

    Raises
    ------
    UsageProblem
        There are several: they need not agree.
    """
    searched = list(dict.fromkeys(folders))
    places = [folder / below for folder in searched for below in _BELOW]
    found = [place / name for place in places for name in LABEL_FILES if (place / name).is_file()]
    if not found:
        found = [folder / name for folder in searched for name in KIT_ARCHIVES if (folder / name).is_file()][:1]
    if not found and images:
        found = [file for folder in searched for file in _tables(folder) if _is_about(file, images)]
    if len(found) > 1:
        raise UsageProblem(
            f"several files of labels: {', '.join(map(str, found))}", hint="give one of them instead of the folder"
        )
    return found[0] if found else None


def _tables(folder: Path) -> list[Path]:
    """Small text files that may be tables of labels, not those of the training split or of answers."""
    try:
        files = [file for file in sorted(folder.iterdir()) if file.suffix.lower() in _SUFFIXES]
    except OSError:  # a folder above the images that must not be listed
        return []
    fitting = [
        file
        for file in files
        if not is_clutter_file(file.name) and split_in(file.stem) != TRAINING and not _ANSWERS.search(file.stem)
    ]
    return [file for file in fitting[:_MOST_FILES] if file.is_file() and file.stat().st_size <= MAX_TEXT_BYTES]


def _is_about(file: Path, images: Sequence[str]) -> bool:
    try:
        return mentions(lines_of(text_of(file)), images)
    except BrokenDataset:
        return False
