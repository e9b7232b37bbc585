"""Images in a tar archive, such as ILSVRC2012_img_val.tar, read without unpacking it."""

from __future__ import annotations

import os
import weakref
from collections import Counter
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from hubtool.data.clutter import clutter_in, shown
from hubtool.data.labelspace import LabelSpace, numbers_by_name
from hubtool.data.layout import Layout, Split
from hubtool.data.readers.labelfile import LABEL_FILES, find_label_file
from hubtool.data.readers.labels import labels_of
from hubtool.data.readers.tarindex import BLOCK, BadTar, Member, looks_like_tar, members
from hubtool.data.samples import IMAGE_EXTENSIONS, MAX_IMAGE_BYTES, UNDECODED_EXTENSIONS, version_of
from hubtool.data.splitnames import split_in
from hubtool.descriptors import open_to_read, read_at
from hubtool.errors import BrokenDataset, UsageProblem
from hubtool.words import counted, some_of

VALIDATION_TAR = "ILSVRC2012_img_val.tar"
_COMPRESSED = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\0": "xz", b"\x28\xb5\x2f\xfd": "zstd"}
_LABEL_MEMBERS = (".cls", ".cls2", ".cls1")
_WEBDATASET = "a shard of WebDataset, its labels are in .cls members, which hubtool does not read"
_WEBDATASET_HINT = "unpack all shards to a folder a class, add a file of labels, or use the Parquet form of the dataset"
_SUFFIXES = (".tar", ".tgz", ".tar.gz", ".tar.bz2", ".tar.xz", ".tar.zst")


class _Archive:
    """An open archive; closed with the last of its images."""

    def __init__(self, path: Path):
        self.path = path
        self.descriptor = open_to_read(path)
        weakref.finalize(self, os.close, self.descriptor)
        self.version = version_of(os.fstat(self.descriptor))

    def read(self, offset: int, size: int) -> bytes:
        """Bytes at an offset; any thread may ask, for nothing moves."""
        data = read_at(self.descriptor, size, offset)
        if len(data) < size:
            raise BrokenDataset(f"{self.path}: ends before byte {offset + size:,}")
        return data


@dataclass(frozen=True, slots=True)
class _TarSample:
    archive: _Archive
    member: Member
    name: str
    label: int

    def size(self) -> int:
        return self.member.size

    def read(self) -> bytes:
        if self.member.size > MAX_IMAGE_BYTES:
            raise BrokenDataset(f"{self.archive.path}: {self.name} is larger than {MAX_IMAGE_BYTES:,} bytes")
        return self.archive.read(self.member.offset, self.member.size)

    def version(self) -> str:
        return f"{self.archive.version} {self.member.offset} {self.member.size}"


def recognises(path: Path) -> bool:
    """Whether a path is a tar archive, compressed or not, or a folder that holds ILSVRC2012_img_val.tar."""
    path = _archive_path(path)
    return path.is_file() and (path.name.lower().endswith(_SUFFIXES) or looks_like_tar(_head(path)))


def read(path: Path, space: LabelSpace) -> Split:
    """The images of an archive: `<class>/<image>` below whatever, or in one folder with a file of labels beside it.

    Raises
    ------
    UsageProblem
        It is compressed, has several splits or no labels, or the labels do not fit the network.
    BrokenDataset
        It is damaged, or it and the file of labels do not fit together.
    """
    path = _archive_path(path)
    head = _head(path)
    for magic, kind in _COMPRESSED.items():
        if head.startswith(magic):
            raise UsageProblem(
                f"{path}: compressed with {kind}: its images could only be read one after the other",
                hint="decompress it; it need not be unpacked",
            )
    archive = _Archive(path)
    images, left_out, clutter, labelled = _images(path)
    parents = {PurePosixPath(name).parent for name in images}
    if len(parents) > 1 and labelled:
        raise UsageProblem(f"{path}: {_WEBDATASET}", hint=_WEBDATASET_HINT)
    if len(parents) > 1:
        labels, said = _from_folders(path, images, space), f"{len(parents):,} class folders"
    else:
        label_file = find_label_file((path.resolve().parent,), [PurePosixPath(name).name for name in images])
        if label_file is None and labelled:
            raise UsageProblem(f"{path}: {_WEBDATASET}", hint=_WEBDATASET_HINT)
        if label_file is None:
            raise UsageProblem(
                f"{path}: {counted(len(images), 'image')} and no file with their labels beside it",
                hint=f"such as {', '.join(LABEL_FILES)}",
            )
        by_name = {PurePosixPath(name).name: name for name in images}
        found = labels_of(label_file, list(by_name), space.preferring(split_in(path.stem)))
        labels = {by_name[name]: label for name, label in found.by_image.items()}
        said = f"labels in {label_file.name}" + (f", {found.note}" if found.note else "")
    samples = [_TarSample(archive, images[name], _short(name, parents), label) for name, label in labels.items()]
    short = [_short(name, parents) for name in left_out]
    return Split(f"images in a tar archive, {said}", path, samples, left_out=short, clutter=clutter)


