"""Files of labels as tools write them: any delimiter, header, columns and encoding, checked against the images there."""

from __future__ import annotations

import gzip
import unicodedata
from pathlib import Path

import pytest

from hubtool.data.labelspace import LabelSpace
from hubtool.data.layouts import flatfolder, imagetar
from hubtool.data.readers.devkit import GROUND_TRUTH
from hubtool.data.readers.labelfile import find_label_file
from hubtool.data.readers.labels import labels_of
from hubtool.data.synsets import ilsvrc2012_synsets
from hubtool.errors import BrokenDataset, UsageProblem
from tests.data import makers

IMAGES = ["a.jpg", "b 1.jpg", "c.jpg", "d.jpg"]
LABELS = [2, 0, 1, 2]
SPACE = LabelSpace(3)
SYNSETS = ["n01440764", "n01443537", "n01484850"]


def read(path: Path, text: str | bytes, images=IMAGES, space: LabelSpace = SPACE, **options) -> list[int]:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return list(labels_of(path, images, space, **options).by_image.values())


def table(delimiter: str, *, header: str = "", quote: bool = False, labels=LABELS, before=(), after=()) -> str:
    q = '"' if quote else ""
    columns = [*before, [f"{q}{name}{q}" for name in IMAGES], [str(label) for label in labels], *after]
    rows = [delimiter.join(str(cell) for cell in row) for row in zip(*columns, strict=True)]
    return "\n".join([header.replace(",", delimiter), *rows] if header else rows) + "\n"


@pytest.mark.parametrize("name", ["val.csv", "val.txt", "labels.tsv"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", ", "])
@pytest.mark.parametrize("header", ["", "file,label", "ImageId,Class", "x,y", "path,species"])
@pytest.mark.parametrize("quote", [False, True])
def test_any_delimiter_and_header_in_a_file_of_any_name(
    tmp_path: Path, name: str, delimiter: str, header: str, quote: bool
) -> None:
    assert read(tmp_path / name, table(delimiter, header=header, quote=quote)) == LABELS


@pytest.mark.parametrize(
    "text",
    [
        'a.jpg 2\n"b 1.jpg" 0\nc.jpg 1\nd.jpg 2',
        "2 a.jpg\n0 b 1.jpg\n1 c.jpg\n2 d.jpg",
        "label;file\n2;a.jpg\n0;b 1.jpg\n1;c.jpg\n2;d.jpg",
        "sep=;\nfile;label\na.jpg;2\nb 1.jpg;0\nc.jpg;1\nd.jpg;2",
        "# made by a tool\n# twice\na.jpg,2\nb 1.jpg,0\nc.jpg,1\nd.jpg,2",
        "val\\a.jpg,2\nval\\b 1.jpg,0\nC:\\set\\c.jpg,1\n.\\d.jpg,2",
        "/data/val/a.jpg\t2\n/data/val/b 1.jpg\t0\nc.jpg\t1\n./d.jpg\t2",
        "a.jpg,2,\nb 1.jpg,0,\nc.jpg,1,\nd.jpg,2,",
        "a.JPEG,2\nb 1.JPEG,0\nC.jpeg,1\nd.JPEG,2",
        "a.jpg ; 2\nb 1.jpg ; 0\nc.jpg ; 1\nd.jpg ; 2",
        "file,label,box\na.jpg,2,1\na.jpg,2,5\nb 1.jpg,0,3\nc.jpg,1,4\nd.jpg,2,9",
        "a,2\nb 1,0\nc,1\nd,2",
        "id;label\na;2\nb 1;0\nc;1\nd;2",
    ],
)
def test_forms_that_tools_write(tmp_path: Path, text: str) -> None:
    assert read(tmp_path / "val.txt", text) == LABELS


@pytest.mark.parametrize(
    "text",
    [
        table(",", header=",file,label", before=[range(4)]),
        table(",", header="Unnamed: 0,file,label", before=[range(7, 11)]),
        table(";", header="index,file,label", before=[range(4)]),
        table("\t", before=[range(4)]),
        table("\t", before=[range(1, 5)]),
        table(" ", header="file label", before=[range(1, 5)]).replace(
            "b 1.jpg", '"b 1.jpg"'
        ),  # R: no header above names
        table(",", header="level_0,Unnamed: 0,file,label", before=[range(4), range(4)]),
    ],
)
def test_a_column_that_counts_rows_is_not_the_labels(tmp_path: Path, text: str) -> None:
    assert read(tmp_path / "labels.csv", text) == LABELS


@pytest.mark.parametrize(
    "text",
    [
        table(",", header="file,label,class_name", after=[["c", "a", "b", "c"]]),
        table(",", header="file,class_name,label", labels=["c", "a", "b", "c"], after=[LABELS]),
        table(",", header="file,label,width,height", after=[[64] * 4, [48] * 4]),
        table(
            ",",
            header="file,x,y,w,h,label",
            labels=[7, 8, 9, 7],
            after=[[1] * 4, [2] * 4, [3] * 4, ["c", "a", "b", "c"]],
        ),
        table("\t", labels=[SYNSETS[label] for label in LABELS], after=[[0, 1, 0, 2], [32] * 4, [44] * 4, [62] * 4]),
        table(",", header="file,class_id,synset", after=[[SYNSETS[label] for label in LABELS]]),
    ],
)
def test_the_column_of_labels_among_others(tmp_path: Path, text: str) -> None:
    assert read(tmp_path / "labels.csv", text) == LABELS


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (table(",", after=[["c", "a", "b", "c"]]), "column 2, column 3"),
        (table(",", header="file,p,q", after=[["c", "a", "b", "c"]]), "p, q"),
        (
            table(",", header="file,label_id,label", labels=[3, 1, 2, 3], after=[["c", "a", "b", "c"]]),
            "label, label_id",
        ),
        (table(",", header="file,label_id,label", after=[["c", "a", "a", "c"]]), "label, label_id"),
    ],
)
def test_several_columns_that_may_be_the_labels_are_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UsageProblem, match=f"several columns may be the labels: {said}") as caught:
        read(tmp_path / "labels.csv", text)
    assert "`label`" in caught.value.hint


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_encoding_and_line_end(tmp_path: Path, encoding: str, end: str) -> None:
    text = table(";", header="file,label", labels=["ö", "a", "b", "ö"]).replace("\n", end)
    assert read(tmp_path / "val.csv", text.encode(encoding)) == LABELS


