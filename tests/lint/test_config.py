from __future__ import annotations

from pathlib import Path

import pytest

from hubtool.errors import UsageProblem
from hubtool.lint.config import LintConfig, codes_of, enabled_codes, ignored_for, load_config
from hubtool.lint.rule import CARD_RULES, CATALOGUE_RULES

ALL = frozenset(rule.code for rule in (*CARD_RULES, *CATALOGUE_RULES))
FAMILY_1 = frozenset(code for code in ALL if code.startswith("HT1"))


def written(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_without_a_file_every_rule_is_on(tmp_path: Path) -> None:
    config = load_config(tmp_path)
    assert config == LintConfig(folder=tmp_path)
    assert enabled_codes(config) == ALL


@pytest.mark.parametrize(("name", "header"), [("hubtool.toml", "[lint]"), ("pyproject.toml", "[tool.hubtool.lint]")])
def test_a_file_is_read_from_a_folder_below(tmp_path: Path, name: str, header: str) -> None:
    text = f"""{header}
select = ["HT1", "unused-ignore"]
ignore = ["HT108"]
baseline = "ci/known.json"
"""
    written(tmp_path, name, text + f'{header[:-1]}.per-file-ignores]\n"old/*" = ["HT101"]\n')
    (tmp_path / "a" / "b").mkdir(parents=True)
    assert load_config(tmp_path / "a" / "b") == LintConfig(
        select=("HT1", "unused-ignore"),
        ignore=("HT108",),
        per_file_ignores={"old/*": ("HT101",)},
        baseline=tmp_path / "ci" / "known.json",
        folder=tmp_path,
    )


def test_the_nearest_file_wins_and_hubtool_toml_before_pyproject(tmp_path: Path) -> None:
    written(tmp_path, "hubtool.toml", '[lint]\nselect = ["HT1"]')
    written(tmp_path / "a", "pyproject.toml", '[tool.hubtool.lint]\nselect = ["HT101"]')
    assert load_config(tmp_path / "a").select == ("HT101",)
    written(tmp_path / "a", "hubtool.toml", '[lint]\nselect = ["HT102"]')
    assert load_config(tmp_path / "a").select == ("HT102",)
    assert load_config(tmp_path).select == ("HT1",)


@pytest.mark.parametrize(
    "text",
    ["[project]\nname = 'x'", "this is not TOML", "[project]\nname = 'hubtool'", "[tool.hubtool]", "tool = 'hubtool'"],
)
def test_a_pyproject_without_the_table_is_passed_by(tmp_path: Path, text: str) -> None:
    written(tmp_path, "hubtool.toml", '[lint]\nselect = ["HT1"]')
    written(tmp_path / "a", "pyproject.toml", text)
    assert load_config(tmp_path / "a").folder == tmp_path


def test_an_empty_hubtool_toml_ends_the_search(tmp_path: Path) -> None:
    written(tmp_path, "hubtool.toml", '[lint]\nselect = ["HT1"]')
    written(tmp_path / "a", "hubtool.toml", "")
    assert load_config(tmp_path / "a") == LintConfig(folder=tmp_path / "a")


def test_a_byte_order_mark_is_no_problem(tmp_path: Path) -> None:
    written(tmp_path, "hubtool.toml", '\ufeff[lint]\nselect = ["HT1"]')
    assert load_config(tmp_path).select == ("HT1",)


@pytest.mark.parametrize(
    ("name", "text", "said", "hint"),
    [
        ("hubtool.toml", "[lint]\nselct = []", "lint: unknown key `selct`", "did you mean `select`?"),
        ("hubtool.toml", "[lint]\nper_file_ignores = {}", "lint: unknown key `per_file_ignores`", "did you mean `per-file-ignores`?"),
        ("hubtool.toml", "[lnit]", "the file: unknown key `lnit`", "did you mean `lint`?"),
        ("hubtool.toml", "select = []", "the file: unknown key `select`", "it belongs under `[lint]`"),
        ("hubtool.toml", "lint = 3", "lint: has to be a table", ""),
        ("hubtool.toml", "[lint]\nselect = 'HT1'", "lint.select: has to be a list of rules", 'such as ["HT1", "HT301"]'),
        ("hubtool.toml", "[lint]\nignore = [1]", "lint.ignore: has to be a list of rules", 'such as ["HT1", "HT301"]'),
        ("hubtool.toml", "[lint]\nignore = ['HT1O2']", "lint.ignore: there is no rule `HT1O2`", "`HT102`"),
        ("hubtool.toml", "[lint]\nignore = ['ht102']", "lint.ignore: there is no rule `ht102`", "did you mean `HT102`?"),
        ("hubtool.toml", "[lint]\nignore = ['lone-dsh']", "lint.ignore: there is no rule `lone-dsh`", "`lone-dash`"),
        ("hubtool.toml", "[lint]\nselect = ['']", "lint.select: there is no rule ``", ""),
        ("hubtool.toml", "[lint]\nbaseline = true", "lint.baseline: has to be the path of a file", ""),
        ("hubtool.toml", "[lint]\nper-file-ignores = []", "lint.per-file-ignores: has to be a table", ""),
        ("hubtool.toml", "[lint.per-file-ignores]\n'a.md' = ['X']", 'lint.per-file-ignores."a.md": there is no rule `X`', ""),
        ("hubtool.toml", "[lint.per-file-ignores]\n'[z-a]' = []", "lint.per-file-ignores: `[z-a]` is not a glob", ""),
        ("pyproject.toml", "[tool.hubtool.lint]\nx = 1", "tool.hubtool.lint: unknown key `x`", "known: select"),
        ("pyproject.toml", "[tool.hubtool.lnt]\nx = 1", "tool.hubtool: unknown key `lnt`", "did you mean `lint`?"),
        ("pyproject.toml", "[tool.hubtool.lint\n", "not valid TOML", ""),
        ("hubtool.toml", "a = " + "[" * 100_000, "not valid TOML", ""),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_file_and_key(tmp_path: Path, name: str, text: str, said: str, hint: str) -> None:
    path = written(tmp_path, name, text)
    with pytest.raises(UsageProblem) as caught:
        load_config(tmp_path)
    assert caught.value.message.startswith(f"{path}: {said}")
    assert hint in caught.value.hint


def test_a_file_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    (tmp_path / "hubtool.toml").write_bytes(b"# caf\xe9")
    with pytest.raises(UsageProblem, match="hubtool.toml: byte 0xe9 is not UTF-8"):
        load_config(tmp_path)


@pytest.mark.parametrize(
    ("selector", "codes"),
    [
        ("HT", ALL),
        ("HT1", FAMILY_1),
        ("HT101", {"HT101"}),
        ("unreadable", {"HT101"}),
        ("H", ()),
        ("HT1011", ()),
        ("", ()),
    ],
)
def test_codes_of(selector: str, codes: frozenset[str]) -> None:
    assert codes_of(selector) == frozenset(codes)


@pytest.mark.parametrize(
    ("file_select", "file_ignore", "select", "ignore", "enabled"),
    [
        (["HT"], [], [], [], ALL),
        ([], [], [], [], ()),
        (["HT1"], ["HT101"], [], [], FAMILY_1 - {"HT101"}),
        (["HT101"], ["HT1"], [], [], {"HT101"}),  # the longer one wins
        (["HT", "HT101"], ["HT1"], [], [], (ALL - FAMILY_1) | {"HT101"}),
        (["HT101"], ["HT101"], [], [], ()),
        (["HT101"], ["unreadable"], [], [], ()),
        (["unreadable"], ["HT10"], [], [], {"HT101"}),
        (["HT9"], [], ["HT101"], [], {"HT101"}),  # the command line replaces the selection,
        (["HT9"], ["HT101"], ["HT1"], ["HT102"], FAMILY_1 - {"HT101", "HT102"}),  # and adds to what is ignored
        (["HT101", "HT102"], [], [], ["HT1"], ()),  # what it ignores is ignored, however the file selects
        (["HT"], [], ["HT101"], ["HT1"], {"HT101"}),
    ],
)
def test_enabled_codes(
    file_select: list[str], file_ignore: list[str], select: list[str], ignore: list[str], enabled: frozenset[str]
) -> None:
    config = LintConfig(select=tuple(file_select), ignore=tuple(file_ignore))
    assert enabled_codes(config, select, ignore) == frozenset(enabled)


@pytest.mark.parametrize(("option", "arguments"), [("--select", (["HT1O1"], [])), ("--ignore", ([], ["HT1O1"]))])
def test_an_unknown_code_of_the_command_line(option: str, arguments: tuple[list[str], list[str]]) -> None:
    with pytest.raises(UsageProblem, match=f"^{option}: there is no rule `HT1O1`") as caught:
        enabled_codes(LintConfig(), *arguments)
    assert "`HT101`" in caught.value.hint


@pytest.mark.parametrize(
    ("glob", "path", "fits"),
    [
        ("old/*.md", "old/a.md", True),
        ("old/*.md", "old/sub/a.md", False),
        ("old/**/*.md", "old/a.md", True),
        ("old/**/*.md", "old/x/y/a.md", True),
        ("old/**", "old/x/a.md", True),
        ("**/old/a.md", "old/a.md", True),
        ("**/old/a.md", "x/old/a.md", True),
        ("old", "old/x/a.md", True),
        ("old/", "x/old/a.md", True),
        ("/old", "old/a.md", True),
        ("./old/a.md", "old/a.md", True),
        ("x/old", "old/x/old/a.md", False),
        ("a.md", "x/y/a.md", True),
        ("a.md", "x/y/aa.md", False),
        ("*.md", "x/y/a.md", True),
        ("a?.md", "ab.md", True),
        ("a?b.md", "a/b.md", False),
        ("a[0-9].md", "a1.md", True),
        ("a[!0-9].md", "a1.md", False),
        ("a[!0-9]b.md", "a/b.md", False),
        ("a+(1).md", "a+(1).md", True),
        ("a[b.md", "a[b.md", True),
    ],
)
def test_globs_of_per_file_ignores(tmp_path: Path, glob: str, path: str, fits: bool) -> None:
    config = LintConfig(per_file_ignores={glob: ("HT1",)}, folder=tmp_path)
    assert ignored_for(config, str(tmp_path / path)) == (FAMILY_1 if fits else frozenset())


def test_globs_hold_from_any_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = LintConfig(per_file_ignores={"cards/old/*": ("HT101",), "cards/*": ("HT102",)}, folder=tmp_path)
    (tmp_path / "cards" / "old").mkdir(parents=True)
    for folder, shown in ((".", "cards/old/a.md"), ("cards", "./old/a.md"), ("cards/old", "../../cards/old/a.md")):
        monkeypatch.chdir(tmp_path / folder)
        assert ignored_for(config, shown) == {"HT101", "HT102"}
    monkeypatch.chdir(tmp_path)
    assert ignored_for(config, "cards/a.md") == {"HT102"}
    assert ignored_for(config, "../cards/a.md") == frozenset()
