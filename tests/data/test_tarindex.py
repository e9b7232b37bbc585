from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hubtool.data.clutter import shown
from hubtool.data.labelspace import LabelSpace
from hubtool.data.layouts import imagetar
from hubtool.data.readers.tarindex import BadTar, Member, looks_like_tar, members
from hubtool.errors import BrokenDataset, UsageProblem
from tests.data.makers import tar_bytes

FORMATS = [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]
PART = st.text(st.characters(codec="utf-8", categories=("L", "N", "Pc", "Zs")), min_size=1, max_size=60).filter(
    lambda text: text.isprintable() and text.strip() == text
)
NAMES = st.lists(PART, min_size=1, max_size=6).map("/".join)


def index(data: bytes) -> list[Member]:
    return list(members(io.BytesIO(data), len(data)))


@given(files=st.dictionaries(NAMES, st.binary(max_size=1500), max_size=5), format_=st.sampled_from(FORMATS[1:]))
def test_the_index_of_an_archive_is_that_of_tarfile(files: dict[str, bytes], format_: int) -> None:
    data = tar_bytes(files, format_)
    found = index(data)
    with tarfile.open(fileobj=io.BytesIO(data)) as peer:
        assert [(m.name, m.offset, m.size) for m in found] == [(m.name, m.offset_data, m.size) for m in peer]
    assert {m.name: data[m.offset : m.offset + m.size] for m in found} == files


@pytest.mark.parametrize("format_", FORMATS)
def test_long_names_of_every_format(format_: int) -> None:
    names = ["a.jpg", "/".join(["d" * 60, "e" * 60, "f.jpg"])]
    data = tar_bytes({name: name.encode() for name in names}, format_)
    assert [m.name for m in index(data)] == names
    assert looks_like_tar(data[:512])


def test_links_and_folders() -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, kind in (("./d", tarfile.DIRTYPE), ("s.jpg", tarfile.SYMTYPE), ("h.jpg", tarfile.LNKTYPE)):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "a.jpg"
            archive.addfile(info)
        info = tarfile.TarInfo("./d/a.jpg")
        info.size = 3
        archive.addfile(info, io.BytesIO(b"abc"))
    found = index(buffer.getvalue())
    assert [(m.name, m.regular) for m in found] == [("s.jpg", False), ("h.jpg", False), ("d/a.jpg", True)]


WHOLE = tar_bytes({"a.jpg": b"x" * 700, "n" * 150: b"y", "b.jpg": b""}, tarfile.PAX_FORMAT)


@pytest.mark.parametrize("length", [0, 1, 511, 512, 1000, 1535, 2048, 3000])
def test_an_archive_cut_short_never_passes_for_a_whole_one(length: int) -> None:
    with pytest.raises(BadTar, match="cut short"):
        index(WHOLE[:length])


@given(data=st.binary(max_size=3000))
@example(data=bytes(1024))
def test_any_bytes_are_an_archive_or_an_error(data: bytes) -> None:
    try:
        index(data)
    except BadTar as error:
        assert str(error).startswith("byte ")


@given(st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), min_size=1, max_size=4), st.booleans())
def test_damaged_archives(changes: list[tuple[int, int]], mend: bool) -> None:
    data = bytearray(WHOLE)
    for place, value in changes:
        data[place] = value
        if mend:  # whoever means harm writes the right checksum
            start = place // 512 * 512
            block = data[start : start + 512]
            total = sum(block[:148]) + 8 * 32 + sum(block[156:])
            data[start + 148 : start + 156] = b"%06o\0 " % total
    try:
        for member in index(bytes(data)):
            assert 0 <= member.offset <= member.offset + member.size <= len(data)
    except BadTar as error:
        assert str(error)


