"""The order of classes by their names: numbers are numbers, the odd one is named, ImageNet's synsets are known."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubtool.data.labelspace import LabelSpace, labels_from, numbers_by_name
from hubtool.data.naming import intruders, odd_names, ordered
from hubtool.data.synsets import ilsvrc2012_synsets, known_class_names, synset_in
from hubtool.errors import UsageProblem

SYNSETS = ilsvrc2012_synsets()
IMAGENET = LabelSpace(1000, known_names=SYNSETS)
COUNT = 12


def order(names: list[str]) -> list[str]:
    numbers = numbers_by_name(names, LabelSpace(len(names)), where="here", noun="class folder")
    return sorted(numbers, key=numbers.__getitem__)


@pytest.mark.parametrize(
    "pattern",
    [
        "{0}",
        "{0}_name",
        "class_{0}",
        "Class {0}",
        "{0}.cat",
        "class{0}_x",
        "{0:02}",
        "c-{0}-d",
        "{1}_{0}",
        "{0}-{1}",
        "{1}{0}",
    ],
)
@pytest.mark.parametrize("first", [0, 1])
def test_names_numbered_throughout_are_in_the_order_of_the_numbers(pattern: str, first: int, caplog) -> None:
    words = "pqrstuvwxyzo"  # in another order than the numbers at the end
    names = [pattern.format(first + n, words[-n]) for n in range(COUNT)]
    assert order(names[::-1]) == names
    assert ("in the order of the numbers, not of text" in caplog.text) is (sorted(names) != names)


@pytest.mark.parametrize(
    "names",
    [
        [*map(str, range(1, COUNT)), "background"],
        [f"class_{n}" for n in range(COUNT)] + ["other"],
        ["2 doors", "10 doors", "2 wheels", "3 wheels"],
        ["10_a", "9_b", "x", "8_c"],
    ],
)
def test_names_numbered_in_part_are_refused(names: list[str]) -> None:
    with pytest.raises(UsageProblem) as caught:
        order(names)
    assert "--classes FILE" in caught.value.hint
    listed = numbers_by_name(names, LabelSpace(len(names), names), where="here")
    assert list(listed) == names


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["DC-10", "DC-3", "An-12", "Fokker 50", "ATR-42", "Typhoon"], "DC-10 comes before DC-3"),
        (["Audi 100", "Audi 90", "Golf", "Polo", "Zoe", "Kangoo"], "Audi 100 comes before Audi 90"),
        (["a 2", "a 10", "b", "c", "d"], "a 10 comes before a 2"),
    ],
)
def test_numbers_within_names_leave_the_order_of_text_and_that_is_said(names: list[str], said: str, caplog) -> None:
    assert order(names) == sorted(names)
    assert said in caplog.text


@pytest.mark.parametrize(
    "names", [["cat", "dog"], ["n01", "n02", "n10"], ["000", "001", "010"], ["normal", "stage1", "stage2"]]
)
def test_where_both_orders_are_one_nothing_is_said(names: list[str], caplog) -> None:
    assert order(names) == names
    assert not caplog.text


@given(st.lists(st.text("ab01239_ .", min_size=1, max_size=6), min_size=1, max_size=8, unique=True))
def test_any_order_holds_each_name_once(names: list[str]) -> None:
    found = ordered(names)
    assert found is None or sorted(found.names) == sorted(names)
    assert set(intruders(names)) <= set(odd_names(names)) <= set(names)


@pytest.mark.parametrize("odd", ["backup", "n01 copy", "train", "new folder", "n01440764 (copy)", "n00000003.bak"])
def test_the_odd_folder_is_named_where_the_count_does_not_fit(odd: str) -> None:
    names = [f"n{number:08}" for number in range(10)] + [odd]
    with pytest.raises(UsageProblem, match="11 class folders for a network with 10 outputs") as caught:
        numbers_by_name(names, LabelSpace(10), where="here", noun="class folder")
    assert f"unlike the others: {odd}" in caught.value.message


@pytest.mark.parametrize("odd", ["backup", "test", "n01440764_old.d"])
def test_and_where_the_count_fits_because_a_class_is_missing(odd: str) -> None:
    names = [f"n{number:08}" for number in range(1, 12)] + [odd]
    with pytest.raises(UsageProblem, match="1 class folder unlike the others: ") as caught:
        order(names)
    assert odd in caught.value.message


@pytest.mark.parametrize("copy", ["cat - Copy", "dog (1)", "Copy of dog", "cat copy 2", "cat.bak", "dog_copy"])
def test_a_copy_of_a_folder_is_no_class(copy: str) -> None:
    with pytest.raises(UsageProblem, match="unlike the others"):
        order(["cat", "dog", copy])


def test_a_word_beside_others_is_a_class() -> None:
    names = ["backup", "cat", "test", "train"]
    assert order(names) == names


def test_the_thousand_synsets() -> None:
    assert len(SYNSETS) == len(set(SYNSETS)) == 1000
    assert list(SYNSETS) == sorted(SYNSETS)
    assert all(synset_in(synset) == synset for synset in SYNSETS)
    assert (SYNSETS[0], SYNSETS[65], SYNSETS[999]) == ("n01440764", "n01751748", "n15075141")
    assert hashlib.sha256("\n".join(SYNSETS).encode()).hexdigest() == DIGEST
    assert known_class_names("imagenet") == known_class_names("ILSVRC2012") == SYNSETS
    assert known_class_names("ImageNet-21K") is known_class_names("photographs") is None


DIGEST = "385e0240499426c022b773be1ae4da780f057b89c9694c7f47199f62746b6edd"


@pytest.mark.parametrize(
    "pattern", ["{0}", "{0}_word", "{0} word", "{0}-word", "{1}", "{1:03}", "{1}_word", "class_{1}"]
)
def test_folders_that_are_the_thousand(pattern: str) -> None:
    names = [pattern.format(synset, number) for number, synset in enumerate(SYNSETS)]
    assert numbers_by_name(names[::-1], IMAGENET, where="here") == {name: number for number, name in enumerate(names)}


FOREIGN = [f"n{number:08}" for number in range(90_000_000, 90_000_600)]


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ([*SYNSETS[1:], "backup"], ["missing are 1 of its synsets: n01440764", "foreign to it are 1: backup"]),
        (SYNSETS[:-1], ["999 classes for a network with 1000 outputs", "missing are 1 of its synsets: n15075141"]),
        ([*SYNSETS, "val"], ["1001 classes", "foreign to it are 1: val"]),
        ([*SYNSETS, "n01440764 (copy)"], ["1001 classes", "twice there are n01440764 (copy)"]),
        (
            [*SYNSETS[600:], *FOREIGN],
            ["not those of ILSVRC2012", "missing are 600", "foreign to it are 600: n90000000"],
        ),
        ([f"word {n:04}" for n in SYNSETS and range(5, 1005)], ["not those of ILSVRC2012", "foreign to it are 1,000"]),
        ([str(n) for n in range(1, 1001)], ["not those of ILSVRC2012"]),  # ILSVRC ids, or counted from 1
        ([f"w{n}x" for n in range(3)], ["3 classes for a network with 1000 outputs"]),
    ],
)
def test_folders_that_are_not_the_thousand(names: list[str], said: list[str]) -> None:
    with pytest.raises(UsageProblem) as caught:
        numbers_by_name(names, IMAGENET, where="here")
    assert all(part in caught.value.message for part in said), caught.value.message
    assert "--classes" in caught.value.hint


def test_some_of_the_thousand_are_enough_where_each_image_is_labelled() -> None:
    assert labels_from([SYNSETS[7], SYNSETS[999], SYNSETS[7]], IMAGENET, where="here") == [7, 999, 7]
    with pytest.raises(UsageProblem, match="foreign to it are 1: n90000000"):
        labels_from([SYNSETS[7], FOREIGN[0]], IMAGENET, where="here")


def test_a_network_with_other_outputs_or_a_class_list_takes_any_names() -> None:
    assert numbers_by_name(["b", "a"], LabelSpace(2, known_names=SYNSETS), where="here") == {"a": 0, "b": 1}
    listed = LabelSpace(1000, ["b", "a", *map(str, range(998))], SYNSETS)
    assert numbers_by_name(["a"], listed, where="here")["a"] == 1


@pytest.mark.parametrize("form", ["{0}", "{0}.0", "{0:03}", "{0}.", "+{0}", "{0}.000"])
@pytest.mark.parametrize("numbers", [[3, 0, 11, 3], [11], [0, 0]])
def test_whole_numbers_are_outputs_however_many_there_are(form: str, numbers: list[int]) -> None:
    assert labels_from([form.format(n) for n in numbers], LabelSpace(12), where="here") == numbers


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (["0", "1.5"], "label 1.5 is not a whole number"),
        (["0", "nan"], "label nan is not a whole number"),
        (["0", "1e3"], "label 1e3 is not a whole number"),
        (["0", "12"], "labels from 0 to 12 for a network with 12 outputs"),
        (["1.0", "12.0"], "labels from 1 to 12"),
        (["0", "cat"], "2 classes for a network with 12 outputs"),
    ],
)
def test_other_numbers_are_refused(values: list[str], said: str) -> None:
    with pytest.raises(UsageProblem, match=said):
        labels_from(values, LabelSpace(12), where="here")


def test_numbered_labels_of_a_table_are_in_the_order_of_the_numbers() -> None:
    for pattern in ("class_{}", "{}_name", "c{}"):
        values = [pattern.format(n) for n in (3, 0, 11, *range(12))]
        assert labels_from(values, LabelSpace(12), where="here")[:3] == [3, 0, 11]


@pytest.mark.parametrize("written", ["K\u00e4se", "Ka\u0308se", "K\u00e4se "])
@pytest.mark.parametrize("listed", ["K\u00e4se", "Ka\u0308se"])
def test_names_in_a_class_list_match_however_their_characters_are_encoded(written: str, listed: str) -> None:
    space = LabelSpace(3, ["Brot", listed, "\u00d6l"])
    numbers = numbers_by_name([written, "O\u0308l", " Brot"], space, where="here")
    assert (numbers[written], numbers["O\u0308l"], numbers[" Brot"]) == (1, 2, 0)
    assert labels_from([written, "Brot"], space, where="here") == [1, 0]


@pytest.mark.parametrize("twin", ["Ka\u0308se", "K\u00e4se ", " K\u00e4se"])
def test_folders_that_look_the_same_are_refused_and_labels_are_one_class(twin: str) -> None:
    names = ["K\u00e4se", twin, "Brot"]
    with pytest.raises(UsageProblem, match="class folders that only differ in blanks or in how their characters are"):
        numbers_by_name(names, LabelSpace(3), where="here", noun="class folder")
    assert labels_from(names, LabelSpace(2), where="here") == [1, 1, 0]


@pytest.mark.parametrize("names", [["\u00d6l", "Pizza"], ["O\u0308l", "Pizza"], ["z\u00e9bu", "zoo", "cat"]])
def test_an_order_that_depends_on_the_encoding_is_said(names: list[str], caplog) -> None:
    assert order(names) == sorted(names)
    assert "composed and decomposed characters (NFC, NFD) order them differently" in caplog.text
    caplog.clear()
    assert order(["\u00d6l", "a", "b"]) == ["a", "b", "\u00d6l"]
    assert order(["caf\u00e9", "tea"]) == ["caf\u00e9", "tea"]


@pytest.mark.parametrize("count", [1, 10, 100])
def test_a_subset_of_the_known_synsets_is_labelled_by_them_and_said(count: int, caplog) -> None:
    names = [f"{synset}{'_word' * (place % 2)}" for place, synset in enumerate(SYNSETS[::10][:count])]
    numbers = numbers_by_name(names, IMAGENET, where="here", noun="class folder")
    assert [numbers[name] for name in names] == list(range(0, 1000, 10))[:count]
    assert f"here: a subset, {count} of the 1000 classes of ILSVRC2012" in caplog.text
    with pytest.raises(UsageProblem, match="foreign to it are 1: backup"):
        numbers_by_name([*names, "backup"], IMAGENET, where="here")


def test_a_network_with_a_background_class_is_not_guessed_at() -> None:
    space = LabelSpace(1001, known_names=SYNSETS)
    for names in (SYNSETS, SYNSETS[:5]):
        with pytest.raises(UsageProblem, match="for a network with 1001 outputs") as caught:
            numbers_by_name(names, space, where="here")
        assert "background class before the 1,000" in caught.value.hint
    listed = LabelSpace(1001, ["background", *SYNSETS], SYNSETS)
    assert labels_from([SYNSETS[0], SYNSETS[999]], listed, where="here") == [1, 1000]


def test_numbers_mean_outputs_also_where_one_may_be_a_background_class(caplog) -> None:
    assert labels_from(["0", "999"], LabelSpace(1001, known_names=SYNSETS), where="here") == [0, 999]
    assert "if output 0 is a background class, all of them are wrong by one" in caplog.text


@pytest.mark.parametrize(("labels", "said"), [(["1", "3"], True), (["0", "3"], False), (["2", "3"], False)])
def test_labels_that_may_be_counted_from_one_are_said(labels: list[str], said: bool, caplog) -> None:
    assert labels_from(labels, LabelSpace(4), where="here") == [int(label) for label in labels]
    assert ("if the labels are counted from 1, all of them are wrong by one" in caplog.text) is said
