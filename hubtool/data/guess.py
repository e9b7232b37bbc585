"""What is at a path where no dataset was recognised, and what was most likely meant."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from hubtool.data.clutter import is_clutter_file, shown
from hubtool.data.places import MOST_FOLDERS, find_place, folders_in, has_images
from hubtool.data.samples import IMAGE_EXTENSIONS
from hubtool.data.splitnames import TRAINING, split_named
from hubtool.errors import HubtoolError
from hubtool.words import counted, some_of

_PACKED = (".zip", ".7z", ".rar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar.zst", ".gz", ".xz", ".bz2")
_OTHER_FORMS = {
    ".tfrecord": "TFRecord",
    ".tfrecords": "TFRecord",
    ".rec": "RecordIO",
    ".mindrecord": "MindRecord",
    ".lmdb": "LMDB",
    ".mdb": "LMDB",
    ".beton": "FFCV",
    ".arrow": "Arrow",
    ".h5": "HDF5",
    ".hdf5": "HDF5",
    ".npz": "NumPy",
    ".npy": "NumPy",
    ".mat": "MATLAB",
    ".pkl": "pickle",
}
_TFRECORD_SHARD = "-of-"
_NUMBERED_TAR = re.compile(r".*[0-9]{3,}\.tar")
_NAMED = 3


def what_is_there(path: Path) -> str:
    """What is at a path, in a few words: `2 folders (a, b), 3 .zip files (x.zip, y.zip, z.zip)`. Raises OSError."""
    if not path.is_dir():
        size = path.stat().st_size
        return f"a file of {counted(size, 'byte')}" if size else "an empty file"
    folders = folders_in(path)
    files = _files(path)
    parts = [f"{counted(len(folders), 'folder')} ({some_of(shown(folders), _NAMED)})"] if folders else []
    for suffix, _ in Counter(Path(name).suffix.lower() for name in files).most_common(_NAMED):
        alike = [name for name in files if Path(name).suffix.lower() == suffix]
        parts.append(f"{counted(len(alike), f'{suffix} file'.strip())} ({some_of(shown(alike), _NAMED)})")
    return ", ".join(parts) or "an empty folder"


def most_likely(path: Path) -> str:
    """What the user most likely has to give instead, as a sentence without its full stop; empty if there is no telling.

    Raises
    ------
    OSError
        It cannot be looked at.
    """
    if not path.is_dir():
        if path.suffix.lower() in IMAGE_EXTENSIONS:
            return f"this is one image, name the folder: {path.parent}"
        return _of_files(path.parent, [path.name])
    folders = folders_in(path)
    training = [name for name in folders if split_named(name) == TRAINING]
    if training and not any(split_named(name) not in {"", TRAINING} for name in folders):
        return f"only a training split is there ({training[0]}/), figures are about the validation or test split"
    if said := _of_files(path, _files(path)):
        return said
    if len(folders) <= MOST_FOLDERS:
        below = [name for name in folders if _holds_images(path / name)]
        if below:
            return f"name the folder that holds the class folders, such as {path / below[0]}"
    return "" if folders or _files(path) else "the disk may not be mounted"


def above_classes(folder: Path) -> Path | None:
    """The folder above, if others beside the given one hold images, too: then it seems to be the folder of a class."""
    above = folder.resolve().parent
    beside = [name for name in folders_in(above)[:MOST_FOLDERS] if above / name != folder.resolve()]
    return above if any(has_images(above / name) for name in beside) else None


def _of_files(folder: Path, names: Sequence[str]) -> str:
    packed = [name for name in names if name.lower().endswith(_PACKED)]
    if packed:
        return f"unpack {shown(packed)[0]} first"
    for name in names:
        form = _OTHER_FORMS.get(Path(name).suffix.lower(), "TFRecord" if _TFRECORD_SHARD in name else "")
        if form:
            return f"{shown([name])[0]} is {form}, which hubtool does not read: give the images as files or as Parquet"
    shards = [name for name in names if _NUMBERED_TAR.fullmatch(name.lower())]
    if len(shards) > 1:
        return f"{shown(shards)[0]} and others are shards of WebDataset, which hubtool does not read: unpack them"
    tars = [name for name in names if name.lower().endswith(".tar")]
    return f"name the archive, such as {folder / tars[0]}" if tars else ""


def _files(path: Path) -> list[str]:
    return sorted(child.name for child in path.iterdir() if not is_clutter_file(child.name) and child.is_file())


def _holds_images(folder: Path) -> bool:
    try:
        return find_place(folder) is not None
    except (HubtoolError, OSError):
        return True