def patched(field: slice, value: bytes) -> bytes:
    header = bytearray(tar_bytes({"a.jpg": b"x"})[:512])
    header[field] = value.ljust(field.stop - field.start, b"\0")
    header[148:156] = b"%06o\0 " % (sum(header[:148]) + 8 * 32 + sum(header[156:]))
    return bytes(header)


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (patched(slice(124, 136), b"\x80" + b"\xff" * 11), "cut short"),
        (patched(slice(124, 136), b"\xff" * 12), "a size that is no number"),
        (patched(slice(124, 136), b"-0000000001"), "a size that is no number"),
        (patched(slice(124, 136), b"77777777777"), "cut short"),
        (patched(slice(124, 157), b"77777777777\0" + bytes(20) + b"x"), "extended header of"),
    ],
)
def test_hostile_headers(header: bytes, said: str) -> None:
    with pytest.raises(BadTar, match=said):
        index(header + bytes(1024))


@pytest.mark.parametrize("name", [b"\x1b[31mred", b"", b"\xff\xfe", "\u56fe".encode("gbk"), b"n" * 100])
def test_any_name_is_read_and_shown_without_harm(tmp_path: Path, name: bytes) -> None:
    header = patched(slice(0, 100), name)
    (member,) = index(header + b"x".ljust(512, b"\0") + bytes(1024))
    assert os.fsencode(member.name) == name
    assert all(text.isprintable() for text in shown([member.name]))


def sparse(extensions: int) -> bytes:
    """An old GNU sparse member whose map of holes takes some more blocks, before an image."""
    header = bytearray(patched(slice(156, 157), b"S"))
    header[482] = bool(extensions)
    header[148:156] = b"%06o\0 " % (sum(header[:148]) + 8 * 32 + sum(header[156:]))
    maps = b"".join(bytes(504) + bytes([number < extensions - 1]) + bytes(7) for number in range(extensions))
    return bytes(header) + maps + b"x".ljust(512, b"\0") + tar_bytes({"b.jpg": b"yy"})


@pytest.mark.parametrize("extensions", [0, 1, 3])
def test_what_follows_a_sparse_file_is_found(extensions: int) -> None:
    data = sparse(extensions)
    first, second = index(data)
    assert (first.regular, second.name, data[second.offset : second.offset + 2]) == (False, "b.jpg", b"yy")


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"a.txt": b"x"}, "no image in this archive"),
        ({"train/a/1.jpg": b"x", "val/a/1.jpg": b"x"}, "class folders in several places"),
        ({"a.jpg": b"x", "b.jpg": b"x"}, "2 images and no file with their labels beside it"),
    ],
)
def test_archives_that_are_no_split(tmp_path: Path, files: dict[str, bytes], said: str) -> None:
    path = tmp_path / "set.tar"
    path.write_bytes(tar_bytes(files))
    with pytest.raises((UsageProblem, BrokenDataset), match=said):
        imagetar.read(path, LabelSpace(2))


def test_links_and_doubles_among_the_images_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "set.tar"
    one, other = tar_bytes({"a/1.jpg": b"x"})[:1024], tar_bytes({"b/1.jpg": b"y"})[:1024]
    path.write_bytes(one + other + one + bytes(1024))
    with pytest.raises(BrokenDataset, match=r"a/1\.jpg is in it twice"):
        imagetar.read(path, LabelSpace(2))
    with tarfile.open(path, "w") as archive:
        info = tarfile.TarInfo("a/1.jpg")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(info)
    with pytest.raises(BrokenDataset, match=r"a/1\.jpg is a link"):
        imagetar.read(path, LabelSpace(2))


def test_an_archive_that_shrinks_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "set.tar"
    path.write_bytes(tar_bytes({"a/1.jpg": b"x" * 600, "b/1.jpg": b"y" * 600}))
    split = imagetar.read(path, LabelSpace(2))
    assert split.samples[1].read() == b"y" * 600
    with path.open("r+b") as stream:
        stream.truncate(2100)
    with pytest.raises(BrokenDataset, match="ends before byte"):
        split.samples[1].read()
