from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubtool import files
from hubtool.card.parse import ParsedCard
from hubtool.card.span import Span
from hubtool.files import write_atomically
from hubtool.lint.diagnostic import Diagnostic, Edit, Severity
from hubtool.lint.engine import check_card
from hubtool.lint.fixes import MAX_PASSES, FixResult, apply_edits, fix_card, unified_diff
from hubtool.lint.rule import Facts
from tests.conftest import CARDS, Hubtool

VALID = (CARDS / "bit_resnet50_imagenet2012.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("edits", "after", "count"),
    [
        ([], "abcdef", 0),
        ([Edit(0, 1, "X")], "Xbcdef", 1),
        ([Edit(4, 6, ""), Edit(0, 1, "X")], "Xbcd", 2),
        ([Edit(1, 3, "X"), Edit(3, 4, "Y")], "aXYef", 2),  # side by side
        ([Edit(1, 4, "X"), Edit(3, 5, "Y")], "aXef", 1),  # overlapping: the earlier one
        ([Edit(3, 5, "Y"), Edit(1, 4, "X")], "aXef", 1),
        ([Edit(2, 2, "X"), Edit(2, 2, "X")], "abXcdef", 1),  # equal: once
        ([Edit(2, 2, "X"), Edit(2, 2, "Y")], "abXcdef", 1),
        ([Edit(2, 2, "X"), Edit(2, 3, "Y")], "abXcdef", 1),
        ([Edit(1, 2, "X"), Edit(2, 2, "Y")], "aXYcdef", 2),
        ([Edit(6, 6, "X")], "abcdefX", 1),
        ([Edit(0, 6, "")], "", 1),
        ([Edit(0, 1, "a"), Edit(0, 1, "X")], "Xbcdef", 1),  # one that changes nothing is in nobody's way
        ([Edit(-1, 1, "X"), Edit(5, 7, "X"), Edit(3, 2, "X")], "abcdef", 0),
    ],
)
def test_apply_edits(edits: list[Edit], after: str, count: int) -> None:
    assert apply_edits("abcdef", edits) == (after, count)


_TEXT = st.text(alphabet="ab \t\r\n\u2028\ufeff\U0001f600é", max_size=30)


@given(st.data())
def test_random_edits_keep_every_other_character(data: st.DataObject) -> None:
    kept = data.draw(st.lists(_TEXT.filter(bool), min_size=1, max_size=6))
    cut = data.draw(st.lists(_TEXT, min_size=len(kept), max_size=len(kept)))
    put = data.draw(st.lists(_TEXT, min_size=len(kept), max_size=len(kept)))
    text, wanted, edits = "", "", []
    for stays, goes, comes in zip(kept, cut, put, strict=True):
        text, wanted = text + stays, wanted + stays
        edits.append(Edit(len(text), len(text) + len(goes), comes))
        text, wanted = text + goes, wanted + comes
    shuffled = data.draw(st.permutations([*edits, *edits[:2]]))
    changing = sum(goes != comes for goes, comes in zip(cut, put, strict=True))
    assert apply_edits(text, shuffled) == (wanted, changing)


@given(_TEXT, st.lists(st.builds(Edit, st.integers(-2, 32), st.integers(-2, 32), _TEXT), max_size=8))
def test_any_edits_are_no_crash_and_no_matter_of_order(text: str, edits: list[Edit]) -> None:
    assert apply_edits(text, edits) == apply_edits(text, edits[::-1])


Rewrite = Callable[[ParsedCard], list[Edit]]


def checks(*rewrites: Rewrite) -> Callable[[ParsedCard], list[Diagnostic]]:
    """The rules of hubtool and, as further ones, the edits of the given functions."""

    def check(parsed: ParsedCard) -> list[Diagnostic]:
        place = Span(1, 1, 1, 1)
        return check_card(parsed, Facts(), frozenset({"HT101", "HT102", "HT108"})) + [
            Diagnostic(parsed.shown, place, f"HT99{n}", Severity.WARNING, "wrong", edit)
            for n, rewrite in enumerate(rewrites)
            for edit in rewrite(parsed)
        ]

    return check


def replacing(old: str, new: str) -> Rewrite:
    """Edits that replace each occurrence, one by one."""

    def rewrite(parsed: ParsedCard) -> list[Edit]:
        starts = [n for n in range(len(parsed.text)) if parsed.text.startswith(old, n)]
        return [Edit(start, start + len(old), new) for start in starts]

    return rewrite


def fix(path: Path, *rewrites: Rewrite, allowed: Callable[[Diagnostic], bool] = lambda _: True) -> FixResult:
    return fix_card(path, "cards/net.md", checks(*rewrites), allowed)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "net.md"
    path.write_text(VALID, encoding="utf-8", newline="")
    return path


