"""Which files below a folder are cards, and what is said of folders that are not searched."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from hubtool.card.cardfiles import card_files
from hubtool.card.catalogue import Catalogue
from hubtool.lint.engine import check_card
from hubtool.lint.rule import Facts
from tests.conftest import CARDS, Hubtool

BLOCK = "# net\n\n---\nmodel-name: net\n---\n"


def names(root: Path) -> list[str]:
    return [path.relative_to(root).as_posix() for path in card_files(root)]


def write(root: Path, *paths: str, text: str = "# text\n") -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    "name",
    [
        *("README.md", "README_CN.md", "README.zh-CN.md", "readme-en.md", "README_zh_Hans.md", "Readme.MD"),
        *("SECURITY.md", "CONTRIBUTING.md", "CONTRIBUTING_CN.md", "CODE_OF_CONDUCT.md", "CHANGELOG.md", "RELEASE.md"),
        *("LICENSE.md", "NOTICE.md", "AUTHORS.md", "SUPPORT.md", "GOVERNANCE.md", "INSTALL.md", "FAQ.md"),
        *("PULL_REQUEST_TEMPLATE.md", "THIRD_PARTY_NOTICES.md", "GETTING_STARTED.md"),
        *("README.vi.md", "README_ko-KR.md", "README copy.md", "MODEL_ZOO.md", "TUTORIAL_CN.md", "SUMMARY.md"),
        *("TROUBLESHOOTING.md", "MIGRATION.md", "USAGE.md", "quick_start.md"),
    ],
)
def test_documentation_is_no_card_unless_it_has_front_matter(tmp_path: Path, name: str) -> None:
    write(tmp_path, name)
    assert names(tmp_path) == []
    write(tmp_path, name, text=BLOCK)
    assert names(tmp_path) == [name]


@pytest.mark.parametrize(
    "name", ["net_cn.md", "readmenet.md", "security_net.md", "install_bert.md", "license-plate.md"]
)
def test_names_that_only_begin_like_documentation(tmp_path: Path, name: str) -> None:
    write(tmp_path, name)
    assert names(tmp_path) == [name]


@pytest.mark.parametrize(
    "folder", [".git", "lost+found", "@eaDir", "__MACOSX", "$RECYCLE.BIN", "System Volume Information", "node_modules"]
)
def test_folders_of_systems_hold_no_cards(tmp_path: Path, folder: str) -> None:
    write(tmp_path, f"{folder}/net.md", f"hub/{folder}/net.md", "hub/net.md")
    assert names(tmp_path) == ["hub/net.md"]


def test_a_linked_folder_is_told_and_the_rest_is_checked(hubtool: Hubtool, cards: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    write(outside, "net.md")
    for link in ("shared", "zoo"):
        (cards / link).symlink_to(outside, target_is_directory=True)
    (cards / "latest").symlink_to(cards / "recipes", target_is_directory=True)
    (cards / "round").symlink_to(cards, target_is_directory=True)
    (cards / "gone").symlink_to(tmp_path / "nowhere")
    result = hubtool("validate", cards, "--format", "json")
    document = json.loads(result.out)
    assert (result.code, document["cards"]) == (0, 2)
    assert [(Path(d["path"]).name, d["code"], d["severity"]) for d in document["diagnostics"]] == [
        ("shared", "HT116", "info"),
        ("zoo", "HT116", "info"),
    ]
    named = json.loads(hubtool("validate", cards, cards / "shared", "--ignore", "HT102", "--format", "json").out)
    assert (named["cards"], named["diagnostics"]) == (3, [])
    for command in (("list",), ("verify",), ("report", "-o", tmp_path / "page.html")):
        told = hubtool(*command, "--cards", cards)
        assert told.code == 0
        assert [line.split(": links")[0] for line in told.err.splitlines()] == [
            str(cards / "shared"),
            str(cards / "zoo"),
        ]
    assert "not followed" not in hubtool("-q", "list", "--cards", cards).err
    assert hubtool("list", "--cards", cards, "--cards", cards / "shared").err.count("not followed") == 0


@pytest.fixture
def locked() -> Iterator[Path]:
    """A hub with a folder that nobody but root may enter, looked at by somebody else than root."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        root.chmod(0o755)
        text = (CARDS / "bit_digits.md").read_text(encoding="utf-8")
        write(root, "open/net.md", "shut/net.md", "z.md", text=text)
        (root / "shut").chmod(0)
        is_root = os.geteuid() == 0
        if is_root:
            os.seteuid(65534)
        try:
            yield root
        finally:
            if is_root:
                os.seteuid(0)
            (root / "shut").chmod(0o755)


@pytest.mark.skipif(not hasattr(os, "seteuid"), reason="permissions of another kind")
def test_a_folder_that_cannot_be_read_is_told_and_the_rest_is_found(locked: Path) -> None:
    assert sorted(names(locked)) == ["open/net.md", "shut", "z.md"]
    catalogue = Catalogue([locked])
    assert [card.path.name for card in catalogue.cards] == ["z.md", "net.md"]
    (unread,) = [parsed for parsed in catalogue.parsed if parsed.card is None]
    (found,) = check_card(unread, Facts())
    assert (found.code, found.path) == ("HT101", (locked / "shut").as_posix())
    assert found.message == "the folder cannot be read: Permission denied: its cards are missing"
    assert names(locked / "shut") == ["."]