def _archive_path(path: Path) -> Path:
    return path / VALIDATION_TAR if path.is_dir() else path


def _head(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(BLOCK)


def _images(path: Path) -> tuple[dict[str, Member], list[str], list[str], bool]:
    """The images of an archive by name, the names of those that cannot be decoded, and of clutter; sorted.

    And whether members beside the images hold their labels. Images beside class folders do not count, as in folders.
    """
    found: dict[str, Member] = {}
    left_out: list[str] = []
    clutter: set[str] = set()
    labelled = False
    try:
        with path.open("rb") as stream:
            for member in members(stream, path.stat().st_size):
                if part := clutter_in(member.name):
                    clutter.add(part)
                    continue
                suffix = PurePosixPath(member.name).suffix.lower()
                labelled = labelled or suffix in _LABEL_MEMBERS
                if suffix in UNDECODED_EXTENSIONS:
                    left_out.append(member.name)
                if suffix not in IMAGE_EXTENSIONS:
                    continue
                if not member.regular:
                    name = shown([member.name])[0]
                    raise BrokenDataset(f"{path}: {name} is a link or a sparse file", hint="unpack the archive")
                if member.name in found:
                    name = shown([member.name])[0]
                    raise BrokenDataset(f"{path}: {name} is in it twice", hint="unpack the archive")
                found[member.name] = member
    except BadTar as error:
        raise BrokenDataset(f"{path}: {error}", hint="get the archive again") from error
    if not found:
        raise BrokenDataset(
            f"{path}: no image in this archive", hint="the training set's archive of archives is not read"
        )
    above = {PurePosixPath(name).parent.parent for name in found if "/" in name}
    inner = {name: found[name] for name in sorted(found) if PurePosixPath(name).parent not in above}
    return inner or dict(sorted(found.items())), sorted(left_out), sorted(clutter), labelled


def _from_folders(path: Path, images: dict[str, Member], space: LabelSpace) -> dict[str, int]:
    splits = Counter(PurePosixPath(name).parent.parent for name in images)
    if len(splits) > 1:
        raise UsageProblem(
            f"{path}: class folders in several places: {some_of(shown(map(str, splits)))}",
            hint="the archive may hold one split only",
        )
    numbers = numbers_by_name(
        (PurePosixPath(name).parent.name for name in images), space, where=str(path), noun="class folder"
    )
    return {name: numbers[PurePosixPath(name).parent.name] for name in images}


def _short(name: str, parents: set[PurePosixPath]) -> str:
    """The name without the folders above the class folder, or above the image if there is no class folder.

    Characters that do not print, and bytes that are not UTF-8, are written as escapes: reports show these names.
    """
    short = "/".join(PurePosixPath(name).parts[-2 if len(parents) > 1 else -1 :])
    return short if short.isprintable() else ascii(short)[1:-1]


LAYOUT = Layout(
    f"{VALIDATION_TAR}, or any uncompressed tar of <class>/<image>, or of <image> with a file of labels beside it",
    recognises,
    read,
)
