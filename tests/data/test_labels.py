from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubtool.data.labelspace import LabelSpace
from hubtool.data.layouts import flatfolder
from hubtool.data.readers.devkit import GROUND_TRUTH
from hubtool.data.readers.ilsvrc import synsets_by_id
from hubtool.data.readers.labels import labels_of
from hubtool.errors import BrokenDataset, HubtoolError, UsageProblem

IMAGES = [f"ILSVRC2012_val_{number:08}.JPEG" for number in range(1, 4)]
NAMED = LabelSpace(3)
SYNSETS = [f"n{number:08}" for number in range(1000)]


def labels(path: Path, text: str | bytes, expected: LabelSpace = NAMED, images=IMAGES, **options) -> list[int]:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return list(labels_of(path, images, expected, **options).by_image.values())


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("val.txt", "{0} 2\n{1} 0\n{2} 1\n"),
        ("val.txt", "{2} 1\r\n\r\n{1}\t0\r\n{0}  2"),
        ("val.txt", "val/{0} 2\nval/{1} 0\n./{2} 1\n"),
        ("val.txt", "\ufeff{0} n3\n{1} n1\n{2} n2\n"),
        ("labels.csv", "{0},2\n{1},0\n{2},1\n"),
        ("labels.csv", 'file,label\n"{0}",2\n{1}, 0\n{2},1\n'),
        ("labels.csv", "image,class\n{0},c\n{1},a\n{2},b b\n"),
        ("LOC_val_solution.csv", "ImageId,PredictionString\n{0},n3 1 2 3 4 n3 5 6 7 8 \n{1},n1 1 2 3 4\n{2},n2\n"),
    ],
)
def test_files_of_labels(tmp_path: Path, name: str, text: str) -> None:
    assert labels(tmp_path / name, text.format(*IMAGES)) == [2, 0, 1]


def test_names_without_extension(tmp_path: Path) -> None:
    stems = [name.removesuffix(".JPEG") for name in IMAGES]
    text = "ImageId,PredictionString\n" + "".join(f"{stem},n{9 - n} 1 2 3 4\n" for n, stem in enumerate(stems))
    assert labels(tmp_path / "LOC_val_solution.csv", text) == [2, 1, 0]
    with pytest.raises(BrokenDataset, match="only differ by theirs"):
        labels(tmp_path / "a.txt", "a 0", images=["a.png", "a.jpg"])


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("", BrokenDataset, "empty"),
        (b"\xff\xfe", BrokenDataset, "empty"),
        (
            b"ILSVRC2012_val_00000001.JPEG \xff\nILSVRC2012_val_00000002.JPEG b\nILSVRC2012_val_00000003.JPEG c\n",
            BrokenDataset,
            "byte 0xff in a label is not UTF-8",
        ),
        (b"\xff\xfea", BrokenDataset, "not valid UTF-16-LE: truncated data"),
        ("{0}\n", BrokenDataset, "row 1: not a file and a label"),
        ("{0} 0\n{0} 1\n", BrokenDataset, "row 2: ILSVRC2012_val_00000001.JPEG appears twice, with different labels"),
        ("{0} 0\n{1} 1\n", BrokenDataset, "no label for 1 image: ILSVRC2012_val_00000003.JPEG"),
        ("{0} 0\n{1} 1\n{2} 1\nx.JPEG 1\n", BrokenDataset, "1 of its images is not there: x.JPEG"),
        ("{0} 0\n{1} 1\n{2} 3\n", UsageProblem, "labels from 0 to 3 for a network with 3 outputs"),
        ("{0} 1\n{1} 2\n{2} 3\n", UsageProblem, "labels from 1 to 3"),
        ("{0} 1\n{1} 0\n{2} -1\n", UsageProblem, "has no labels"),
        ("{0} a\n{1} b\n{2} b\n", UsageProblem, "2 classes for a network with 3 outputs"),
    ],
)
def test_labels_that_cannot_be_right_are_refused(tmp_path: Path, text, error, said: str) -> None:
    with pytest.raises(error, match=said):
        labels(tmp_path / "val.txt", text if isinstance(text, bytes) else text.format(*IMAGES))


def test_labels_that_count_from_one_get_a_hint(tmp_path: Path) -> None:
    with pytest.raises(UsageProblem) as caught:
        labels(tmp_path / "val.txt", "{} 1\n{} 2\n{} 3\n".format(*IMAGES))
    assert "start at 1" in caught.value.hint


def test_the_ground_truth_needs_what_translates_its_ids(tmp_path: Path) -> None:
    path, text = tmp_path / GROUND_TRUTH, "490\n1\n1000\n"
    thousand = LabelSpace(1000)
    with pytest.raises(UsageProblem, match="ILSVRC ids") as caught:
        labels(path, text, thousand)
    assert "meta.mat" in caught.value.hint
    # ILSVRC ids in the opposite order of the sorted synsets, as proof that the mapping is used.
    (tmp_path / "map_clsloc.txt").write_text("".join(f"{s} {1000 - n} word\n" for n, s in enumerate(SYNSETS)))
    assert labels(path, text, thousand) == [510, 999, 0]
    assert labels(path, text, LabelSpace(3, [SYNSETS[0], SYNSETS[999], SYNSETS[510]])) == [2, 1, 0]
    with pytest.raises(UsageProblem, match="1000 classes for a network with 10 outputs"):
        labels(path, text, LabelSpace(10))
    with pytest.raises(BrokenDataset, match="2 labels for 3|does not say which line"):
        labels(path, "490\n1\n", thousand)
    with pytest.raises(BrokenDataset, match="4 labels for 3 images"):
        labels(path, text + "4\n", thousand)
    with pytest.raises(BrokenDataset, match="line 2: 0 is no ILSVRC id"):
        labels(path, "490\n0\n1000\n", thousand)
    with pytest.raises(BrokenDataset, match=r"cat\.JPEG does not say which line is about it"):
        labels(path, text, thousand, images=["cat.JPEG", *IMAGES[:2]])
    (tmp_path / "map_clsloc.txt").write_text("n1 1 word\n")
    with pytest.raises(BrokenDataset, match="names 1 synsets for the ids 1 to 1000"):
        labels(path, text, thousand)