def test_a_fix_changes_its_own_characters_only(path: Path) -> None:
    data = b"\xef\xbb\xbf" + VALID.replace("\n", "\r\n").replace("top1acc76.85 | top5acc93.24", "-").encode()[:-2]
    path.write_bytes(data)
    result = fix(path)
    assert (result.applied, result.withheld, result.refused) == (1, 0, "")
    assert result.data == data.replace(b"evaluation: -\r\n", b"evaluation:\r\n")
    assert result.remaining == ()
    assert path.read_bytes() == data  # writing is the caller's


def test_fixing_twice_is_fixing_once(path: Path) -> None:
    path.write_text(VALID.replace("top1acc76.85 | top5acc93.24", "-"), encoding="utf-8")
    first = fix(path, replacing("MindSpore", "mindspore"), replacing("  ", " "))
    write_atomically(path, first.data)
    second = fix(path, replacing("MindSpore", "mindspore"), replacing("  ", " "))
    assert first.applied > 2
    assert (second.before, second.after, second.applied) == (first.after, first.after, 0)


def test_a_clean_card_stays(path: Path) -> None:
    result = fix(path)
    assert (result.before, result.after, result.applied, result.refused) == (VALID, VALID, 0, "")
    assert result.data == path.read_bytes()


def test_what_is_not_allowed_is_not_done(path: Path) -> None:
    result = fix(path, replacing("cv", "CV"), allowed=lambda d: d.code != "HT990")
    assert (result.after, result.withheld) == (VALID, 0)
    assert [d.code for d in result.remaining] == ["HT990"] * VALID.count("cv")


def test_overlapping_fixes_follow_in_later_passes(path: Path) -> None:
    result = fix(
        path, replacing("model-name: bit_resnet50", "model-name: a"), replacing("bit_resnet50\n\nback", "b\n\nback")
    )
    assert "model-name: a\n\nbackbone" in result.after


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("model-name: bit_resnet50", "model-name: [bit"),  # no YAML any more
        ("\n---\n", "\n***\n"),  # no block
        ("license: Apache-2.0", ""),  # no record
        ("license: Apache-2.0", "licence: Apache-2.0"),
    ],
)
def test_a_fix_that_makes_the_card_worse_is_withheld_and_the_others_are_not(path: Path, old: str, new: str) -> None:
    result = fix(path, replacing(old, new), replacing("BiT", "bit"))
    assert result.after == VALID.replace("BiT", "bit")
    assert result.withheld == VALID.count(old)
    assert result.applied == VALID.count("BiT")


def test_a_new_error_is_harm(path: Path) -> None:
    def check(parsed: ParsedCard) -> list[Diagnostic]:
        edits = checks(replacing("Apache", "apache"))(parsed)
        wrong = Diagnostic(parsed.shown, Span(1, 1, 1, 1), "HT997", Severity.ERROR, "wrong")
        return edits + [wrong] * parsed.text.count("apache")

    result = fix_card(path, "cards/net.md", check, lambda _: True)
    assert (result.after, result.applied, result.withheld) == (VALID, 0, 1)


def test_errors_that_a_fix_brings_to_light_are_no_harm(path: Path) -> None:
    broken = VALID.replace("author: MindSpore team", "author:\tMindSpore team\n\tx").replace(
        "used-for: inference\n", ""
    )
    path.write_text(broken, encoding="utf-8")

    def check(parsed: ParsedCard) -> list[Diagnostic]:
        missing = Diagnostic(parsed.shown, Span(1, 1, 1, 1), "HT997", Severity.ERROR, "used-for is missing")
        seen = [missing] if parsed.values is not None and "used-for" not in parsed.values else []
        return seen + checks(replacing("\n\tx", ""))(parsed)

    result = fix_card(path, "cards/net.md", check, lambda _: True)
    assert result.after == broken.replace("\n\tx", "")
    assert [d.code for d in result.remaining] == ["HT997"]


def test_fixes_that_undo_each_other_leave_the_card_alone(path: Path) -> None:
    result = fix(path, replacing("MindSpore", "mindspore"), replacing("mindspore", "MindSpore"))
    assert (result.before, result.after, result.applied) == (VALID, VALID, 0)
    assert result.refused == f"its fixes do not settle within {MAX_PASSES} passes"


@pytest.mark.parametrize(
    ("data", "reason"),
    [(b"# caf\xe9 -\n", "byte 0xe9 is not UTF-8"), (b"x" * (1024 * 1024 + 1), "larger than 1 MiB")],
)
def test_what_cannot_be_read_is_left_alone(path: Path, data: bytes, reason: str) -> None:
    path.write_bytes(data)
    result = fix(path, replacing("c", "d"))
    assert reason in result.refused
    assert (result.before, result.after, result.applied) == ("", "", 0)
    assert [d.code for d in result.remaining] == ["HT101"]


def test_a_file_that_is_not_there_is_left_alone(tmp_path: Path) -> None:
    assert "cannot be read" in fix(tmp_path / "none.md").refused


