from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubtool.card.span import Span
from hubtool.errors import EnvironmentProblem, NotFound, UsageProblem
from hubtool.lint.baseline import Baseline
from hubtool.lint.diagnostic import Diagnostic, Severity

LINES = ["# net", "", "---", "license: none", "summary: none", "summary: none", "---"]


def at(line: int, code: str = "HT203", message: str = "wrong") -> Diagnostic:
    return Diagnostic("net.md", Span(line, 1, line, 2), code, Severity.ERROR, message)


def baseline(folder: Path, *diagnostics: Diagnostic, lines: list[str] = LINES) -> Baseline:
    path = folder / "known.json"
    assert Baseline.write(path, [(str(folder / "net.md"), lines, diagnostics)]) == len(diagnostics)
    return Baseline.load(path)


def new(known: Baseline, lines: list[str], *diagnostics: Diagnostic) -> list[Diagnostic]:
    fresh, rest = known.split(str(known.folder / "net.md"), lines, diagnostics)
    assert sorted(fresh + rest, key=str) == sorted(diagnostics, key=str)
    return fresh


def test_what_was_written_is_known(tmp_path: Path) -> None:
    diagnostics = [at(4), at(5), at(6), at(4, "HT204")]
    assert new(baseline(tmp_path, *diagnostics), LINES, *diagnostics) == []


@pytest.mark.parametrize(
    ("before", "after", "fresh"),
    [
        ([at(4)], [at(5)], [at(5)]),  # another line
        ([at(4)], [at(4, "HT204")], [at(4, "HT204")]),  # another rule
        ([at(4)], [at(4, message="worded better")], []),
        ([at(5)], [at(5), at(6)], [at(6)]),  # the same line once more
        ([at(5), at(6)], [at(5)], []),
        ([at(3, message="field `a` is missing")], [at(3, message="field `b` is missing")], [at(3, message="field `b` is missing")]),
        ([at(3, message="field `a` is missing")], [at(7, message="needs field `a`, after line 12")], []),
        ([at(1)], [], []),
        ([], [at(1)], [at(1)]),
        ([at(99)], [at(99)], []),  # beyond the text
    ],
)  # fmt: skip
def test_new_and_known(
    tmp_path: Path, before: list[Diagnostic], after: list[Diagnostic], fresh: list[Diagnostic]
) -> None:
    assert new(baseline(tmp_path, *before), LINES, *after) == fresh


def test_moved_and_indented_lines_stay_known(tmp_path: Path) -> None:
    moved = ["# net", "", "a paragraph", "", *LINES[2:3], "  " + LINES[3] + "  "]
    assert new(baseline(tmp_path, at(4)), moved, at(6)) == []


def test_a_touched_line_is_new(tmp_path: Path) -> None:
    touched = [line.replace("license: none", "license: None") for line in LINES]
    assert new(baseline(tmp_path, at(4)), touched, at(4)) == [at(4)]


def test_another_card_is_new(tmp_path: Path) -> None:
    assert baseline(tmp_path, at(4)).split(str(tmp_path / "other.md"), LINES, [at(4)]) == ([at(4)], [])


def test_paths_are_those_seen_from_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ci").mkdir()
    (tmp_path / "cards").mkdir()
    monkeypatch.chdir(tmp_path)
    Baseline.write(Path("ci/known.json"), [("cards/net.md", LINES, [at(4)])])
    assert list(json.loads(Path("ci/known.json").read_text(encoding="utf-8"))["problems"]) == ["../cards/net.md"]
    monkeypatch.chdir(tmp_path / "cards")
    for shown in ("net.md", "./net.md", str(tmp_path / "cards" / "net.md")):
        assert Baseline.load(Path("../ci/known.json")).split(shown, LINES, [at(4)]) == ([], [at(4)])


def test_the_file_is_the_same_whatever_the_order(tmp_path: Path) -> None:
    cards = [(f"{name}.md", LINES, [at(4), at(5), at(4, "HT101")]) for name in "abc"]
    Baseline.write(tmp_path / "1.json", cards)
    Baseline.write(tmp_path / "2.json", [(name, lines, said[:1]) for name, lines, said in reversed(cards)]
                   + [(name, lines, said[:0:-1]) for name, lines, said in cards])  # fmt: skip
    text = (tmp_path / "1.json").read_text(encoding="utf-8")
    assert text == (tmp_path / "2.json").read_text(encoding="utf-8")
    assert text.endswith("}\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1.json", "2.json"]


def test_a_name_that_is_no_text(tmp_path: Path) -> None:
    shown = str(tmp_path / "caf\udce9\U0001f600\\.md")
    Baseline.write(tmp_path / "known.json", [(shown, LINES, [at(4)])])
    assert Baseline.load(tmp_path / "known.json").split(shown, LINES, [at(4)]) == ([], [at(4)])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ":1:1: not valid JSON"),
        ('{\n "version": 1,\n<<<<<<< ours', ":3:1: not valid JSON"),
        ("[]", "the file: has to be an object"),
        ("{}", "version: has to be 1"),
        ('{"version": 2}', "version: has to be 1"),
        ('{"version": 1}', "problems: has to be an object of paths"),
        ('{"version": 1, "problems": {"a.md": []}}', "problems['a.md']: has to be an object of codes"),
        ('{"version": 1, "problems": {"a.md": {"HT203": 1}}}', "problems['a.md'].HT203: has to be an object of hashes"),
        ('{"version": 1, "problems": {"a.md": {"HT203": {"x": "1"}}}}', "problems['a.md'].HT203.x: has to be a positive"),
        ('{"version": 1, "problems": {"a.md": {"HT203": {"x": true}}}}', "problems['a.md'].HT203.x: has to be a positive"),
        ('{"version": 1, "problems": {"a.md": {"HT203": {"x": 0}}}}', "problems['a.md'].HT203.x: has to be a positive"),
        ("[" * 100_000, "not a baseline"),
        ("1" * 10_000, "not a baseline"),
    ],
)  # fmt: skip
def test_a_broken_file_is_said_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "known.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageProblem) as caught:
        Baseline.load(path)
    assert caught.value.message.startswith(str(path))
    assert said in caught.value.message


def test_a_file_that_cannot_be_read_or_written(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no such baseline"):
        Baseline.load(tmp_path / "none.json")
    with pytest.raises(UsageProblem, match="cannot be read"):
        Baseline.load(tmp_path)
    (tmp_path / "latin.json").write_bytes(b'{"\xe9": 1}')
    with pytest.raises(UsageProblem, match="byte 2 is not UTF-8"):
        Baseline.load(tmp_path / "latin.json")
    with pytest.raises(EnvironmentProblem, match="cannot be written"):
        Baseline.write(tmp_path / "no" / "known.json", [])


_LINE = st.sampled_from(["---", "", "a: b", " a: b", "c: d", "text"])
_PLACE = st.tuples(st.integers(1, 8), st.sampled_from(["HT101", "HT203"]))


@given(lines=st.lists(_LINE, max_size=8), places=st.lists(_PLACE), above=st.lists(_LINE, max_size=3))
def test_lines_inserted_above_never_make_a_problem_new(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], places: list[tuple[int, str]], above: list[str]
) -> None:
    places = [(line, code) for line, code in places if line <= len(lines)]
    known = baseline(tmp_path_factory.mktemp("known"), *(at(line, code) for line, code in places), lines=lines)
    assert new(known, above + lines, *(at(line + len(above), code) for line, code in places)) == []