def test_matlabs_translation(tmp_path: Path) -> None:
    scipy_io = pytest.importorskip("scipy.io")
    np = pytest.importorskip("numpy")
    kind = [("ILSVRC2012_ID", "O"), ("WNID", "O"), ("num_children", "O")]
    rows = [(n + 1, s, 0) for n, s in enumerate(SYNSETS)] + [(1001, "n1", 4)]
    path = tmp_path / "meta.mat"
    for compressed in (False, True):
        scipy_io.savemat(path, {"synsets": np.array(rows, dtype=kind).reshape(-1, 1)}, do_compression=compressed)
        assert synsets_by_id(path) == dict(enumerate(SYNSETS, start=1))
    data = path.read_bytes()
    for damaged in (data[:200], data[:1000], b"", bytes(500), data[:140] + bytes(100) + data[240:]):
        path.write_bytes(damaged)
        with pytest.raises(BrokenDataset, match=r"meta\.mat"):
            synsets_by_id(path)
    import struct
    import zlib

    bomb = zlib.compress(bytes(100 << 20))
    path.write_bytes(data[:128] + struct.pack("<II", 15, len(bomb)) + bomb)
    with pytest.raises(BrokenDataset, match="inflates to more than"):
        synsets_by_id(path)


def flat(root: Path) -> Path:
    (root / "val").mkdir(parents=True)
    for name in IMAGES:
        (root / "val" / name).write_bytes(b"x")
    return root


def test_a_flat_folder_wants_exactly_one_file_of_labels(tmp_path: Path) -> None:
    root = flat(tmp_path / "set")
    with pytest.raises(UsageProblem, match="3 images and no file with their labels"):
        flatfolder.read(root, NAMED)
    (root / "val.txt").write_text("".join(f"{name} {n}\n" for n, name in enumerate(IMAGES)))
    for path in (root, root / "val"):
        split = flatfolder.read(path, NAMED)
        assert [(s.name, s.label) for s in split.samples] == list(zip(IMAGES, range(3), strict=True))
    (root / "labels.csv").write_text("")
    with pytest.raises(UsageProblem, match="several files of labels"):
        flatfolder.read(root, NAMED)
    assert len(flatfolder.read(root / "val.txt", NAMED).samples) == 3


def test_a_file_of_labels_given_outright_says_what_the_split_is(tmp_path: Path) -> None:
    root = flat(tmp_path)
    listing = root / "part.txt"
    listing.write_text(f"{IMAGES[2]} 0\n{IMAGES[0]} 1\n")
    assert flatfolder.recognises(listing)
    assert [(s.name, s.label) for s in flatfolder.read(listing, NAMED).samples] == [(IMAGES[0], 1), (IMAGES[2], 0)]


def test_a_development_kit_and_kaggles_folders_are_found(tmp_path: Path) -> None:
    images = tmp_path / "ILSVRC" / "Data" / "CLS-LOC" / "val"
    images.mkdir(parents=True)
    for name in IMAGES:
        (images / name).write_bytes(b"x")
    kit = tmp_path / "ILSVRC2012_devkit_t12" / "data"
    kit.mkdir(parents=True)
    (kit / GROUND_TRUTH).write_text("3\n1\n2\n")
    (kit / "map_clsloc.txt").write_text("".join(f"{s} {n + 1} word\n" for n, s in enumerate(SYNSETS)))
    split = flatfolder.read(tmp_path, LabelSpace(1000))
    assert [sample.label for sample in split.samples] == [2, 0, 1]


@given(text=st.text(max_size=200) | st.binary(max_size=200), suffix=st.sampled_from([".txt", ".csv"]))
def test_any_text_gives_labels_or_an_error(tmp_path_factory: pytest.TempPathFactory, text, suffix: str) -> None:
    path = tmp_path_factory.getbasetemp() / f"any{suffix}"
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    try:
        labels(path, data)
    except HubtoolError as error:
        assert str(path) in error.message or "class list" in error.message


@given(st.dictionaries(st.from_regex(r"[a-zA-Z0-9_ ]{0,5}[a-z]\.jpg", fullmatch=True), st.integers(0, 9), min_size=1))
def test_what_was_written_is_read(tmp_path_factory: pytest.TempPathFactory, written: dict[str, int]) -> None:
    images = [name.strip() for name in written]
    if len(set(images)) != len(images):
        return
    folder = tmp_path_factory.getbasetemp()
    expected = list(written.values())
    text = "".join(f"{name} {label}\n" for name, label in written.items())
    assert labels(folder / "w.txt", text, LabelSpace(10), images) == expected
    assert labels(folder / "w.csv", text.replace("jpg ", "jpg,"), LabelSpace(10), images) == expected