def test_the_uid_is_handed_on(path: Path) -> None:
    seen = set()

    def check(parsed: ParsedCard) -> list[Diagnostic]:
        seen.add(parsed.card.uid if parsed.card else None)
        return checks(replacing("BiT", "bit"))(parsed)

    fix_card(path, "net.md", check, lambda _: True, uid="mindspore/2.5/net")
    assert seen == {"mindspore/2.5/net"}


@given(data=st.binary(max_size=60), old=st.sampled_from(["a", "\n", "-", "#"]))
def test_any_file_is_fixed_to_a_fixed_point_or_left_alone(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, old: str
) -> None:
    path = tmp_path_factory.mktemp("any") / "net.md"
    path.write_bytes(b"# a\n---\na: -\n---\n" + data)
    result = fix(path, replacing(old, "é"))
    if result.refused:
        assert result.before == result.after
    else:
        assert result.before.encode() == path.read_bytes()
        write_atomically(path, result.data)
        assert fix(path, replacing(old, "é")).after == result.after


def test_permissions_and_links_stay(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    target = tmp_path / "real" / "net.md"
    target.write_bytes(b"old")
    target.chmod(0o640)
    link = tmp_path / "net.md"
    link.symlink_to("real/net.md")
    write_atomically(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    assert target.stat().st_mode & 0o7777 == 0o640
    assert [entry.name for entry in (tmp_path / "real").iterdir()] == ["net.md"]


def test_a_new_file_gets_the_usual_permissions(tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        write_atomically(tmp_path / "net.md", b"new")
    finally:
        os.umask(old)
    assert (tmp_path / "net.md").stat().st_mode & 0o777 == 0o640


def test_a_write_that_fails_leaves_the_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "net.md"
    path.write_bytes(b"old")
    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["net.md"]


def test_a_loop_of_links_is_an_error_of_the_system(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(OSError, match="symbolic links"):
        write_atomically(tmp_path / "a", b"new")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["a", "b"]


def test_a_diff_reads_as_git_prints_it() -> None:
    assert unified_diff("cards/net.md", "a\nb\r\nc", "a\nB\r\nc\n") == (
        "--- a/cards/net.md\n"
        "+++ b/cards/net.md\n"
        "@@ -1,3 +1,3 @@\n"
        " a\n"
        "-b\r\n"
        "-c\n"
        "\\ No newline at end of file\n"
        "+B\r\n"
        "+c\n"
    )
    assert unified_diff("cards/net.md", "a", "a") == ""


@pytest.mark.parametrize(
    ("shown", "header"),
    [
        ("/abs/net.md", "--- a/abs/net.md\n"),
        ("my net.md", "--- a/my net.md\t\n"),
        ('a"\n\\.md', '--- "a/a\\042\\012\\134.md"\n'),
        ("réseau.md", "--- a/réseau.md\n"),
    ],
)
def test_names_in_a_diff(shown: str, header: str) -> None:
    assert unified_diff(shown, "a\n", "b\n").startswith(header)


_GIT = shutil.which("git")


@pytest.mark.skipif(_GIT is None, reason="needs git")
@pytest.mark.parametrize("name", ["net.md", "my net.md", "réseau.md", 'a"b\t.md'])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a\nb\n", "a\nc\n"),
        ("a\r\nb\r\n", "a\nb\n"),
        ("a\nb", "a\nb\n"),
        ("a\nb\n", "a\nb"),
        ("a\x0cb\u2028c\rd\ne\n", "a\x0cb\u2028c\rD\ne\n"),
        ("\ufeffa\n" + "x\n" * 20 + "b\n", "\ufeffA\n" + "x\n" * 20 + "B\n"),
        ("a\n", ""),
    ],
)
def test_git_applies_the_diff(tmp_path: Path, name: str, before: str, after: str) -> None:
    (tmp_path / name).write_bytes(before.encode())
    diff = unified_diff(name, before, after).encode()
    done = subprocess.run([str(_GIT), "apply", "-"], cwd=tmp_path, input=diff, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / name).read_bytes() == after.encode()


_DIRTY = [
    VALID.replace("top1acc76.85 | top5acc93.24", "-"),
    VALID.replace("model-name", "model_name", 1).replace("\n", "  \n", 3),
    VALID.replace("\n---\n", "\n--- \n").replace("user-id", "user_id"),
    VALID + "\n##Heading： \n\n<!-- hubtool: ignore HT999 -->\n\ntext\n",
]


@pytest.mark.parametrize("text", _DIRTY)
def test_fixes_keep_the_line_ends_of_a_card_from_windows(tmp_path: Path, hubtool: Hubtool, text: str) -> None:
    unix, windows = tmp_path / "unix" / "net.md", tmp_path / "windows" / "net.md"
    for path, content in ((unix, text), (windows, text.replace("\n", "\r\n"))):
        path.parent.mkdir()
        path.write_bytes(content.encode())
        hubtool("validate", path, "--fix")
    assert unix.read_bytes() != text.encode()
    assert windows.read_bytes() == unix.read_bytes().replace(b"\n", b"\r\n")