def test_bytes_that_are_not_utf8_matter_only_in_labels(tmp_path: Path) -> None:
    data = b"file,label,note\na.jpg,2,\xff\nb 1.jpg,0,\xe4\nc.jpg,1,x\nd.jpg,2,y\n"
    assert read(tmp_path / "val.csv", data) == LABELS
    with pytest.raises(BrokenDataset, match="byte 0xe4 in a label"):
        read(tmp_path / "val.csv", b"a.jpg,\xe4\nb 1.jpg,a\nc.jpg,b\nd.jpg,b\n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("e.jpg,1\na.jpg,2\nb 1.jpg,0\nc.jpg,1\nd.jpg,2", "1 of its images is not there: e.jpg"),
        ("e,1\na,2\nb 1,0\nc,1\nd,2", "1 of its images is not there: e"),
        ("e,n01440764\na,n01443537\nb 1,n01443537\nc,n01484850\nd,n01484850", "1 of its images is not there: e"),
        ("w.jpg 2\nx.jpg 0\ny.jpg 1\nz.jpg 1", "4 of its images are not there|not a file and a label"),
        ("w 2\nx 0\ny 1\nz 1", "4 of its images are not there|not a file and a label"),
        ("file,label\na.jpg,\nb 1.jpg,0\nc.jpg,1\nd.jpg,2", "row 2: not a file and a label"),
        ("a.jpg,2\nb 1.jpg,0,7\nc.jpg,1\nd.jpg,2", "not a file and a label|several columns"),
        ('"a.jpg,2\nb 1.jpg,0\nc.jpg,1\nd.jpg,2', "not valid CSV|not there"),
        ("file,label\n", "not there|a header and no row"),
    ],
)
def test_a_row_is_never_dropped(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises((BrokenDataset, UsageProblem), match=said):
        read(tmp_path / "val.csv", text)


NUMBERED = ["0.png", "1.png", "2.png", "3.png"]


@pytest.mark.parametrize(
    "text",
    [
        ",file,label\n0,3.png,2\n1,2.png,1\n2,1.png,0\n3,0.png,2",
        ",id,label\n0,3,2\n1,2,1\n2,1,0\n3,0,2",
        "label,id\n2,3\n1,2\n0,1\n2,0",
        "0,3,2\n1,2,1\n2,1,0\n3,0,2",
        "2,3.png\n1,2.png\n0,1.png\n2,0.png",
        "1 2.png 1\n2 1.png 0\n3 0.png 2\n4 3.png 2",
        "3,2\n2,1\n1,0\n0,2",
        "id,label\n3,2\n2,1\n1,0\n0,2",
    ],
)
def test_names_of_images_that_are_numbers_are_not_confused_with_other_numbers(tmp_path: Path, text: str) -> None:
    assert read(tmp_path / "labels.csv", text, NUMBERED) == [2, 0, 1, 2]


VAL = [f"ILSVRC2012_val_{number:08}.JPEG" for number in range(1, 5)]


@pytest.mark.parametrize("images", [VAL, [f"{n}.png" for n in range(4)], [f"img_{n}.jpg" for n in (1, 2, 3, 4)]])
@pytest.mark.parametrize("name", ["imagenet_2012_validation_synset_labels.txt", "anything.txt"])
def test_one_class_a_line_in_the_order_of_numbered_images(tmp_path: Path, images: list[str], name: str) -> None:
    text = "".join(f"{SYNSETS[label]}\n" for label in LABELS)
    assert read(tmp_path / name, text, images) == LABELS
    with pytest.raises(BrokenDataset, match="3 labels for 4|does not say which line"):
        read(tmp_path / name, text.partition("\n")[2], images)


def test_numbers_a_line_are_outputs_where_the_images_are_not_those_of_ilsvrc(tmp_path: Path) -> None:
    assert read(tmp_path / "labels.txt", "2\n0\n1\n2\n", [f"{n}.png" for n in (3, 1, 0, 2)]) == [2, 0, 2, 1]
    with pytest.raises(UsageProblem, match="ILSVRC ids"):
        read(tmp_path / "labels.txt", "2\n0\n1\n2\n", VAL)
    with pytest.raises(UsageProblem, match="ILSVRC ids"):
        read(tmp_path / "labels.txt", "2\n0\n1\n2\n", ["1.png", "2.png", "3.png", "5.png"])


def kit(path: Path, ids: str, *, meta: bool = True) -> None:
    np = pytest.importorskip("numpy")
    scipy_io = pytest.importorskip("scipy.io")
    rows = [(n + 1, synset) for n, synset in enumerate(reversed(ilsvrc2012_synsets()))]
    scipy_io.savemat(
        path.parent / "meta.mat", {"synsets": np.array(rows, dtype=[("ILSVRC2012_ID", "O"), ("WNID", "O")])}
    )
    files = {f"ILSVRC2012_devkit_t12/data/{GROUND_TRUTH}": ids.encode()}
    if meta:
        files["ILSVRC2012_devkit_t12/data/meta.mat"] = (path.parent / "meta.mat").read_bytes()
    (path.parent / "meta.mat").unlink()
    path.write_bytes(gzip.compress(makers.tar_bytes(files)))


@pytest.mark.parametrize("beside", ["the images", "the folder", "the archive"])
def test_the_development_kit_as_it_is_downloaded(tmp_path: Path, beside: str) -> None:
    thousand = LabelSpace(1000, known_names=ilsvrc2012_synsets())
    (tmp_path / "val").mkdir()
    place = tmp_path / "val" if beside == "the images" else tmp_path
    kit(place / "ILSVRC2012_devkit_t12.tar.gz", "1000\n1\n2\n999\n")
    if beside == "the archive":
        (tmp_path / "ILSVRC2012_img_val.tar").write_bytes(makers.tar_bytes(dict.fromkeys(VAL, b"x")))
        split = imagetar.read(tmp_path, thousand)
    else:
        for name in VAL:
            (tmp_path / "val" / name).write_bytes(b"x")
        split = flatfolder.read(tmp_path, thousand)
    assert [sample.label for sample in split.samples] == [0, 999, 998, 1]
    kit(place / "ILSVRC2012_devkit_t12.tar.gz", "1\n", meta=False)
    with pytest.raises(BrokenDataset, match=r"no meta\.mat in it"):
        labels_of(place / "ILSVRC2012_devkit_t12.tar.gz", VAL, thousand)
    (place / "ILSVRC2012_devkit_t12.tar.gz").write_bytes(b"\x1f\x8b\x08" + bytes(40))
    with pytest.raises(BrokenDataset, match="damaged"):
        labels_of(place / "ILSVRC2012_devkit_t12.tar.gz", VAL, thousand)


@pytest.mark.parametrize("name", ["val_annotations.txt", "my labels.csv", "ground-truth.tsv"])
def test_a_table_of_any_name_is_found_by_the_images_it_names(tmp_path: Path, name: str) -> None:
    (tmp_path / "val" / "images").mkdir(parents=True)
    for image in IMAGES:
        (tmp_path / "val" / "images" / image).write_bytes(b"x")
    (tmp_path / "val" / name).write_text(table("\t"))
    (tmp_path / "words.txt").write_text("n01440764\ttench\n")
    (tmp_path / "train.csv").write_text(table(","))
    for path in (tmp_path, tmp_path / "val", tmp_path / "val" / "images"):
        split = flatfolder.read(path, SPACE)
        assert [sample.label for sample in split.samples] == LABELS
    (tmp_path / "val" / "other.csv").write_text(table(","))
    with pytest.raises(UsageProblem, match="several files of labels"):
        flatfolder.read(tmp_path, SPACE)


@pytest.mark.parametrize("images", ["NFC", "NFD"])
@pytest.mark.parametrize("table_form", ["NFC", "NFD"])
def test_names_of_images_match_however_their_characters_are_encoded(
    tmp_path: Path, images: str, table_form: str
) -> None:
    names = ["\u00c4 1.jpg", "caf\u00e9.jpg", "plain.jpg"]
    there = [unicodedata.normalize(images, name) for name in names]
    rows = [f"{name};{label}\n" for name, label in zip(names, "201", strict=True)]
    path = tmp_path / "any.csv"
    path.write_text(unicodedata.normalize(table_form, "".join(rows)), encoding="utf-8")
    assert find_label_file([tmp_path], there) == path
    assert labels_of(path, there, SPACE).by_image == dict(zip(there, (2, 0, 1), strict=True))
