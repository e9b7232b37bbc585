from __future__ import annotations

from pathlib import Path

import pytest

from hubtool.errors import EnvironmentProblem, NotFound, UsageProblem
from hubtool.evaluation.compare import difference
from hubtool.evaluation.loop import evaluate
from hubtool.evaluation.predictions import Prediction, predictions_of, read_predictions, write_predictions
from hubtool.evaluation.sampling import draw
from tests.evaluation.fakes import Guess, Numbers

pytest.importorskip("numpy")
HEADER = "path,label,class1,class2,class3,class4,class5,logit"


def prediction(image: str, label: int, *best: int, logit: float = 1.0) -> Prediction:
    return Prediction(image, label, best or (0, 1, 2, 3, 4), logit)


def by_image(*predictions: Prediction) -> dict[str, Prediction]:
    return {p.image: p for p in predictions}


def test_predictions_are_written_in_the_order_of_the_dataset(tmp_path: Path) -> None:
    evaluation = evaluate(Guess(), Numbers(), draw(50, 20, 0, shuffled=True))
    write_predictions(tmp_path / "p.csv", predictions_of(evaluation))
    header, *lines = (tmp_path / "p.csv").read_text().splitlines()
    assert header == HEADER
    indices = sorted(evaluation.rows["index"].tolist())
    assert lines == [f"number/{i},{i % 10},0,1,2,3,4,10" for i in indices]


@pytest.mark.parametrize(
    "written",
    [
        prediction('n01/a "b", c\nd.JPEG', 3),
        prediction("n01/\udcff.JPEG", 3),  # a name that is not text
        prediction("two classes", 1, 1, 0),
        prediction("third", 0, logit=0.333333343),
    ],
)
def test_what_is_written_can_be_read(tmp_path: Path, written: Prediction) -> None:
    write_predictions(tmp_path / "p.csv", [written])
    assert read_predictions(tmp_path / "p.csv") == {written.image: written}


def test_a_file_is_whole_or_as_it_was(tmp_path: Path) -> None:
    def broken():
        yield prediction("a", 0)
        raise ZeroDivisionError

    (tmp_path / "p.csv").write_text("before")
    with pytest.raises(ZeroDivisionError):
        write_predictions(tmp_path / "p.csv", broken())
    assert [path.read_text() for path in tmp_path.iterdir()] == ["before"]
    with pytest.raises(EnvironmentProblem):
        write_predictions(tmp_path / "none" / "p.csv", [])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "p.csv:1: the columns are not path,label"),
        ("a,b\n", "p.csv:1: the columns are not"),
        ("\x00\xff", "p.csv:1:"),
        (f"{HEADER}\na,0,1,2,3,4,5\n", "p.csv:2: 7 fields instead of 8"),
        (f"{HEADER}\na,x,1,2,3,4,5,1.0\n", "p.csv:2: invalid literal"),
        (f"{HEADER}\na,0,1,2,3,4,5,nan\n", "p.csv:2: the logit is nan"),
        (f"{HEADER}\na,0,1,2,3,4,5,1\na,0,1,2,3,4,5,1\n", "p.csv:3: a appears twice"),
        (f'{HEADER}\n"a', "p.csv:2: unexpected end of data"),
    ],
)
def test_what_is_not_a_file_of_predictions(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "p.csv").write_bytes(text.encode("latin-1"))
    with pytest.raises(UsageProblem) as caught:
        read_predictions(tmp_path / "p.csv")
    assert said in caught.value.message


def test_what_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        read_predictions(tmp_path / "p.csv")
    with pytest.raises(UsageProblem, match="a folder"):
        read_predictions(tmp_path)


def test_nothing_changed() -> None:
    a = by_image(prediction("x", 0), prediction("y", 1))
    found = difference(a, by_image(prediction("y", 1, logit=1.25), prediction("x", 0)))
    assert found.is_none
    assert found.largest_logit_difference == 0.25
    assert [(k, move.points) for k, move in found.moves.items()] == [(1, 0), (5, 0)]


def test_what_changed_and_how_far_the_accuracies_moved() -> None:
    a = by_image(
        prediction("gone", 0),
        prediction("order", 0),
        prediction("right", 1),
        prediction("same", 0),
        prediction("wrong", 0),
    )
    b = by_image(
        prediction("new", 0),
        prediction("order", 0, 0, 1, 2, 4, 3),
        prediction("right", 1, 1, 0, 2, 3, 4),
        prediction("same", 0),
        prediction("wrong", 0, 5, 6, 7, 8, 9),
    )
    found = difference(a, b)
    assert not found.is_none
    assert [x.image for x, _ in found.changed] == ["order", "right", "wrong"]
    assert (found.images, found.only_a, found.only_b) == (4, ("gone",), ("new",))
    assert (found.other_best, found.became_right, found.became_wrong) == (2, 1, 1)
    assert {k: (m.before, m.after, m.points) for k, m in found.moves.items()} == {1: (75, 75, 0), 5: (100, 75, -25)}


def test_a_label_that_changed_and_images_in_one_only_are_changes() -> None:
    assert not difference(by_image(prediction("x", 0)), by_image(prediction("x", 1))).is_none
    assert not difference({}, by_image(prediction("x", 1))).is_none
    empty = difference({}, {})
    assert not empty.is_none  # nothing was compared
    assert empty.moves == {}
